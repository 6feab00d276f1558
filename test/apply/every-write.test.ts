import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { outcomeText } from '../../src/render/apply-text.ts'
import { plainPaint } from '../../src/render/style.ts'
import { type GuestRef, guestPath } from '../../src/resource/guest.ts'
import type { ApiRequest } from '../../src/resource/request.ts'
import type { Server } from '../../src/resource/server.ts'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import { type Comparable, comparable, differences } from '../property/comparable.ts'
import { destroy, guestRef, onWorkbench, planOf, power, step, undoBy, type Workbench, write } from './workbench.ts'

/** A VM and a container that are off, and a running one of each, with a template to clone. */
const off = guestRef('qemu', 'pve3', 107)
const on = guestRef('qemu', 'pve1', 102)
const ct = guestRef('lxc', 'pve1', 200)
const ctOff = guestRef('lxc', 'pve1', 290)
const fresh = guestRef('qemu', 'pve3', 300)

const post = (guest: GuestRef, rest: string, params: NonNullable<ApiRequest['params']> = {}): ApiRequest => ({
  method: 'POST',
  path: `${guestPath(guest)}/${rest}`,
  params,
})

/** A kind of write: what is sent, how it is undone, and what must be there first. */
interface Kind {
  readonly guest?: GuestRef
  readonly request: ApiRequest
  readonly undo?: readonly ApiRequest[]
  readonly setUp?: readonly ApiRequest[]
  readonly output?: ApiRequest
  /** What the volumes of the guest held is gone afterwards, as the plan says. */
  readonly losesData?: boolean
}

const SNAP = 'mpc_0123456789'
const snapshotPath = (guest: GuestRef) => `${guestPath(guest)}/snapshot/${SNAP}`
const takeSnapshot = (guest: GuestRef) => post(guest, 'snapshot', { snapname: SNAP })
const putPool = (params: NonNullable<ApiRequest['params']>): ApiRequest => ({ method: 'PUT', path: '/pools', params })
const makeCt: ApiRequest = {
  method: 'POST',
  path: '/nodes/pve1/lxc',
  params: {
    vmid: 290,
    hostname: 'spare',
    ostemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    rootfs: 'local-lvm:4',
    net0: 'name=eth0,bridge=vmbr0',
  },
}
const NOTES = 'mpc 0123456789abcdef: before destroying vm.x'
const CONTENT = '/nodes/pve3/storage/local/content'

const KINDS: Readonly<Record<string, Kind>> = {
  'VM configuration': {
    guest: off,
    request: write(off, { cores: 6, delete: 'tags' }),
    undo: [write(off, { cores: 4, tags: 'dev' })],
  },
  'running VM configuration': {
    guest: on,
    request: write(on, { cores: 4 }),
    undo: [write(on, { revert: 'cores' })],
  },
  'container configuration': {
    guest: ct,
    request: write(ct, { memory: 512 }),
    undo: [write(ct, { memory: 256 })],
  },
  'VM start': { guest: off, request: power(off, 'start'), undo: [power(off, 'stop')] },
  'VM stop': { guest: on, request: power(on, 'stop'), undo: [power(on, 'start')] },
  'VM shutdown': { guest: on, request: power(on, 'shutdown'), undo: [power(on, 'start')] },
  'VM reboot': { guest: on, request: power(on, 'reboot'), undo: [] },
  'VM suspend': { guest: on, request: power(on, 'suspend'), undo: [power(on, 'resume')] },
  'VM resume': { guest: on, setUp: [power(on, 'suspend')], request: power(on, 'resume'), undo: [power(on, 'suspend')] },
  'container start': { guest: ctOff, setUp: [makeCt], request: power(ctOff, 'start'), undo: [power(ctOff, 'stop')] },
  'container shutdown': { guest: ct, request: power(ct, 'shutdown'), undo: [power(ct, 'start')] },
  migrate: {
    guest: off,
    request: post(off, 'migrate', { target: 'pve2', 'with-local-disks': true }),
    undo: [post({ ...off, node: 'pve2' }, 'migrate', { target: 'pve3', 'with-local-disks': true })],
  },
  'VM create': {
    guest: fresh,
    request: { method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: 300, name: 'new', scsi0: 'local-lvm:4' } },
    undo: [destroy(fresh)],
  },
  'container create': { guest: ctOff, request: makeCt, undo: [destroy(ctOff)] },
  clone: {
    guest: guestRef('qemu', 'pve1', 301),
    request: { method: 'POST', path: '/nodes/pve1/qemu/9000/clone', params: { newid: 301, full: true } },
    undo: [destroy(guestRef('qemu', 'pve1', 301))],
  },
  'VM destroy': { guest: off, request: { method: 'DELETE', path: guestPath(off) }, losesData: true },
  'snapshot create': {
    guest: off,
    request: takeSnapshot(off),
    undo: [{ method: 'DELETE', path: snapshotPath(off) }],
  },
  'snapshot delete': { guest: off, setUp: [takeSnapshot(off)], request: { method: 'DELETE', path: snapshotPath(off) } },
  'snapshot rollback': {
    guest: off,
    setUp: [takeSnapshot(off), write(off, { cores: 8 }, {})],
    request: { method: 'POST', path: `${snapshotPath(off)}/rollback` },
  },
  'VM resize': {
    guest: off,
    request: { method: 'PUT', path: `${guestPath(off)}/resize`, params: { disk: 'scsi0', size: '60G' }, digest: true },
  },
  'container resize': {
    guest: ct,
    request: { method: 'PUT', path: `${guestPath(ct)}/resize`, params: { disk: 'rootfs', size: '6G' }, digest: true },
  },
  'VM move disk': {
    guest: off,
    request: post(off, 'move_disk', { disk: 'scsi0', storage: 'local', delete: true }),
    undo: [post(off, 'move_disk', { disk: 'scsi0', storage: 'local-lvm', delete: true })],
  },
  'container move volume': {
    guest: ctOff,
    setUp: [makeCt],
    request: post(ctOff, 'move_volume', { volume: 'rootfs', storage: 'tank', delete: true }),
    undo: [post(ctOff, 'move_volume', { volume: 'rootfs', storage: 'local-lvm', delete: true })],
  },
  'VM template': { guest: off, request: post(off, 'template') },
  'container template': { guest: ctOff, setUp: [makeCt], request: post(ctOff, 'template') },
  backup: {
    guest: off,
    request: {
      method: 'POST',
      path: '/nodes/pve3/vzdump',
      params: { vmid: '107', storage: 'local', mode: 'stop', compress: 'zstd', remove: false, 'notes-template': NOTES },
    },
    output: {
      method: 'GET',
      path: CONTENT,
      params: { content: 'backup', vmid: 107 },
      output: { name: 'volid', where: { notes: NOTES }, take: 'volid' },
    },
    undo: [{ method: 'DELETE', path: `${CONTENT}/{vm.x/do.volid}` }],
  },
  'pool create': {
    request: { method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } },
    undo: [{ method: 'DELETE', path: '/pools', params: { poolid: 'fresh' } }],
  },
  'pool comment': {
    request: putPool({ poolid: 'prod', comment: 'other' }),
    undo: [putPool({ poolid: 'prod', comment: 'everything people rely on' })],
  },
  'pool member': {
    request: putPool({ poolid: 'prod', vms: '107' }),
    undo: [putPool({ poolid: 'prod', vms: '107', delete: true })],
  },
  'pool member removed': {
    request: putPool({ poolid: 'prod', vms: '101', delete: true }),
    undo: [putPool({ poolid: 'prod', vms: '101' })],
  },
  'pool delete': {
    setUp: [{ method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } }],
    request: { method: 'DELETE', path: '/pools', params: { poolid: 'fresh' } },
    undo: [{ method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } }],
  },
}

const reversalOf = ({ undo }: Kind): Step['reversal'] =>
  undo ? undoBy(...undo) : { by: 'nothing', reason: 'for the sake of the test' }

/** The write, and, where wanted, a step after it that the server refuses. */
const planFor = (kind: Kind, then: 'ends' | 'fails'): Plan => {
  const first = step('vm.x', 'do', kind.guest, {
    action: 'update',
    requests: [kind.request, ...(kind.output ? [kind.output] : [])],
    reversal: reversalOf(kind),
    disruption: kind.losesData ? 'data-loss' : 'none',
  })
  const second = step('vm.y', 'refused', undefined, {
    action: 'update',
    needs: [first.id],
    requests: [putPool({ poolid: 'no such pool' })],
    reversal: undoBy(),
  })
  return planOf(then === 'ends' ? [first] : [first, second])
}

const setUp = async ({ client }: Workbench, { setUp: requests = [] }: Kind): Promise<void> => {
  for (const { method, path, params } of requests) {
    const answer = await client.send({ method, path, params: (params ?? {}) as Record<string, string> })
    if (answer.kind !== 'answered') throw new Error(answer.diagnostic.detail)
    if (typeof answer.data !== 'string') continue
    const end = await client.waitForTask(answer.data, () => undefined)
    if (end.kind !== 'ok') throw new Error(JSON.stringify(end))
  }
}

const onlyOnce = ({ request }: Kind): Pick<FaultSpec, 'on' | 'times'> => ({
  on: { method: request.method, path: request.path },
  times: 1,
})

type Trouble = (bench: Workbench, kind: Kind) => Partial<Workbench['world']>

const faulty =
  (fault: Parameters<Workbench['simulator']['faults']['add']>[0]): Trouble =>
  ({ simulator }, kind) => {
    simulator.faults.add({ ...fault, ...onlyOnce(kind) })
    return {}
  }

const GONE = 'this process is gone'

/** The process ends right after its first write has been taken; what it would have done next it does not. */
const killed: Trouble = ({ client }) => {
  let gone = false
  const server: Server = {
    ...client,
    send: async (request) => {
      if (gone) throw new Error(GONE)
      const answer = await client.send(request)
      gone ||= request.method !== 'GET'
      if (gone) throw new Error(GONE)
      return answer
    },
  }
  return { server }
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'killed right after': killed,
  'answer lost': faulty({ kind: 'reset-after' }),
  '500 after it took effect': faulty({ kind: 'error-after', status: 500, reason: 'internal error' }),
  '500 when its task had ended': faulty({ kind: 'error-after', status: 500, reason: 'internal error', when: 'ended' }),
  '596 after it took effect': faulty({ kind: 'error-after', status: 596, reason: 'broken pipe' }),
  '595 after it took effect': faulty({ kind: 'error-after', status: 595, reason: 'no route to host' }),
  'null without doing it': faulty({ kind: 'null-answer' }),
  'null after it took effect': faulty({ kind: 'null-answer', effect: true }),
  '500 without doing it': faulty({ kind: 'http-error', status: 500, reason: 'internal error' }),
}

/** Those after which a later step fails, too, so that the write has to be undone. */
const THEN_FAILS = new Set([
  'killed right after',
  'answer lost',
  '500 after it took effect',
  'null after it took effect',
])

/** What a person hears of it, where the plan holds nothing else. */
const HEARD: Readonly<Record<string, string>> = {
  '500 after it took effect': 'apply.done-all-the-same',
  'null without doing it': 'apply.not-carried-out',
  '500 without doing it': 'proxmox.request-refused',
}

const run = async (bench: Workbench, plan: Plan, more: Partial<Workbench['world']>): Promise<RunOutcome> => {
  try {
    return await bench.apply(plan, more)
  } catch (error) {
    assert.match(String(error), GONE)
    const [outcome] = await bench.recover()
    if (!outcome) throw new Error('nothing was recovered')
    return outcome
  }
}

const goals = new Map<string, Comparable>()

/** The cluster after the write alone, without any trouble. */
const goalOf = async (name: string, kind: Kind): Promise<Comparable> => {
  const known = goals.get(name)
  if (known) return known
  let goal: Comparable | undefined
  await onWorkbench(async (bench) => {
    await setUp(bench, kind)
    const outcome = await bench.apply(planFor(kind, 'ends'))
    assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
    goal = comparable(bench.simulator.facts())
  })()
  if (!goal) throw new Error('there is no goal')
  goals.set(name, goal)
  return goal
}

const assertTrue = (outcome: RunOutcome, plan: Plan, before: Comparable, goal: Comparable, after: Comparable): void => {
  const said = `${outcomeText(plan, outcome, plainPaint)}\n${JSON.stringify(outcome.diagnostics, null, 1)}`
  if (outcome.status !== 'incomplete') {
    assert.equal(differences(outcome.status === 'applied' ? goal : before, after), [], said)
    // Where a step was undone it has been measured, and is said.
    if (outcome.steps.some(({ status }) => status === 'undone')) assert.is(outcome.asBefore, true, said)
    return
  }
  assert.is(exitCodeOf(outcome), 4)
  assert.not.match(said, /cluster is as it was before/)
  if (differences(before, after).length === 0) assert.unreachable(`nothing is left, yet: ${said}`)
  assert.ok(
    outcome.steps.some(({ status }) => status === 'undo-failed'),
    said,
  )
}

for (const [name, kind] of Object.entries(KINDS))
  test(`${name}: whatever becomes of the answer, what mpc says is what the cluster is`, async () => {
    const goal = await goalOf(name, kind)
    for (const [what, trouble] of Object.entries(TROUBLES))
      for (const then of THEN_FAILS.has(what) ? (['ends', 'fails'] as const) : (['ends'] as const))
        await onWorkbench(async (bench) => {
          await setUp(bench, kind)
          const before = comparable(bench.simulator.facts())
          const plan = planFor(kind, then)
          const outcome = await run(bench, plan, trouble(bench, kind))
          bench.simulator.faults.clear()
          const heard = then === 'ends' ? HEARD[what] : undefined
          const codes = outcome.diagnostics.map(({ code }) => code)
          if (heard) assert.ok((codes as readonly string[]).includes(heard), `${what}: ${codes.join()}`)
          try {
            assertTrue(outcome, plan, before, goal, comparable(bench.simulator.facts()))
          } catch (error) {
            if (error instanceof Error) error.message = `${what}, then the plan ${then}: ${error.message}`
            throw error
          }
        })()
  })

test.run()
