import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import { configText } from '../../src/simulator/guest/config-text.ts'
import { addGuest, addNode, addStorage } from '../../src/simulator/profile/add.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { type Answer, plainClient } from './plain-client.ts'

type Bench = {
  readonly simulator: Simulator
  readonly ask: (method: string, path: string, params?: Readonly<Record<string, unknown>>) => Promise<Answer>
}

const onBench = async (use: (bench: Bench) => Promise<void>): Promise<void> => {
  const simulator = await startSimulator({
    http: true,
    speed: Number.POSITIVE_INFINITY,
    build: (world) => {
      for (const name of ['pve1', 'pve2']) addNode(world, name)
      addStorage(world, 'local', 'dir', { path: '/var/lib/vz', content: 'images' })
      addGuest(world, 'qemu', 101, 'pve1', { name: 'web', memory: '512' })
    },
  })
  const client = plainClient(simulator.url)
  const headers = { authorization: `PVEAPIToken=${simulator.token}` }
  try {
    await use({ simulator, ask: (method, path, params = {}) => client.ask({ method, path, params, headers }) })
  } finally {
    client.close()
    await simulator.stop()
  }
}

const failure = (asked: Promise<Answer>): Promise<string> =>
  asked.then(
    ({ status }) => `answered ${status}`,
    (error: Error & { readonly code?: string }) => error.code ?? error.message,
  )

const pools = ({ world }: Simulator): readonly string[] => [...world.pools.keys()]

const runTask = async ({ world }: Simulator, done: string[]): Promise<string> => {
  const upid = world.tasks.start('pve1', 'qmclone', 101, 'root@pam', async (worker) => {
    worker.log('one')
    done.push('one')
    await worker.work(5)
    done.push('two')
    worker.log('three')
    done.push('three')
  })
  return world.tasks.ended(upid)
}

test('an HTTP error happens as often as asked, then the request is handled', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'http-error', status: 595, on: { method: 'GET', path: '/version' }, times: 2 })
    const answers = [await ask('GET', '/version'), await ask('GET', '/version'), await ask('GET', '/version')]
    assert.equal(
      answers.map(({ status, reason }) => `${status} ${reason}`),
      ['595 Connection refused', '595 Connection refused', '200 OK'],
    )
  }))

test('matches that are to be skipped are left alone', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'http-error', status: 500, reason: 'boom', on: { path: '/pools' }, skip: 1 })
    const answers = [await ask('GET', '/pools'), await ask('GET', '/pools'), await ask('GET', '/pools')]
    assert.equal(
      answers.map(({ status, reason }) => `${status} ${reason}`),
      ['200 OK', '500 boom', '200 OK'],
    )
  }))

test('a connection reset before the request is handled changes nothing', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'reset-before', on: { method: 'POST', path: '/pools' } })
    assert.is(await failure(ask('POST', '/pools', { poolid: 'one' })), 'ECONNRESET')
    assert.equal(pools(simulator), [])
  }))

test('a connection reset after the request took effect loses only the answer', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'reset-after', on: { method: 'POST', path: '/pools', params: { poolid: 'one' } } })
    assert.is(await failure(ask('POST', '/pools', { poolid: 'one' })), 'ECONNRESET')
    assert.equal(pools(simulator), ['one'])
    assert.is((await ask('POST', '/pools', { poolid: 'two' })).status, 200)
  }))

test('a truncated body ends the connection in the middle of the answer', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'truncated-body', on: { path: '/version' } })
    assert.is(await failure(ask('GET', '/version')), 'ECONNRESET')
  }))

test('a slow body and latency end in the whole answer', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'slow-body', ms: 20, on: { path: '/version' } })
    simulator.faults.add({ kind: 'latency', ms: 5, on: { path: '/**' }, times: 0 })
    assert.equal((await ask('GET', '/version')).body, (await ask('GET', '/version')).body)
  }))

test('a task fails at the step asked for, and what was done before stays done', () =>
  onBench(async ({ simulator }) => {
    const outcomes: [string, string][] = []
    for (const step of [0, 1, 2, 'end'] as const) {
      simulator.faults.clear()
      simulator.faults.add({ kind: 'task-fails', task: { type: 'qmclone', id: 101 }, step, text: `no luck at ${step}` })
      const done: string[] = []
      outcomes.push([await runTask(simulator, done), done.join(' ')])
    }
    assert.equal(outcomes, [
      ['no luck at 0', ''],
      ['no luck at 1', ''],
      ['no luck at 2', 'one'],
      ['no luck at end', 'one two three'],
    ])
    assert.is(await runTask(simulator, []), 'OK')
  }))

test('a task that hangs runs until it is stopped', () =>
  onBench(async ({ simulator }) => {
    const { world, faults } = simulator
    faults.add({ kind: 'task-hangs', task: { type: 'vzdump' } })
    const upid = world.tasks.start('pve1', 'vzdump', 101, 'root@pam', () => undefined)
    await world.clock.sleep(1_000_000)
    assert.is(world.tasks.find(upid)?.exitstatus, undefined)
    world.tasks.find(upid)?.stop()
    assert.is.not(await world.tasks.ended(upid), 'OK')
  }))

test('a lock that is held lets others wait and time out until it is released', () =>
  onBench(async ({ simulator }) => {
    const { world, faults } = simulator
    const change = (): Promise<string> =>
      world.locks
        .withLock('/var/lock/qemu-server/lock-101.conf', () => 'changed')
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    const id = faults.add({ kind: 'lock-held', vmid: 101 })
    assert.is(await change(), "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout")
    faults.remove(id)
    assert.is(await change(), 'changed')
  }))

test('a configuration lock, a full storage and a node that is offline last until they are removed', () =>
  onBench(async ({ simulator, ask }) => {
    const { world, faults } = simulator
    faults.add({ kind: 'config-lock', vmid: 101, lock: 'backup' })
    faults.add({ kind: 'storage-full', storage: 'local' })
    faults.add({ kind: 'node-offline', node: 'pve2' })
    const listed = (await ask('GET', '/cluster/resources')).body as { data: Record<string, unknown>[] }
    const entry = (id: string) => listed.data.find((each) => each['id'] === id)
    assert.is(entry('qemu/101')?.['lock'], 'backup')
    assert.is(entry('node/pve2')?.['status'], 'offline')
    assert.ok(Number(entry('storage/pve1/local')?.['disk']) > Number(entry('storage/pve1/local')?.['maxdisk']))
    assert.is((await ask('GET', '/nodes/pve2/qemu')).status, 595)
    faults.clear()
    assert.is(world.guests.get(101)?.config['lock'], undefined)
    assert.is(world.nodes.get('pve2')?.online, true)
  }))

test('without quorum reading goes on and writing is refused', () =>
  onBench(async ({ simulator, ask }) => {
    const id = simulator.faults.add({ kind: 'quorum-lost' })
    assert.is((await ask('GET', '/pools')).status, 200)
    assert.is((await ask('POST', '/pools', { poolid: 'one' })).reason, 'cluster not ready - no quorum?')
    assert.match(
      (await ask('PUT', '/nodes/pve1/qemu/101/config', { cores: 2 })).reason,
      /^unable to open file .*Permission denied$/,
    )
    const quorum = async () =>
      ((await ask('GET', '/cluster/ha/status/current')).body as { data: { quorate?: number }[] }).data[0]?.quorate
    assert.is(await quorum(), 0)
    simulator.faults.remove(id)
    assert.is(await quorum(), 1)
    assert.is((await ask('POST', '/pools', { poolid: 'one' })).status, 200)
  }))

test('a revoked token and an expired ticket are refused with 401', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'ticket-expired', on: { path: '/version' } })
    assert.is((await ask('GET', '/version')).status, 401)
    assert.is((await ask('GET', '/version')).status, 200)
    simulator.faults.add({ kind: 'token-revoked', token: 'root@pam!mpc' })
    assert.is((await ask('GET', '/version')).reason, 'Authentication failed!')
  }))

test('somebody else edits a guest between two requests', () =>
  onBench(async ({ simulator, ask }) => {
    const guest = simulator.world.guests.get(101)
    assert.ok(guest)
    simulator.faults.add({
      kind: 'concurrent-edit',
      vmid: 101,
      set: { cores: '4' },
      delete: ['memory'],
      on: { method: 'GET', path: '/cluster/resources' },
    })
    assert.not.match(configText(guest), /cores: 4/)
    await ask('GET', '/cluster/resources')
    assert.is(configText(guest), 'cores: 4\nname: web\n')
  }))

const control = async (
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<readonly [number, unknown]> => {
  const answer = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return [answer.status, await answer.json()]
}

test('faults can be added, listed and taken away over the control endpoint', () =>
  onBench(async ({ simulator, ask }) => {
    const fault: FaultSpec = { kind: 'http-error', status: 503, on: { path: '/version' } }
    assert.equal(await control(simulator.url, 'POST', '/simulator/faults', fault), [201, { id: 'f1' }])
    assert.is((await ask('GET', '/version')).status, 503)
    assert.equal(await control(simulator.url, 'GET', '/simulator/faults'), [
      200,
      [{ id: 'f1', fault, matched: 1, happened: 1 }],
    ])
    assert.equal(await control(simulator.url, 'DELETE', '/simulator/faults/f1'), [200, { id: 'f1' }])
    assert.equal((await control(simulator.url, 'DELETE', '/simulator/faults/f1'))[0], 404)
    assert.equal(await control(simulator.url, 'POST', '/simulator/faults', { kind: 'latency' }), [
      400,
      { error: "a fault of kind 'latency' needs 'ms' (number)" },
    ])
    assert.equal((await control(simulator.url, 'POST', '/simulator/faults', { kind: 'gremlins' }))[0], 400)
    assert.equal(await control(simulator.url, 'DELETE', '/simulator/faults'), [200, []])
  }))

test('an error after the effect says nothing true, and the task goes on', () =>
  onBench(async ({ simulator, ask }) => {
    const on = { method: 'POST', path: '/pools' }
    simulator.faults.add({ kind: 'error-after', status: 596, on })
    const { status, reason, body } = await ask('POST', '/pools', { poolid: 'one' })
    assert.equal([status, reason], [596, 'Connection timed out'])
    assert.equal(body, { data: null, message: 'Connection timed out\n' })
    assert.equal(pools(simulator), ['one'])
    simulator.faults.add({ kind: 'error-after', status: 500, reason: 'boom', when: 'ended', on: { method: 'DELETE' } })
    assert.is((await ask('DELETE', '/nodes/pve1/qemu/101')).reason, 'boom')
    assert.not.ok(simulator.world.guests.has(101))
  }))

test('an answer can be lost when the task has ended', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'reset-after', when: 'ended', on: { method: 'DELETE' } })
    assert.is(await failure(ask('DELETE', '/nodes/pve1/qemu/101')), 'ECONNRESET')
    assert.not.ok(simulator.world.guests.has(101))
  }))

test('null where a UPID is due: nothing was done, or all of it', () =>
  onBench(async ({ simulator, ask }) => {
    const on = { method: 'DELETE', path: '/nodes/*/qemu/*' }
    simulator.faults.add({ kind: 'null-answer', on })
    const nothing = await ask('DELETE', '/nodes/pve1/qemu/101')
    assert.equal([nothing.status, nothing.body], [200, { data: null }])
    assert.ok(simulator.world.guests.has(101))
    assert.is(simulator.world.tasks.list().length, 0)
    simulator.faults.add({ kind: 'null-answer', effect: true, when: 'ended', on })
    const done = await ask('DELETE', '/nodes/pve1/qemu/101')
    assert.equal([done.status, done.body], [200, { data: null }])
    assert.not.ok(simulator.world.guests.has(101))
  }))

test('an answer that is late comes when the request has long taken effect', () =>
  onBench(async ({ simulator, ask }) => {
    simulator.faults.add({ kind: 'latency', ms: 50, after: true, on: { method: 'POST' } })
    const asked = ask('POST', '/pools', { poolid: 'one' })
    await new Promise((done) => setTimeout(done, 20))
    assert.equal(pools(simulator), ['one'])
    assert.is((await asked).status, 200)
  }))

test('a node whose clock is wrong starts and ends its tasks by it', () =>
  onBench(async ({ simulator, ask }) => {
    const timeOf = async (node: string): Promise<number> => {
      const { body } = await ask('GET', `/nodes/${node}/time`)
      return (body as { readonly data: { readonly time: number } }).data.time
    }
    const fault = simulator.faults.add({ kind: 'clock-skew', node: 'pve2', seconds: -86_400 })
    const [one, other] = [await timeOf('pve1'), await timeOf('pve2')]
    const isNear = (seconds: number): boolean => Math.abs(seconds) < 3600
    assert.ok(isNear(one - other - 86_400))
    const { tasks } = simulator.world
    const upid = tasks.start('pve2', 'qmstart', 1, 'root@pam', () => undefined)
    await tasks.ended(upid)
    const task = tasks.find(upid)
    assert.ok(isNear((task?.starttime ?? 0) + 86_400 - one))
    assert.ok(isNear((task?.endtime ?? 0) / 1000 + 86_400 - one))
    simulator.faults.remove(fault)
    assert.ok(isNear((await timeOf('pve1')) - (await timeOf('pve2'))))
  }))

test('a guest that ignores an unplug keeps the card, and its removal waits', () =>
  onBench(async ({ simulator, ask }) => {
    const guest = simulator.world.guests.get(101)
    if (guest === undefined) throw new Error('no guest 101')
    guest.config['net1'] = 'virtio=BC:24:11:00:00:01,bridge=vmbr0'
    await ask('POST', '/nodes/pve1/qemu/101/status/start')
    const fault = simulator.faults.add({ kind: 'unplug-ignored', vmid: 101 })
    guest.running ??= { pid: 1, since: 0, paused: false }
    const { status, body } = await ask('PUT', '/nodes/pve1/qemu/101/config', { delete: 'net1' })
    assert.equal(
      [status, (body as { readonly errors: unknown }).errors],
      [400, { net1: "hotplug problem - error on hot-unplugging device 'net1' - still busy in guest?\n" }],
    )
    assert.equal([...guest.pendingDelete.keys()], ['net1'])
    simulator.faults.remove(fault)
    await ask('PUT', '/nodes/pve1/qemu/101/config', { delete: 'net1' })
    assert.is(guest.config['net1'], undefined)
  }))

test.run()
