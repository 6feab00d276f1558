import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired, DesiredResource } from '../../src/resource/desired.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import { container, desire, pool, vm } from '../plan/samples.ts'
import { comparable, differences } from '../property/comparable.ts'
import { carryOut, DEBIAN, lab, planned, refuseWrite, reverted } from './rig.ts'
import { failLast, onWorkbench, type Workbench } from './workbench.ts'

const vmid = (number: number): Vmid => {
  const parsed = parseVmid(number)
  if (parsed === undefined) throw new Error(`${number} is no VMID`)
  return parsed
}

const files: readonly (readonly [number, string])[] = [
  [104, 'vm-104-disk-0.raw'],
  [104, 'vm-104-disk-1.qcow2'],
  [104, 'data.raw'],
  [104, 'vm-104-disk-3.raw'],
  [104, 'vm-104-disk-4.raw'],
  [105, 'vm-105-disk-0.raw'],
  [105, 'vm-105-disk-1.raw'],
]

const source = { by: 'archive', volume: DEBIAN } as const

/** A VM around images on each bus, one of them to boot from, and a disk that is made with it. */
const server = (more: object = {}) =>
  vm('vm.server', {
    vmid: vmid(104),
    config: {
      scsi0: { file: 'local:104/vm-104-disk-0.raw', discard: 'on' },
      virtio3: { file: 'local:104/vm-104-disk-1.qcow2' },
      sata1: { file: 'local:104/data.raw' },
      efidisk0: { file: 'local:104/vm-104-disk-3.raw', efitype: '4m' },
      tpmstate0: { file: 'local:104/vm-104-disk-4.raw', version: 'v2.0' },
      scsi1: { storage: 'local-lvm', size: '2G' },
      boot: { order: 'scsi0' },
    },
    ...more,
  })

const files105 = (more: object = {}) =>
  container('container.files', {
    vmid: vmid(105),
    source,
    config: {
      rootfs: { storage: 'local-lvm', size: '4G' },
      mp0: { volume: 'local:105/vm-105-disk-0.raw', mp: '/srv' },
      mp3: { volume: 'local:105/vm-105-disk-1.raw', mp: '/data' },
      mp7: { storage: 'local-lvm', size: '1G', mp: '/tmp/x' },
    },
    ...more,
  })

/** Steps after the guest in question; the last of them is refused. */
const failsLater = (before: string): DesiredResource =>
  vm('vm.later', { vmid: vmid(900), dependsOn: [vm(before).address] })

const nothingLost = (bench: Workbench, before: ReturnType<Workbench['simulator']['facts']>): void => {
  assert.equal(lostContents(before, bench.simulator.facts()), [])
  assert.equal(bench.simulator.facts().volumes, before.volumes)
  assert.equal(bench.simulator.facts().guests, before.guests)
}

const cases = {
  'a VM': desire([server(), failsLater('vm.server')]),
  'a running VM': desire([server({ power: 'running' }), failsLater('vm.server')]),
  'a protected VM': desire([
    server({ config: { protection: true, scsi0: { file: 'local:104/vm-104-disk-0.raw' } } }),
    failsLater('vm.server'),
  ]),
  'a container': desire([files105(), failsLater('container.files')]),
  'a running container': desire([files105({ power: 'running' }), failsLater('container.files')]),
} satisfies Readonly<Record<string, Desired>>

for (const [name, desired] of Object.entries(cases))
  test(
    `undoing the creation of ${name} around volumes leaves them as they were`,
    onWorkbench(
      async (bench) => {
        const before = bench.simulator.facts()
        const plan = await planned(bench, desired)
        failLast(bench)
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
        nothingLost(bench, before)
      },
      { from: lab({ files }) },
    ),
  )

const template = (config: Readonly<Record<string, { storage: string; size: string }>>) =>
  vm('vm.template', { vmid: vmid(200), config })

test(
  'a clone that was given existing volumes loses them again, not its own',
  onWorkbench(
    async (bench) => {
      const own = { storage: 'local-lvm', size: '1G' }
      await carryOut(bench, await planned(bench, desire([template({ scsi0: own, sata0: own })])))
      const before = bench.simulator.facts()
      const clone = vm('vm.clone', {
        vmid: vmid(104),
        source: { by: 'clone', template: '200' },
        config: { virtio0: { file: 'local:104/vm-104-disk-0.raw' }, scsi5: { file: 'local:104/data.raw' } },
      })
      const plan = await planned(bench, desire([template({ scsi0: own, sata0: own }), clone, failsLater('vm.clone')]))
      failLast(bench)
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      nothingLost(bench, before)
    },
    { from: lab({ files }) },
  ),
)

for (const name of ['a VM', 'a container'] as const)
  for (const k of [1, 2, 3])
    test(
      `when request ${k} of undoing the creation of ${name} is refused, its volumes stay and it is said`,
      onWorkbench(
        async (bench) => {
          const before = bench.simulator.facts()
          const plan = await planned(bench, cases[name])
          // The creation, the one that is refused, and then the requests that undo.
          failLast(bench, async () => refuseWrite(bench, k))
          const outcome = await bench.apply(plan, { parallelism: 1 })
          assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
          assert.equal(lostContents(before, bench.simulator.facts()), [])
        },
        { from: lab({ files }) },
      ),
    )

for (const [name, type] of [
  ['a VM', 'qemu'],
  ['a container', 'lxc'],
] as const)
  test(
    `${name} that somebody started meanwhile is left alone when its creation is undone`,
    onWorkbench(
      async (bench) => {
        const before = bench.simulator.facts()
        const plan = await planned(bench, cases[name])
        const guest = `${type}/${type === 'qemu' ? 104 : 105}`
        failLast(bench, async () => {
          const answer = await bench.client.send({
            method: 'POST',
            path: `/nodes/pve1/${guest}/status/start`,
            params: {},
          })
          if (answer.kind === 'answered') await bench.client.waitForTask(String(answer.data), () => undefined)
        })
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
        assert.ok(
          outcome.diagnostics.some(({ code, detail }) => code === 'apply.not-ours' && /is running/.test(detail)),
        )
        const { guests } = bench.simulator.facts()
        assert.is(guests[guest]?.power, 'running')
        assert.equal(guests[guest]?.pending, {})
        assert.equal(lostContents(before, bench.simulator.facts()), [])
      },
      { from: lab({ files }) },
    ),
  )

test(
  'where nothing can take a volume away again, the plan says before approval that the creation cannot be undone',
  onWorkbench(
    async (bench) => {
      const root = { rootfs: { volume: 'local:105/vm-105-disk-0.raw' } }
      const plan = await planned(bench, desire([server({ template: true }), files105({ config: root })]))
      const reasons = plan.steps.flatMap(({ id, reversal }) =>
        reversal.by === 'nothing' && id.endsWith('/create') ? [reversal.reason] : [],
      )
      assert.is(reasons.length, 2)
      assert.ok(reasons.some((reason) => reason.includes('vm-104-disk-0.raw')))
      assert.ok(reasons.some((reason) => reason.includes('root volume')))
    },
    { from: lab({ files }) },
  ),
)

/** Made around volumes that were there, and a pool that a revert deletes after that. */
const around = {
  'a VM': server({ power: 'running' }),
  'a container': container('container.files', {
    vmid: vmid(105),
    source,
    config: {
      rootfs: { storage: 'local-lvm', size: '4G' },
      mp0: { volume: 'local:105/vm-105-disk-0.raw', mp: '/srv' },
      mp3: { volume: 'local:105/vm-105-disk-1.raw', mp: '/data' },
      protection: true,
    },
    power: 'running',
  }),
}

/** PVE notes the size of a volume that is attached to a container later, and not of one that it is made with (PVE source: rescan_volume). */
const unsized = (facts: ReturnType<Workbench['simulator']['facts']>) =>
  comparable(JSON.parse(JSON.stringify(facts).replaceAll(/(mp=\/(?:srv|data)),size=4G/g, '$1')))

for (const [what, guest] of Object.entries(around))
  test(`the revert of ${what} made around volumes that fails attaches the same volumes again, and leaves no copies`, async () => {
    for (let nth = 1, isThrough = false; !isThrough; nth++)
      await onWorkbench(
        async (bench) => {
          const plan = await planned(bench, desire([pool('pool.late', 'late'), guest]))
          await carryOut(bench, plan)
          const revert = await reverted(bench, plan.id)
          const before = bench.simulator.facts()
          refuseWrite(bench, nth)
          const outcome = await bench.apply(revert, { parallelism: 1 })
          const said = JSON.stringify(outcome.diagnostics, null, 1)
          isThrough = exitCodeOf(outcome) === 0
          assert.equal(lostContents(before, bench.simulator.facts()), [], said)
          const held = (facts: typeof before) =>
            Object.values(facts.volumes)
              .map(({ token }) => token)
              .toSorted()
          if (!isThrough) assert.equal(held(bench.simulator.facts()), held(before), `write ${nth}: ${said}`)
          if (!isThrough) assert.equal(differences(unsized(before), unsized(bench.simulator.facts())), [], said)
          if (!isThrough) assert.is(exitCodeOf(outcome), nth === 1 ? 1 : 3, said)
        },
        { from: lab({ files }) },
      )()
  })

for (const [what, guest] of Object.entries(around))
  test(`${what} made around volumes has the same volumes when it is made again`, () =>
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, desire([guest]))
        await carryOut(bench, plan)
        const made = structuredClone(bench.simulator.facts())
        const revert = await reverted(bench, plan.id)
        await carryOut(bench, revert)
        await carryOut(bench, await reverted(bench, revert.id))
        const tokens = Object.values(bench.simulator.facts().volumes).map(({ token }) => token)
        assert.equal(
          tokens.toSorted(),
          Object.values(made.volumes)
            .map(({ token }) => token)
            .toSorted(),
        )
        assert.equal(differences(unsized(made), unsized(bench.simulator.facts())), [])
      },
      { from: lab({ files }) },
    )())

test.run()
