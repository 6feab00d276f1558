import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { facts } from '../../src/simulator/api/facts.ts'
import { routes } from '../../src/simulator/routes.ts'
import { startSimulator } from '../../src/simulator/start.ts'
import { plainClient } from './plain-client.ts'
import { replayAll } from './replay-all.ts'
import { checkReturns, conformanceHook } from './returns.ts'

/** Answers of the real server that do not fit its own schema, as recorded; the simulator answers the same. */
const ALSO_IN_PVE: readonly RegExp[] = [
  /^GET \/nodes\/\{node\}\/vzdump\/defaults: data\.(?:fleecing|performance|prune-backups): string wanted/,
  /running-nets-host-mtu: ' ' does not match/,
  /^GET \/pools\/\{poolid\}: data\.poolid: is not in the schema/,
  /^GET \/nodes\/\{node\}\/lxc\/\{vmid\}\/interfaces: data: array wanted, got null/,
]

const listed = (found: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] =>
  [...found]
    .flatMap(([key, problems]) => [...problems].map((problem) => `${key}: ${problem}`))
    .filter((text) => !ALSO_IN_PVE.some((known) => known.test(text)))
    .sort()

const values: Readonly<Record<string, string>> = {
  node: 'pve1',
  vmid: '101',
  storage: 'local',
  userid: 'root@pam',
  tokenid: 'mpc',
  roleid: 'PVEAdmin',
  realm: 'pve',
  poolid: 'prod',
  service: 'pveproxy',
  iface: 'vmbr0',
}

test('answers of the recorded conversations conform to what the API says it returns', async () => {
  const found = new Map<string, Set<string>>()
  await replayAll('', conformanceHook(found))
  assert.equal(listed(found), [])
})

test('everything that can be read from the home cluster conforms to what the API says it returns', async () => {
  const found = new Map<string, Set<string>>()
  const simulator = await startSimulator({ http: true, speed: Number.POSITIVE_INFINITY })
  simulator.hooks.push(conformanceHook(found))
  const client = plainClient(simulator.url)
  const headers = { authorization: `PVEAPIToken=${simulator.token}` }
  let read = 0
  try {
    for (const key of Object.keys(routes).filter((each) => each.startsWith('GET '))) {
      for (const guest of simulator.world.guests.values()) {
        const own = key.includes(`/${guest.type}/{vmid}`)
        if (key.includes('{vmid}') ? !own : guest.vmid !== [...simulator.world.guests.keys()][0]) continue
        const filled = { ...values, vmid: String(guest.vmid), node: guest.node }
        const path = key
          .slice('GET '.length)
          .replace(/\{([\w-]+)\}/g, (_, name: string) => filled[name as 'node'] ?? 'x')
        const { status } = await client.ask({ method: 'GET', path, params: {}, headers })
        if (status === 200) read++
      }
    }
  } finally {
    client.close()
    await simulator.stop()
  }
  assert.ok(read > 150, `only ${read} answers`)
  assert.equal(listed(found), [])
})

test('an answer that does not conform is found', () => {
  const schema = facts['GET /cluster/status']?.returns
  assert.ok(schema)
  assert.equal(checkReturns(schema, [{ id: 1, type: 'planet', name: 'pve1' }], 'data'), [
    "data[0].type: 'planet' is not in the enumeration",
  ])
  assert.equal(checkReturns(schema, {}, 'data'), ['data: array wanted'])
})

test.run()
