import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { plainClient } from './plain-client.ts'
import { dice, randomRequest } from './random-request.ts'

const REQUESTS = 800

/** All answers to the same requests, with statuses, in order. */
const record = async (seed: number): Promise<readonly string[]> => {
  const simulator = await startSimulator({ http: true, clock: 'virtual', seed })
  const client = plainClient(simulator.url)
  const headers = { authorization: `PVEAPIToken=${simulator.token}` }
  const roll = dice(11)
  const said: string[] = []
  try {
    for (let count = 0; count < REQUESTS; count++) {
      const request = randomRequest(roll)
      const { status, reason, body } = await client.ask({ ...request, headers })
      said.push(`${request.method} ${request.path}: ${status} ${reason} ${JSON.stringify(body)}`)
    }
    said.push(JSON.stringify(simulator.dump()))
    return said
  } finally {
    client.close()
    await simulator.stop()
  }
}

test('the same seed and the same requests give the same answers, byte for byte', async () => {
  const [first, second] = [await record(5), await record(5)]
  const different = first.findIndex((text, index) => text !== second[index])
  assert.is(first[different], second[different])
  assert.is(first.length, second.length)
})

test('another seed gives other addresses and ids', async () => {
  assert.is.not(JSON.stringify(await record(5)), JSON.stringify(await record(6)))
})

test.run()
