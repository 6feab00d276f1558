import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Config } from '../../src/resource/config-value.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, desire, vm } from '../plan/samples.ts'
import { comparable, differences } from '../property/comparable.ts'
import { lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** What PVE changes by itself along with what it is told belongs to the step: it is no stranger's work, and is undone with it. */

const later = guestRef('qemu', 'pve1', 900).vmid

const guestWith = (status: 'running' | 'stopped', config: Readonly<Record<string, string>>): GuestDescription => ({
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  status,
  config: {
    name: 'db',
    memory: '2048',
    ostype: 'l26',
    smbios1: 'uuid=0e7cf3b3-1c0e-4d3c-8e6a-1f6a5b3f8d11',
    scsi0: 'local-lvm:vm-200-disk-0,size=8G',
    scsi1: 'local-lvm:vm-200-disk-1,size=4G',
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0',
    boot: 'order=scsi0',
    ...config,
  },
})

interface Story {
  readonly has: Readonly<Record<string, string>>
  readonly wants: Config
}

const STORIES: Readonly<Record<string, Story>> = {
  'ostype pins the machine': { has: {}, wants: { ostype: 'win11' } },
  'ostype pins the machine there is': { has: { machine: 'q35' }, wants: { ostype: 'win11' } },
  'ostype beside a machine that is declared': { has: { machine: 'q35' }, wants: { ostype: 'win11', machine: 'q35' } },
  'ostype and machine together': { has: { machine: 'q35' }, wants: { ostype: 'win11', machine: 'pc' } },
  'ostype and a drive': { has: {}, wants: { ostype: 'win10', ide2: { media: 'cdrom', file: 'none' } } },
  'a CD drive joins the boot order': { has: {}, wants: { ide2: { media: 'cdrom', file: 'none' } } },
  'a boot order takes the place of bootdisk': {
    has: { boot: 'cdn', bootdisk: 'scsi0' },
    wants: { boot: { order: 'scsi0;net0' } },
  },
  'hotplug goes, and a network device with it': { has: {}, wants: { hotplug: ['usb'], net0: '', net1: '' } },
  'hotplug goes, and a device comes': {
    has: {},
    wants: { hotplug: ['usb'], net1: { model: 'virtio', bridge: 'vmbr0' } },
  },
  'hotplug goes, and a device changes': {
    has: {},
    wants: { hotplug: ['usb'], net0: { model: 'virtio', bridge: 'vmbr0', tag: 5 } },
  },
  'hotplug comes, and a device comes': {
    has: { hotplug: 'usb' },
    wants: { hotplug: ['usb', 'network', 'disk'], net1: { model: 'virtio', bridge: 'vmbr0' } },
  },
  'hotplug of processors goes': { has: { hotplug: 'cpu,network' }, wants: { hotplug: ['network'] } },
  'hotplug with processors comes': {
    has: {},
    wants: { hotplug: ['network', 'cpu'], net1: { model: 'virtio', bridge: 'vmbr0' } },
  },
}

const desired = (wants: Config, more: Config, reboot: boolean): Desired =>
  desire(
    [
      vm('vm.db', {
        vmid: guestRef('qemu', 'pve1', 200).vmid,
        config: { ...wants, ...more },
        ...(reboot && { lifecycle: { reboot: 'allowed' } }),
      }),
      vm('vm.later', { vmid: later, dependsOn: [at('vm.db')] }),
    ],
    { imports: [{ to: at('vm.db'), id: '200' }] },
  )

const refuseLater = ({ simulator }: Workbench): void => {
  simulator.hooks.push({
    before: ({ verb, path, params }) => {
      if (verb === 'POST' && path.endsWith('/qemu') && params['vmid'] === '900') throw new PveError(500, 'made to fail')
      return undefined
    },
  })
}

const now = ({ simulator }: Workbench) => comparable(structuredClone(simulator.facts()))

const WITH = {
  running: [{}, { description: 'x', scsi1: { size: '5G' } }],
  'running and may be restarted': [{ scsi1: '' }],
  stopped: [{ description: 'x', scsi1: { size: '5G' } }],
} as const

for (const status of ['running', 'stopped'] as const)
  for (const reboot of status === 'running' ? [false, true] : [false])
    for (const [name, { has, wants }] of Object.entries(STORIES))
      for (const more of WITH[reboot ? 'running and may be restarted' : status]) {
        const title = `${name}, ${status}${reboot ? ' and may be restarted' : ''}, with ${JSON.stringify(more)}`
        const from = lab({ guests: [guestWith(status, has)] })
        test(
          `${title}: a failure elsewhere leaves nothing of it`,
          onWorkbench(
            async (bench) => {
              const before = now(bench)
              refuseLater(bench)
              const plan = await planned(bench, desired(wants, more, reboot))
              const outcome = await bench.apply(plan, { parallelism: 1 })
              const said = JSON.stringify([plan.steps.map(({ id }) => id), outcome.diagnostics], null, 1)
              const changed = differences(before, now(bench))
              if (outcome.diagnostics.some(({ code }) => code === 'apply.stays-grown')) return
              assert.equal(changed, [], said)
              assert.is(exitCodeOf(outcome), 3, said)
              assert.is(outcome.asBefore, true, said)
            },
            { from },
          ),
        )
        test(
          `${title}: it is applied at once, planned no more, and reverted`,
          onWorkbench(
            async (bench) => {
              const before = now(bench)
              const declared = desired(wants, more, reboot)
              const plan = await planned(bench, declared)
              const outcome = await bench.apply(plan, { parallelism: 1 })
              assert.is(exitCodeOf(outcome), 0, JSON.stringify(outcome.diagnostics, null, 1))
              const again = await planned(bench, declared)
              assert.equal(
                again.steps.map(({ id, summary }) => [id, summary]),
                [],
              )
              if ('scsi1' in more && more.scsi1 !== '') return
              const back = await reverted(bench, plan.id)
              const end = await bench.apply(back, { parallelism: 1 })
              const said = JSON.stringify(
                [back.steps.map(({ id, requests }) => [id, requests]), end.diagnostics],
                null,
                1,
              )
              assert.equal(differences(before, now(bench)), [], said)
              assert.is(exitCodeOf(end), 0, said)
            },
            { from },
          ),
        )
      }

test.run()
