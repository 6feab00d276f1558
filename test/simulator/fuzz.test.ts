import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { type Answer, plainClient } from './plain-client.ts'
import { dice, type RandomRequest, randomRequest } from './random-request.ts'

const REQUESTS = 10_000
const CONNECTIONS = 8
const SEED = 20_261_121
const STATUSES = new Set([200, 400, 401, 403, 500, 501, 506, 595])

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object'

/** What is not as PVE answers; nothing when it is. */
const oddity = ({ method, path, params }: RandomRequest, { status, reason, body }: Answer): string | undefined => {
  const asked = `${method} ${path} ${JSON.stringify(params).slice(0, 300)}: ${status} ${reason}`
  if (!STATUSES.has(status)) return `${asked}: odd status`
  if (/simulator bug|(?<!lookup )undefined|\[object|NaN/.test(`${reason} ${JSON.stringify(body)}`))
    return `${asked} ${JSON.stringify(body).slice(0, 300)}`
  if (status === 401 || status === 506) return undefined
  if (!isObject(body) || !('data' in body)) return `${asked}: body without data: ${JSON.stringify(body)}`
  if (status === 400 && path.startsWith('/') && !isObject(body['errors'])) return `${asked}: 400 without errors`
  if (status !== 200 && typeof body['message'] !== 'string') return `${asked}: no message`
  return undefined
}

test('ten thousand random requests get only answers as PVE gives them', async () => {
  const roll = dice(SEED)
  const requests = Array.from({ length: REQUESTS }, () => randomRequest(roll))
  const simulator = await startSimulator({ http: true, speed: Number.POSITIVE_INFINITY, seed: 7 })
  const odd: string[] = []
  const seen = new Map<number, number>()
  const work = async (): Promise<void> => {
    const client = plainClient(simulator.url)
    const headers = { authorization: `PVEAPIToken=${simulator.token}` }
    for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
      const answer = await client.ask({ ...request, headers })
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
      const found = oddity(request, answer)
      if (found !== undefined) odd.push(found)
    }
    client.close()
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work))
    assert.equal(odd.slice(0, 20), [])
    for (const status of [200, 400, 500])
      assert.ok((seen.get(status) ?? 0) > 100, `only ${seen.get(status)} answers ${status}`)
  } finally {
    await simulator.stop()
  }
})

test.run()
