import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Journal } from '../../src/apply/journal.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired, Lifecycle } from '../../src/resource/desired.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { database, files } from './sample-guests.ts'
import { failLast, guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A disk that has grown harms nobody; setting a running guest back does. */

const later = guestRef('qemu', 'pve1', 900).vmid

const imports = [
  { to: at('vm.db'), id: '200' },
  { to: at('container.files'), id: '201' },
]

/** Both grow; then something else fails. */
const growth = (lifecycle: Partial<Lifecycle> = {}, power?: 'running'): Desired =>
  desire(
    [
      vm('vm.db', { config: { scsi0: { size: '9G' } }, lifecycle, ...(power && { power }) }),
      container('container.files', { config: { rootfs: { size: '9G' } }, lifecycle, ...(power && { power }) }),
      vm('vm.later', { vmid: later, dependsOn: [at('vm.db'), at('container.files')] }),
    ],
    { imports },
  )

const start = async ({ client }: Workbench, guest: string): Promise<void> => {
  const answer = await client.send({ method: 'POST', path: `/nodes/pve1/${guest}/status/start`, params: {} })
  if (answer.kind === 'answered') await client.waitForTask(String(answer.data), () => undefined)
}

const GUESTS = ['qemu/200', 'lxc/201'] as const
const volumeOf = { 'qemu/200': 'local-lvm@pve1:vm-200-disk-0', 'lxc/201': 'local-lvm@pve1:vm-201-disk-0' }

const sizes = ({ simulator }: Workbench) =>
  GUESTS.map((guest) => (simulator.facts().volumes[volumeOf[guest]]?.size ?? 0) / 2 ** 30)
const powers = ({ simulator }: Workbench) => GUESTS.map((guest) => simulator.facts().guests[guest]?.power)
const snapshots = ({ simulator }: Workbench) =>
  GUESTS.map((guest) => Object.keys(simulator.facts().guests[guest]?.snapshots ?? {}).length)

const on = (status: 'running' | 'stopped', work: (bench: Workbench) => Promise<void>) =>
  onWorkbench(work, { from: lab({ guests: [database(status), files(status)] }) })

for (const lifecycle of [{}, { reboot: 'allowed' }] as const)
  test(
    `a failure elsewhere leaves the disks of running guests grown, says so, and a revert undoes it (${JSON.stringify(lifecycle)})`,
    on('running', async (bench) => {
      const before = bench.simulator.facts()
      const plan = await planned(bench, growth(lifecycle))
      const wrote = new Map<number, string>()
      failLast(bench, async () => {
        for (const vmid of [200, 201]) wrote.set(vmid, Object.values(bench.simulator.write(vmid)).join())
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      const said = outcome.diagnostics.filter(({ code }) => code === 'apply.stays-grown')
      assert.equal(said.map(({ address }) => address).sort(), ['container.files', 'vm.db'])
      assert.is(outcome.diagnostics.filter(({ code }) => code === 'apply.safety-kept').length, 2)
      assert.ok(said.every(({ hint }) => hint === `mpc revert ${plan.id} --allow-irreversible`))
      assert.equal(sizes(bench), [9, 9])
      assert.equal(powers(bench), ['running', 'running'])
      const tokens = GUESTS.map((guest) => bench.simulator.facts().volumes[volumeOf[guest]]?.token)
      assert.equal(tokens, [wrote.get(200), wrote.get(201)])
      assert.equal(await bench.store.bindings.all(), [])
      await carryOut(bench, await reverted(bench, plan.id))
      assert.equal(sizes(bench), [8, 8])
      assert.equal(powers(bench), ['running', 'running'])
      assert.equal(snapshots(bench), [0, 0])
      assert.equal(bench.simulator.facts().volumes, before.volumes)
    }),
  )

test(
  'where the declaration allows it, a failure elsewhere sets running guests back and starts them again',
  on('running', async (bench) => {
    const before = bench.simulator.facts()
    const plan = await planned(bench, growth({ rollback: 'allowed' }))
    failLast(bench)
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(bench.simulator.facts().volumes, before.volumes)
    assert.equal(powers(bench), ['running', 'running'])
    assert.equal(snapshots(bench), [0, 0])
  }),
)

for (const power of [undefined, 'running'] as const)
  test(
    `guests that were stopped are set back exactly, ${power ? 'also when the run had started them' : 'and stay stopped'}`,
    on('stopped', async (bench) => {
      const before = bench.simulator.facts()
      const plan = await planned(bench, growth({}, power))
      failLast(bench)
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(bench.simulator.facts().volumes, before.volumes)
      assert.equal(powers(bench), ['stopped', 'stopped'])
    }),
  )

test(
  'a guest that somebody started meanwhile is not set back',
  on('stopped', async (bench) => {
    const plan = await planned(bench, growth())
    failLast(bench, () => start(bench, 'qemu/200'))
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(sizes(bench), [9, 8])
    assert.equal(powers(bench), ['running', 'stopped'])
    assert.equal(snapshots(bench), [1, 0])
  }),
)

test(
  'a mount point that only a restart takes away again stays on a running container, and a revert detaches it',
  on('running', async (bench) => {
    const added = desire(
      [
        container('container.files', { config: { mp0: { storage: 'local-lvm', size: '1G', mp: '/srv' } } }),
        vm('vm.later', { vmid: later, dependsOn: [at('container.files')] }),
      ],
      { imports },
    )
    const plan = await planned(bench, { ...added, imports: imports.slice(1) })
    failLast(bench)
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
    assert.ok(outcome.diagnostics.some(({ code }) => code === 'apply.stays-in-effect'))
    assert.equal(powers(bench), ['running', 'running'])
    assert.not.ok(bench.simulator.requests.some(({ path }) => path.endsWith('/shutdown')))
  }),
)

/** A process that dies before it writes down for the nth time. */
const dying = (journal: Journal, nth: number): Journal => {
  let count = 0
  return {
    ...journal,
    record: async (entries) => {
      if (++count >= nth) throw new Error('killed')
      return journal.record(entries)
    },
  }
}

for (let nth = 1; nth < 24; nth += 2)
  test(
    `wherever a run dies (at entry ${nth}), recovering it never sets a running guest back, and never loses the snapshot that could`,
    on('running', async (bench) => {
      const plan = await planned(bench, growth())
      failLast(bench)
      const journal = dying(bench.world.journal, nth)
      await bench.apply(plan, { parallelism: 1, journal }).catch(() => undefined)
      const outcomes = await bench.recover()
      assert.not.ok(bench.simulator.requests.some(({ path }) => path.endsWith('/rollback')))
      assert.equal(powers(bench), ['running', 'running'])
      const grown = sizes(bench).map((size) => (size === 9 ? 1 : 0))
      assert.equal(snapshots(bench), grown)
      if (grown.includes(1)) {
        assert.ok(outcomes.every(({ status }) => status === 'incomplete'))
        await carryOut(bench, await reverted(bench, plan.id))
        assert.equal(sizes(bench), [8, 8])
      }
    }),
  )

test.run()
