import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { at, container, desire, pool, vm } from '../plan/samples.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

const imports = [
  { to: at('vm.box'), id: '107' },
  { to: at('vm.git'), id: '102' },
  { to: at('container.dns'), id: '200' },
]

/** Makes a VM, a container and a pool, and changes guests that are there. */
const first: Desired = desire(
  [
    pool('pool.apps', 'apps', 'made by mpc'),
    vm('vm.web', {
      source: { by: 'clone', template: 'debian-12' },
      config: {
        cores: 2,
        memory: 1024,
        net0: { model: 'virtio', bridge: 'vmbr0' },
        scsi0: { storage: 'local-lvm', size: '16G' },
      },
      power: 'running',
      pool: 'apps',
      dependsOn: [at('pool.apps')],
    }),
    container('container.cache', {
      node: 'pve2',
      source: { by: 'archive', volume: DEBIAN },
      config: { memory: 512, rootfs: { storage: 'local-lvm', size: '8G' }, net0: { name: 'eth0', bridge: 'vmbr0' } },
      power: 'running',
    }),
    vm('vm.box', {
      node: 'pve3',
      config: { cores: 6, description: 'bigger', scsi0: { size: '60G' }, scsi1: { storage: 'local-lvm', size: '4G' } },
      power: 'running',
    }),
    vm('vm.git', { config: { tags: ['dev', 'web'], cores: 4 } }),
    container('container.dns', { config: { memory: 512 }, pool: 'apps', dependsOn: [at('pool.apps')] }),
  ],
  { imports },
)

/** Takes most of it away again: destroys, detaches, shrinks back, stops, moves. */
const second: Desired = desire([
  pool('pool.apps', 'apps', 'made by mpc'),
  vm('vm.web', {
    source: { by: 'clone', template: 'debian-12' },
    config: { cores: 4, net0: { model: 'virtio', bridge: 'vmbr0' }, scsi0: { storage: 'local-lvm', size: '16G' } },
    power: 'stopped',
    dependsOn: [at('pool.apps')],
  }),
  vm('vm.git', { node: 'pve1', config: { tags: ['dev'] } }),
])

const observe = async ({ client }: Workbench) =>
  (await syncCluster(client, { now: '2026-01-01T00:00:00.000Z' })).observed

const planned = async (bench: Workbench, desired: Desired): Promise<Plan> => {
  const observed = await observe(bench)
  const { value, diagnostics } = planChanges(desired, observed, await bench.store.bindings.all(), DEFAULT_PLAN_OPTIONS)
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1))
  return value
}

const reverted = async (bench: Workbench, plan: string): Promise<Plan> => {
  const { value: run } = await bench.store.runs.finished(plan)
  if (!run) throw new Error('the run is on record')
  const { value, diagnostics } = planRevert(run, await observe(bench), await bench.store.bindings.all())
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1))
  return value
}

/** Guests and pools, without what the server chooses anew each time. */
const cluster = ({ simulator }: Workbench) => ({
  guests: Object.fromEntries(
    Object.entries(simulator.dump()).map(([guest, text]) => [
      guest,
      text.replace(/^vmgenid: .*$/gm, 'vmgenid: …').replace(/^#vmgenid.*$/gm, ''),
    ]),
  ),
  pools: [...simulator.world.pools.keys()].sort(),
  members: [...simulator.world.poolOf].sort(),
})

const withoutKept = ({ guests, ...rest }: ReturnType<typeof cluster>) => ({
  ...rest,
  guests: Object.fromEntries(
    Object.entries(guests).map(([guest, text]) => [guest, text.replace(/^unused\d+: .*\n/gm, '')]),
  ),
})

const applied = (outcome: RunOutcome): void =>
  assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))

const refuseWrite = ({ simulator }: Workbench, wanted: number): void => {
  let count = 0
  simulator.hooks.push({
    before: ({ verb }) => {
      if (verb !== 'GET' && ++count === wanted) throw new PveError(500, 'made to fail')
      return undefined
    },
  })
}

test(
  'what is declared is applied, planned empty, reverted, done again, and changed once more',
  onWorkbench(async (bench) => {
    const before = cluster(bench)
    const plan = await planned(bench, first)
    applied(await bench.apply(plan))
    assert.equal((await planned(bench, first)).changes, [])
    const bindings = await bench.store.bindings.all()
    const revert = await reverted(bench, plan.id)
    applied(await bench.apply(revert))
    // A disk that the run added is kept, with what may be on it by now, and attached again when the run is done again.
    assert.match(cluster(bench).guests['qemu/107'] ?? '', /^unused0: local-lvm:vm-107-disk-1$/m)
    assert.equal(withoutKept(cluster(bench)), before)
    applied(await bench.apply(await reverted(bench, revert.id)))
    assert.match(cluster(bench).guests['qemu/107'] ?? '', /^scsi1: local-lvm:vm-107-disk-1,size=4G$/m)
    assert.equal((await planned(bench, first)).changes, [])
    assert.equal(
      (await bench.store.bindings.all()).map(({ address, config }) => [address, config]),
      bindings.map(({ address, config }) => [address, config]),
    )
  }),
)

test(
  'guests that are declared no more are backed up and destroyed, and a revert brings them back',
  onWorkbench(async (bench) => {
    applied(await bench.apply(await planned(bench, first)))
    const between = cluster(bench)
    const plan = await planned(bench, second)
    applied(await bench.apply(plan))
    assert.equal((await planned(bench, second)).changes, [])
    assert.not.ok('qemu/107' in bench.simulator.dump())
    const revert = await reverted(bench, plan.id)
    applied(await bench.apply(revert))
    assert.equal(Object.keys(cluster(bench).guests), Object.keys(between.guests))
    assert.equal(cluster(bench).members, between.members)
    assert.equal((await planned(bench, first)).changes, [])
    applied(await bench.apply(await reverted(bench, revert.id)))
    assert.equal((await planned(bench, second)).changes, [])
  }),
)

for (const k of [1, 3, 5, 7, 9, 11, 13, 15])
  test(
    `when write ${k} of a real plan is refused, everything is as it was before`,
    onWorkbench(async (bench) => {
      const before = cluster(bench)
      const plan = await planned(bench, first)
      refuseWrite(bench, k)
      const outcome = await bench.apply(plan)
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(cluster(bench), before)
      assert.equal(await bench.store.bindings.all(), [])
    }),
  )

/** A backup holds no snapshots: the plan says of a guest that is destroyed that they are lost. */
const withoutSnapshots = ({ guests, ...rest }: ReturnType<typeof cluster>) => ({
  ...rest,
  guests: Object.fromEntries(
    Object.entries(guests).map(([guest, text]) => [
      guest,
      text.replace(/^parent: .*\n/m, '').replace(/\n\[mpc_[\s\S]*$/, ''),
    ]),
  ),
})

for (const k of [1, 3, 5, 7, 9, 11, 12])
  test(
    `when write ${k} of a plan that destroys is refused, everything is as it was before`,
    onWorkbench(async (bench) => {
      applied(await bench.apply(await planned(bench, first)))
      const before = withoutSnapshots(cluster(bench))
      const plan = await planned(bench, second)
      refuseWrite(bench, k)
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(withoutSnapshots(cluster(bench)), before)
      assert.equal((await planned(bench, first)).changes, [])
    }),
  )

test.run()
