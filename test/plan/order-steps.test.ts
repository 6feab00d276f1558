import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stepQueue } from '../../src/apply/run/step-queue.ts'
import { forcedEarly, orderSteps } from '../../src/plan/order/order-steps.ts'
import { phasesOf } from '../../src/plan/order/phase.ts'
import type { Step } from '../../src/plan/plan.ts'
import { guestRef, planOf, type StepParts, step } from '../apply/workbench.ts'

const [web, db, old] = [guestRef('qemu', 'pve1', 101), guestRef('qemu', 'pve1', 102), guestRef('lxc', 'pve1', 103)]

const put = (vmid: number, params: Record<string, string | number | boolean>) =>
  ({ method: 'PUT', path: `/nodes/pve1/qemu/${vmid}/config`, params }) as const
const back = { by: 'requests', requests: [] } as const
const growth = (running: boolean): StepParts => ({
  action: 'update',
  requests: [{ method: 'PUT', path: '/nodes/pve1/qemu/101/resize', params: { disk: 'scsi0', size: '9G' } }],
  reversal: { by: 'snapshot', name: 's', requests: [] },
  disruption: running ? 'live' : 'none',
})
const end: StepParts = {
  action: 'destroy',
  requests: [{ method: 'DELETE', path: '/nodes/pve1/lxc/103' }],
  reversal: { by: 'backup', storage: 'nas', requests: [] },
}
const plain = (vmid: number): StepParts => ({ action: 'update', requests: [put(vmid, { cores: 2 })], reversal: back })
const ids = (steps: readonly Step[]) => steps.map(({ id }) => id)

test('steps are told apart by what undoing them costs', () => {
  const steps = [
    step('vm.a', 'snapshot', web, {
      action: 'snapshot',
      requests: [{ method: 'POST', path: '/nodes/pve1/qemu/101/snapshot', params: { snapname: 's' } }],
      reversal: back,
    }),
    step('vm.a', 'unprotect', web, { action: 'update', requests: [put(101, { protection: 0 })], reversal: back }),
    step('vm.a', 'unset', web, { action: 'update', requests: [put(101, { delete: 'protection' })], reversal: back }),
    step('vm.a', 'update', web, plain(101)),
    step('vm.a', 'mixed', web, { action: 'update', requests: [put(101, { cores: 1, protection: 1 })], reversal: back }),
    step('vm.a', 'grow-stopped', web, growth(false)),
    step('vm.a', 'start', web, { action: 'start', requests: [], reversal: back }),
    step('vm.a', 'grow-running', web, growth(true)),
    step('vm.a', 'grow-for-good', web, { ...growth(false), reversal: { by: 'nothing', reason: 'no snapshot' } }),
    step('vm.a', 'template', web, { action: 'update', requests: [], reversal: { by: 'nothing', reason: 'for good' } }),
    step('ct.o', 'destroy', old, end),
    step('vm.a', 'protect', web, { action: 'update', requests: [put(101, { protection: '1' })], reversal: back }),
  ]
  assert.equal([...phasesOf(steps).values()].reverse(), [
    'snapshot',
    'unprotect',
    'unprotect',
    'exact',
    'exact',
    'grow-stopped',
    'power-on',
    'grow-running',
    'grow-running',
    'end',
    'end',
    'protect',
  ])
})

const STOP: StepParts = { action: 'stop', requests: [], reversal: back }

test('a guest is stopped for its end when the end comes, and for a change with the changes', () => {
  const steps = planOf([
    step('container.o', 'stop', old, STOP),
    step('container.o', 'destroy', old, end),
    step('vm.a', 'stop', web, STOP),
    step('vm.a', 'update', web, plain(101)),
  ]).steps
  assert.equal(ids(orderSteps(steps)), ['vm.a/stop', 'vm.a/update', 'container.o/stop', 'container.o/destroy'])
})

/** A container that is replaced under its VMID, one that goes, and a VM that grows and changes. */
const mixed = () =>
  planOf([
    step('container.gone', 'destroy', guestRef('lxc', 'pve1', 200), end),
    step('container.o', 'destroy', old, end),
    step('container.o', 'create', old, { action: 'create', requests: [], reversal: back }),
    step('vm.a', 'grow', web, growth(true)),
    step('vm.b', 'update', db, plain(102)),
  ])

test('the cheapest that may come comes first, and an end that something waits for before one that nothing does', () => {
  const steps = orderSteps(mixed().steps)
  assert.equal(ids(steps), [
    'vm.b/update',
    'vm.a/grow',
    'container.o/destroy',
    'container.o/create',
    'container.gone/destroy',
  ])
  assert.equal(
    [...forcedEarly(steps)].map(([id, { id: cause }]) => [id, cause]),
    [['container.o/destroy', 'container.o/create']],
  )
})

test('what is in order by its needs and phases is left as it is', () => {
  const once = orderSteps(mixed().steps)
  assert.equal(orderSteps(once), once)
})

test('a costly step is handed out only when every cheaper one before it has finished, though others could run beside', () => {
  const plan = planOf(orderSteps(mixed().steps))
  const queue = stepQueue(plan)
  for (const id of ids(plan.steps)) {
    assert.is(queue.next()?.id, id)
    assert.is(queue.next(), undefined, `nothing beside ${id}`)
    queue.finished(id)
  }
  assert.is(queue.next(), undefined)
})

test('equally costly steps of different guests run beside one another, those of one guest do not', () => {
  const queue = stepQueue(
    planOf([
      step('vm.a', 'one', web, plain(101)),
      step('vm.a', 'two', web, plain(101)),
      step('vm.b', 'one', db, plain(102)),
    ]),
  )
  assert.equal([queue.next()?.id, queue.next()?.id, queue.next()?.id], ['vm.a/one', 'vm.b/one', undefined])
  queue.finished('vm.a/one')
  assert.is(queue.next()?.id, 'vm.a/two')
})

test('a plan whose steps stand in another order is carried out all the same', () => {
  const plan = planOf([step('container.o', 'destroy', old, end), step('vm.b', 'update', db, plain(102))])
  const queue = stepQueue(plan)
  assert.equal([queue.next()?.id, queue.next()?.id], ['container.o/destroy', 'vm.b/update'])
})

test('ten thousand steps are put in order and handed out', () => {
  const steps = Array.from({ length: 10_000 }, (_, at) => {
    const guest = guestRef('qemu', 'pve1', 1000 + at)
    return step(`vm.a[${at}]`, 'x', guest, at % 2 === 0 ? end : plain(1000 + at))
  })
  const plan = planOf(orderSteps(steps))
  assert.is(
    plan.steps.findIndex(({ action }) => action === 'destroy'),
    5000,
  )
  const queue = stepQueue(plan)
  const seen: string[] = []
  for (let next = queue.next(); next; next = queue.next()) {
    seen.push(next.id)
    queue.finished(next.id)
  }
  assert.equal(seen, ids(plan.steps))
})

test.run()
