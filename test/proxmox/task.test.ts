import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseUpid } from '../../src/proxmox/upid.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { clientOf, simulatorClient } from './connect.ts'
import { hurriedClock } from './hurried-clock.ts'
import { plainServer, reply } from './plain-server.ts'

const test = suite<{ simulator: Simulator }>('waiting for tasks')

test.before(async (context) => {
  context.simulator = await startSimulator({ http: true, speed: 1000 })
})
test.after(({ simulator }) => simulator.stop())
test.before.each(({ simulator }) => simulator.faults.clear())

const UPID = 'UPID:pve1:00006EF0:0008DFB0:6B01779E:qmcreate:171:root@pam:'
const ignore = () => undefined

/** A server with one task, whose log and status a test scripts look by look. */
const taskServer = async (looks: readonly { readonly log: readonly string[]; readonly status: unknown }[]) => {
  let look = 0
  const served: string[] = []
  const server = await plainServer(({ url }, response) => {
    served.push(url)
    const now = looks[Math.min(look, looks.length - 1)] ?? { log: [], status: {} }
    const parts = new URL(url, 'http://x')
    if (parts.pathname.endsWith('/status')) {
      look++
      const next = looks[Math.min(look, looks.length) - 1] ?? now
      if (typeof next.status === 'number') reply(response, null, next.status, { message: 'trouble\n' })
      else reply(response, next.status)
      return
    }
    const { log } = looks[Math.min(look, looks.length) - 1] ?? now
    const from = Number(parts.searchParams.get('start'))
    const lines = log.map((t, at) => ({ n: at + 1, t })).slice(from, from + Number(parts.searchParams.get('limit')))
    reply(response, log.length === 0 ? [{ n: 1, t: 'no content' }] : lines, 200, { total: log.length || 1 })
  })
  return { ...server, served }
}

const running = { status: 'running' }
const stopped = (exitstatus: string) => ({ status: 'stopped', exitstatus })

test('each line of the log comes once, in order, and an empty log has none', async () => {
  const server = await taskServer([
    { log: [], status: running },
    { log: ['one'], status: running },
    { log: ['one', 'two', 'three'], status: running },
    { log: ['one', 'two', 'three'], status: running },
    { log: ['one', 'two', 'three', 'TASK OK'], status: stopped('OK') },
  ])
  const clock = hurriedClock()
  const client = clientOf(server.url, { clock })
  const lines: string[] = []
  const end = await client.waitForTask(UPID, (line) => lines.push(line))
  assert.equal(end, { kind: 'ok', warnings: 0 })
  assert.equal(lines, ['one', 'two', 'three', 'TASK OK'])
  assert.equal(clock.slept, [25, 37.5, 56.25, 84.375])
  client.close()
  await server.stop()
})

test('a long log is read page by page', async () => {
  const log = Array.from({ length: 1_234 }, (_, at) => `line ${at}`)
  const server = await taskServer([{ log, status: stopped('something broke') }])
  const client = clientOf(server.url)
  const lines: string[] = []
  const end = await client.waitForTask(UPID, (line) => lines.push(line))
  assert.equal(lines, log)
  assert.equal(end, { kind: 'failed', exitstatus: 'something broke', reason: 'other', log: log.slice(-30) })
  client.close()
  await server.stop()
})

test('warnings are counted, and a task without exit status has failed', async () => {
  const endOf = async (status: unknown) => {
    const server = await taskServer([{ log: ['x'], status }])
    const client = clientOf(server.url)
    const end = await client.waitForTask(UPID, ignore)
    client.close()
    await server.stop()
    return end
  }
  assert.equal(await endOf(stopped('WARNINGS: 3')), { kind: 'ok', warnings: 3 })
  assert.is((await endOf({ status: 'stopped' })).kind, 'failed')
  assert.is((await endOf(stopped('interrupted by signal'))).kind, 'failed')
})

test('looks come less often as time goes by, every two seconds at the least', async () => {
  const looks = Array.from({ length: 20 }, () => ({ log: [], status: running }))
  const server = await taskServer([...looks, { log: ['TASK OK'], status: stopped('OK') }])
  const clock = hurriedClock()
  const client = clientOf(server.url, { clock })
  await client.waitForTask(UPID, ignore)
  assert.is(clock.slept[0], 25)
  assert.is(clock.slept.at(-1), 2_000)
  client.close()
  await server.stop()
})

test('trouble on the way is survived', async () => {
  const bad = Array.from({ length: 30 }, () => ({ log: [], status: 596 }))
  const server = await taskServer([{ log: [], status: running }, ...bad, { log: ['TASK OK'], status: stopped('OK') }])
  const client = clientOf(server.url)
  assert.equal(await client.waitForTask(UPID, ignore), { kind: 'ok', warnings: 0 })
  client.close()
  await server.stop()
})

test('a task whose node stays away is lost, with the reason', async () => {
  const server = await taskServer([{ log: [], status: 595 }])
  const client = clientOf(server.url, { taskPatienceMs: 10_000 })
  const end = await client.waitForTask(UPID, ignore)
  assert.is(end.kind, 'lost')
  if (end.kind !== 'lost') return
  assert.is(end.diagnostic.code, 'proxmox.task-lost')
  assert.match(end.diagnostic.detail, '"pve1"')
  assert.match(end.diagnostic.detail, UPID)
  client.close()
  await server.stop()
})

test('a task the server does not know, or that is no task, is lost at once', async ({ simulator }) => {
  const clock = hurriedClock()
  const client = simulatorClient(simulator, { clock })
  const unknown = await client.waitForTask('UPID:pve1:00000001:00000001:6B016C1E:qmstart:100:root@pam:', ignore)
  assert.is(unknown.kind, 'lost')
  assert.is((await client.waitForTask('nonsense', ignore)).kind, 'lost')
  assert.equal(clock.slept, [])
  client.close()
})

test('a task that does not end is let go when the wait is aborted or over, and is named with the way to stop it', async () => {
  const server = await taskServer([{ log: [], status: running }])
  const controller = new AbortController()
  const client = clientOf(server.url)
  const waiting = client.waitForTask(UPID, ignore, { signal: controller.signal })
  controller.abort('enough')
  for (const end of [await waiting, await client.waitForTask(UPID, ignore, { atMost: 0 })]) {
    assert.is(end.kind, 'running')
    if (end.kind !== 'running') return
    assert.is(end.diagnostic.code, 'proxmox.task-running')
    assert.match(end.diagnostic.detail, UPID)
    assert.match(end.diagnostic.hint ?? '', `pvesh delete '/nodes/pve1/tasks/${UPID}'`)
  }
  client.close()
  await server.stop()
})

test('real tasks of the simulated cluster end as they end there, and are found again', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  const started = await client.send({ method: 'POST', path: '/nodes/pve1/qemu/100/status/start', params: {} })
  assert.is(started.kind, 'answered')
  const upid = String(started.kind === 'answered' && started.data)
  const lines: string[] = []
  const end = await client.waitForTask(upid, (line) => lines.push(line))
  assert.is(end.kind, 'failed')
  assert.is(end.kind === 'failed' && end.exitstatus, 'VM 100 already running')
  assert.is(lines.at(-1), 'TASK ERROR: VM 100 already running')
  const { starttime = 0 } = parseUpid(upid) ?? {}
  const found = await client.tasksSince('pve1', 100, starttime)
  assert.equal(
    found.map((task) => [task.upid, task.type, task.id, task.status]),
    [[upid, 'qmstart', '100', 'VM 100 already running']],
  )
  assert.equal(await client.tasksSince('pve1', 100, starttime + 60), [])
  client.close()
})

test('a task id is taken apart', () => {
  assert.equal(parseUpid(UPID), {
    node: 'pve1',
    starttime: 0x6b01779e,
    type: 'qmcreate',
    id: '171',
    user: 'root@pam',
  })
  assert.is(parseUpid('UPID:pve1:0000:qmstart:'), undefined)
})

test.run()
