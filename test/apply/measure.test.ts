import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { comparable, differences } from '../property/comparable.ts'
import { connect } from './connection.ts'
import { container, running, stopped } from './sample-steps.ts'
import { expectsNow, onWorkbench, planOf, step, undoBy, type Workbench, write } from './workbench.ts'

const codesOf = ({ diagnostics }: RunOutcome) => diagnostics.map(({ code }) => code)

/** A step that the server refuses. */
const refused = step('vm.y', 'refused', undefined, {
  action: 'update',
  requests: [{ method: 'PUT', path: '/pools', params: { poolid: 'no such pool' } }],
  reversal: undoBy(),
})

const addingNic = async ({ client }: Workbench) =>
  planOf([
    step('vm.git', 'update', running, {
      action: 'update',
      expects: await expectsNow(client, running),
      requests: [write(running, { net1: 'virtio,bridge=vmbr0' })],
      reversal: undoBy(write(running, { delete: 'net1' })),
    }),
    { ...refused, needs: ['vm.git/update'] },
  ])

test(
  'a network device that the guest does not let go of is said to be left, and nothing else is claimed',
  onWorkbench(async (bench) => {
    const before = comparable(bench.simulator.facts())
    bench.simulator.faults.add({ kind: 'unplug-ignored', vmid: running.vmid })
    const outcome = await bench.apply(await addingNic(bench))
    assert.is(exitCodeOf(outcome), 4)
    const left = outcome.diagnostics.find(({ code }) => code === 'apply.not-as-before')
    assert.match(left?.detail ?? '', / {2}net1: \(none\) → virtio=/)
    assert.match(left?.detail ?? '', / {2}pending net1: \(none\) → goes at the next start/)
    assert.is(outcome.asBefore, undefined)
    const found = differences(before, comparable(bench.simulator.facts()))
    assert.ok(found.length > 0 && found.every((line) => /net1|pendingDelete/.test(line)), found.join('\n'))
  }),
)

test(
  'the drive that a new disk leaves detached is erased, and the boot order that grew is set back',
  onWorkbench(async (bench) => {
    const before = comparable(bench.simulator.facts())
    const plan = planOf([
      step('vm.box', 'update', stopped, {
        action: 'update',
        expects: await expectsNow(bench.client, stopped),
        requests: [write(stopped, { scsi5: 'local-lvm:2', ide3: 'none,media=cdrom' })],
        reversal: undoBy(write(stopped, { delete: 'scsi5,ide3' })),
      }),
      { ...refused, needs: ['vm.box/update'] },
    ])
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.is(outcome.asBefore, true)
    assert.equal(differences(before, comparable(bench.simulator.facts())), [])
    assert.equal(comparable(bench.simulator.facts()).contents, before.contents)
  }),
)

test(
  'a detached volume that the run did not make is not erased',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.box', 'update', stopped, {
        action: 'update',
        expects: await expectsNow(bench.client, stopped),
        requests: [write(stopped, { cores: 6 })],
        reversal: undoBy(write(stopped, { cores: 4 })),
      }),
      { ...refused, needs: ['vm.box/update'] },
    ])
    const other = connect(bench.simulator.url, bench.simulator.token)
    let done = false
    bench.simulator.hooks.push({
      before: async ({ verb, path }) => {
        if (verb === 'GET' || path !== '/pools' || done) return undefined
        done = true
        const path107 = `${guestPath(stopped)}/config`
        await other.send({ method: 'PUT', path: path107, params: { scsi6: 'local-lvm:1' } })
        await other.send({ method: 'PUT', path: path107, params: { delete: 'scsi6' } })
        return undefined
      },
    })
    const outcome = await bench.apply(plan)
    other.close()
    assert.ok(done)
    assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /unused0: local-lvm:/)
    assert.match(outcome.diagnostics.find(({ code }) => code === 'apply.not-as-before')?.detail ?? '', /unused0/)
  }),
)

test(
  'what cannot be read again is not claimed to be as it was',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('container.dns', 'update', container, {
        action: 'update',
        expects: await expectsNow(bench.client, container),
        requests: [write(container, { memory: 512 })],
        reversal: undoBy(write(container, { memory: 256 })),
      }),
      { ...refused, needs: ['container.dns/update'] },
    ])
    bench.simulator.faults.add({
      kind: 'http-error',
      status: 500,
      times: 0,
      skip: 1,
      on: { method: 'GET', path: `${guestPath(container)}/pending` },
    })
    const outcome = await bench.apply(plan)
    assert.is(exitCodeOf(outcome), 4)
    assert.ok(codesOf(outcome).includes('apply.not-compared'), codesOf(outcome).join())
  }),
)

test.run()
