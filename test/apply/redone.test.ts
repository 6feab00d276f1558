import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Desired } from '../../src/resource/desired.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, DEBIAN, lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A run is reverted, the revert is reverted, and so on: each time the cluster is as it was two runs before. */

const server = (protection: string): GuestDescription => ({
  vmid: 100,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: {
    name: 'server',
    memory: '2048',
    protection,
    scsi0: 'local-lvm:vm-100-disk-0,size=2G',
    scsi1: 'local-lvm:vm-100-disk-1,size=1G',
  },
})

const box = (protection: string): GuestDescription => ({
  vmid: 200,
  type: 'lxc',
  node: 'pve1',
  status: 'stopped',
  config: {
    hostname: 'box',
    arch: 'amd64',
    ostype: 'debian',
    memory: 512,
    protection,
    rootfs: 'local-lvm:vm-200-disk-0,size=2G',
    mp0: 'local-lvm:vm-200-disk-1,mp=/old,size=1G',
  },
})

const imports = [
  { to: at('vm.server'), id: '100' },
  { to: at('container.box'), id: '200' },
]

type Config = NonNullable<NonNullable<Parameters<typeof vm>[1]>['config']>

const changed = (config: Config, boxConfig: Config): Desired =>
  desire([vm('vm.server', { config }), container('container.box', { config: boxConfig })], { imports })

const protectedNew = desire([
  vm('vm.new', {
    vmid: guestRef('qemu', 'pve1', 300).vmid,
    config: { protection: true, scsi0: { storage: 'local-lvm', size: '2G' } },
    power: 'running',
  }),
  container('container.new', {
    vmid: guestRef('lxc', 'pve1', 301).vmid,
    source: { by: 'archive', volume: DEBIAN },
    config: {
      protection: true,
      rootfs: { storage: 'local-lvm', size: '2G' },
      mp0: { storage: 'local-lvm', size: '1G', mp: '/srv', backup: true },
    },
    power: 'running',
  }),
])

const RUNS: Readonly<Record<string, Desired>> = {
  'new protected guests': protectedNew,
  'disks added to protected guests': changed(
    { scsi3: { storage: 'local-lvm', size: '1G' } },
    { mp3: { storage: 'local-lvm', size: '1G', mp: '/new' } },
  ),
  'disks detached and the protection lifted': changed({ protection: false, scsi1: '' }, { protection: false, mp0: '' }),
  'disks added to guests that become protected': changed(
    { protection: true, scsi3: { storage: 'local-lvm', size: '1G' } },
    { protection: true, mp3: { storage: 'local-lvm', size: '1G', mp: '/new' } },
  ),
  'disks added while the protection is declared': changed(
    { protection: true, scsi3: { storage: 'local-lvm', size: '1G' } },
    { protection: true, mp3: { storage: 'local-lvm', size: '1G', mp: '/new' } },
  ),
  'disks added and the protection lifted': changed(
    { protection: false, scsi3: { storage: 'local-lvm', size: '1G' } },
    { protection: false, mp3: { storage: 'local-lvm', size: '1G', mp: '/new' } },
  ),
  'disks grown and options changed': changed(
    { memory: 4096, scsi0: { size: '3G' } },
    { memory: 1024, rootfs: { size: '3G' } },
  ),
}

/** What is compared: a volume's name may be another when it was restored or made anew, and what was kept stays as `unusedN`. */
const comparable = ({ simulator }: Workbench) =>
  Object.fromEntries(
    Object.entries(simulator.facts().guests).map(([guest, { config, power }]) => [
      guest,
      {
        power,
        config: Object.fromEntries(
          Object.entries(config)
            .filter(([key]) => !/^(?:unused\d+|vmgenid|meta|digest|parent)$/.test(key))
            .map(([key, text]) => [key, text.replace(/disk-\d+/, 'disk-…')]),
        ),
      },
    ]),
  )

for (const [what, desired] of Object.entries(RUNS))
  test(
    `a run is reverted and redone as often as one likes: ${what}`,
    onWorkbench(
      async (bench) => {
        const before = comparable(bench)
        const plan = await planned(bench, desired)
        await carryOut(bench, plan)
        const after = comparable(bench)
        const facts = bench.simulator.facts()
        let id = plan.id
        for (const wanted of [before, after, before, after, before]) {
          const revert = await reverted(bench, id)
          await carryOut(bench, revert)
          assert.equal(comparable(bench), wanted)
          assert.equal(lostContents(facts, bench.simulator.facts()), [])
          id = revert.id
        }
      },
      {
        from: lab({
          guests: desired === protectedNew ? [] : [server, box].map((one) => one(/become/.test(what) ? '0' : '1')),
        }),
      },
    ),
  )

test.run()
