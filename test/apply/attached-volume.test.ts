import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A volume that was there before, named by nothing, is attached to a guest that was there before: undone, nothing names it again. */

type Power = 'running' | 'stopped'

const server = (status: Power, more: Readonly<Record<string, string>> = {}): GuestDescription => ({
  vmid: 100,
  type: 'qemu',
  node: 'pve1',
  status,
  config: {
    name: 'server',
    memory: '2048',
    scsihw: 'virtio-scsi-pci',
    boot: 'order=scsi0',
    scsi0: 'local-lvm:vm-100-disk-0,size=2G',
    ...more,
  },
})

const box = (status: Power, more: Readonly<Record<string, string>> = {}): GuestDescription => ({
  vmid: 200,
  type: 'lxc',
  node: 'pve1',
  status,
  config: {
    hostname: 'box',
    arch: 'amd64',
    ostype: 'debian',
    memory: 512,
    rootfs: 'local-lvm:vm-200-disk-0,size=2G',
    mp0: 'local-lvm:vm-200-disk-1,mp=/old,size=1G',
    ...more,
  },
})

const files = [
  [100, 'vm-100-disk-7.raw'],
  [100, 'vm-100-disk-8.qcow2'],
  [200, 'vm-200-disk-7.raw'],
  [200, 'vm-200-disk-8.raw'],
] as const

type Config = NonNullable<NonNullable<Parameters<typeof vm>[1]>['config']>
type Lifecycle = NonNullable<NonNullable<Parameters<typeof vm>[1]>['lifecycle']>

const imports = [
  { to: at('vm.server'), id: '100' },
  { to: at('container.box'), id: '200' },
]

const attach =
  (config: Config, boxConfig: Config, lifecycle: Lifecycle = {}) =>
  (...more: Desired['resources']): Desired =>
    desire(
      [vm('vm.server', { config, lifecycle }), container('container.box', { config: boxConfig, lifecycle }), ...more],
      {
        imports,
      },
    )

const DISK = 'local:100/vm-100-disk-7.raw'
const OTHER = 'local:100/vm-100-disk-8.qcow2'
const MOUNT = 'local:200/vm-200-disk-7.raw'

const mounts: Config = {
  mp3: { volume: MOUNT, mp: '/srv' },
  mp5: { volume: 'local:200/vm-200-disk-8.raw', mp: '/data' },
}

const CASES: Readonly<Record<string, readonly [Config, Config]>> = {
  'SCSI disks, and two mount points': [{ scsi3: { file: DISK }, scsi4: { file: OTHER } }, mounts],
  'a SATA disk': [{ sata1: { file: DISK } }, {}],
  'VirtIO disks': [{ virtio1: { file: DISK }, virtio2: { file: OTHER } }, {}],
  'with other changes': [
    { scsi3: { file: DISK, discard: 'on' }, description: 'more room' },
    { mp3: { volume: MOUNT, mp: '/srv' }, description: 'more room' },
  ],
}

const last = vm('vm.last', {
  vmid: guestRef('qemu', 'pve1', 900).vmid,
  dependsOn: [at('vm.server'), at('container.box')],
})

const same = ({ simulator }: Workbench) => {
  const { guests, volumes } = simulator.facts()
  return { guests, volumes }
}

const failLast = ({ simulator }: Workbench): void => {
  simulator.hooks.push({
    before: ({ verb, path, params }) => {
      if (verb === 'POST' && path.endsWith('/qemu') && params['vmid'] === '900') throw new PveError(500, 'made to fail')
      return undefined
    },
  })
}

const power = async ({ client }: Workbench, guest: string, verb: string): Promise<void> => {
  const answer = await client.send({ method: 'POST', path: `/nodes/pve1/${guest}/status/${verb}`, params: {} })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  await client.waitForTask(String(answer.data), () => undefined)
}

const PROTECTED = { protection: '1' }

for (const [what, [config, boxConfig]] of Object.entries(CASES))
  for (const status of ['stopped', 'running'] as const)
    for (const more of [{}, PROTECTED]) {
      const guests = [server(status, more), box(status, more)]
      const name = `${what}, ${status}${more === PROTECTED ? ', protected' : ''}`
      const lifecycle: Lifecycle = { rollback: 'allowed' }

      test(
        `undoing a failed run leaves volumes that were there before as they were: ${name}`,
        onWorkbench(
          async (bench) => {
            const before = same(bench)
            const plan = await planned(bench, attach(config, boxConfig, lifecycle)(last))
            failLast(bench)
            const outcome = await bench.apply(plan, { parallelism: 1 })
            assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
            assert.equal(same(bench), before)
          },
          { from: lab({ guests, files }) },
        ),
      )

      test(
        `a revert leaves volumes that were there before as they were, and can be reverted: ${name}`,
        onWorkbench(
          async (bench) => {
            const before = same(bench)
            const facts = bench.simulator.facts()
            const plan = await planned(bench, attach(config, boxConfig)())
            await carryOut(bench, plan)
            const after = same(bench)
            const revert = await reverted(bench, plan.id)
            await carryOut(bench, revert)
            assert.equal(same(bench), before)
            const again = await reverted(bench, revert.id)
            await carryOut(bench, again)
            assert.equal(same(bench), after)
            await carryOut(bench, await reverted(bench, again.id))
            assert.equal(same(bench), before)
            assert.equal(lostContents(facts, bench.simulator.facts()), [])
          },
          { from: lab({ guests, files }) },
        ),
      )
    }

for (const [from, verb, config] of [
  ['stopped', 'start', { scsi3: { file: DISK } }],
  ['running', 'stop', { scsi3: { file: DISK }, sata1: { file: OTHER } }],
] as const)
  test(
    `a revert goes by whether the guests run by then: ${from} before`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, attach(config, mounts)())
        const first = same(bench)
        await carryOut(bench, plan)
        for (const guest of ['qemu/100', 'lxc/200']) await power(bench, guest, verb)
        const before = bench.simulator.facts()
        await carryOut(bench, await reverted(bench, plan.id))
        assert.equal(lostContents(before, bench.simulator.facts()), [])
        for (const guest of ['qemu/100', 'lxc/200']) {
          const now = bench.simulator.facts().guests[guest]
          assert.equal(now?.config, first.guests[guest]?.config)
          assert.equal([now?.pending, now?.pendingDelete], [{}, []])
          assert.is(now?.power, verb === 'start' ? 'running' : 'stopped')
        }
      },
      { from: lab({ guests: [server(from), box(from)], files }) },
    ),
  )

test(
  'a disk that a running VM cannot let go of waits for its next start when the run is reverted, and that is said',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, attach({ sata1: { file: DISK } }, {})())
      await carryOut(bench, plan)
      await power(bench, 'qemu/100', 'start')
      const revert = await reverted(bench, plan.id)
      assert.ok(revert.steps.some(({ disruption }) => disruption === 'pending'))
      await carryOut(bench, revert)
      assert.equal(bench.simulator.facts().guests['qemu/100']?.pendingDelete, ['sata1'])
    },
    { from: lab({ guests: [server('stopped'), box('stopped')], files }) },
  ),
)

test(
  'a volume that the guest had as unused is unused again',
  onWorkbench(
    async (bench) => {
      const before = same(bench)
      const plan = await planned(bench, attach({ scsi3: { file: DISK } }, { mp3: { volume: MOUNT, mp: '/srv' } })(last))
      failLast(bench)
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(same(bench), before)
    },
    { from: lab({ guests: [server('stopped', { unused0: DISK }), box('stopped', { unused0: MOUNT })], files }) },
  ),
)

test.run()
