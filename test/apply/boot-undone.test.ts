import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** Proxmox VE puts CD drives that are added into the boot order: undone, they leave it. */

type Config = NonNullable<NonNullable<Parameters<typeof vm>[1]>['config']>

const server = (status: 'running' | 'stopped', boot: string | undefined): GuestDescription => ({
  vmid: 100,
  type: 'qemu',
  node: 'pve1',
  status,
  config: {
    name: 'server',
    memory: '2048',
    scsihw: 'virtio-scsi-pci',
    scsi0: 'local-lvm:vm-100-disk-0,size=2G',
    sata0: 'none,media=cdrom',
    ...(boot !== undefined && { boot }),
  },
})

const CHANGES: Readonly<Record<string, Config>> = {
  'a CD drive': { ide2: { file: 'none', media: 'cdrom' } },
  'a hot-pluggable CD drive': { scsi5: { file: 'none', media: 'cdrom' } },
  'a CD drive and a disk': { ide2: { file: 'none', media: 'cdrom' }, scsi3: { storage: 'local-lvm', size: '1G' } },
  'a CD drive and a boot order': {
    ide2: { file: 'none', media: 'cdrom' },
    boot: { order: 'ide2;scsi0' },
  },
  'a CD drive and another order': { ide2: { file: 'none', media: 'cdrom' }, boot: { order: 'scsi0' } },
  'a CD drive less': { sata0: '' },
  'a disk in the boot order': {
    scsi3: { storage: 'local-lvm', size: '1G' },
    boot: { order: 'scsi3;scsi0' },
  },
  'a volume that was there, in the boot order': {
    scsi3: { file: 'local:100/vm-100-disk-7.raw' },
    boot: { order: 'scsi3;scsi0' },
  },
}

const imports = [{ to: at('vm.server'), id: '100' }]
const last = vm('vm.last', { vmid: guestRef('qemu', 'pve1', 900).vmid, dependsOn: [at('vm.server')] })
const changed = (config: Config, ...more: Desired['resources']) =>
  desire([vm('vm.server', { config }), ...more], { imports })

/** A disk that was added is kept as unused by a revert. */
const same = ({ simulator }: Workbench) => {
  const { config, pending, pendingDelete } = simulator.facts().guests['qemu/100'] ?? {}
  const known = Object.entries(config ?? {}).filter(([key]) => !/^unused\d+$|^digest$/.test(key))
  return { config: Object.fromEntries(known), pending, pendingDelete }
}

for (const [what, config] of Object.entries(CHANGES))
  for (const status of ['stopped', 'running'] as const)
    for (const boot of ['order=scsi0', 'order=scsi0;sata0', undefined]) {
      const from = lab({ guests: [server(status, boot)], files: [[100, 'vm-100-disk-7.raw']] })
      const name = `${what}, ${status}, boot ${boot ?? 'not set'}`
      test(
        `undone, the boot order is as it was: ${name}`,
        onWorkbench(
          async (bench) => {
            const before = same(bench)
            const plan = await planned(bench, changed(config, last))
            bench.simulator.hooks.push({
              before: ({ verb, path, params }) => {
                if (verb === 'POST' && path.endsWith('/qemu') && params['vmid'] === '900')
                  throw new PveError(500, 'made to fail')
                return undefined
              },
            })
            const outcome = await bench.apply(plan, { parallelism: 1 })
            assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
            assert.equal(same(bench), before)
          },
          { from },
        ),
      )
      test(
        `reverted, the boot order is as it was: ${name}`,
        onWorkbench(
          async (bench) => {
            const before = same(bench)
            const plan = await planned(bench, changed(config))
            await carryOut(bench, plan)
            const after = same(bench)
            const revert = await reverted(bench, plan.id)
            await carryOut(bench, revert)
            assert.equal(same(bench), before)
            await carryOut(bench, await reverted(bench, revert.id))
            assert.equal(same(bench), after)
          },
          { from },
        ),
      )
    }

test.run()
