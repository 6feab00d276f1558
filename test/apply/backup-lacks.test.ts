import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lossOf } from '../../src/resource/reversal.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned } from './rig.ts'
import { onWorkbench } from './workbench.ts'

/** What the plan says that a backup lacks is what is nowhere any more once the guest is destroyed. */

const volume = (vmid: number, index: number, more = '') => `local-lvm:vm-${vmid}-disk-${index}${more},size=1G`

const server = (vmid: number, more: Readonly<Record<string, string>>): GuestDescription => ({
  vmid,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: {
    name: `vm${vmid}`,
    memory: '2048',
    smbios1: `uuid=00000000-0000-4000-8000-000000000${vmid}`,
    scsi0: volume(vmid, 0),
    efidisk0: `local-lvm:vm-${vmid}-disk-1,efitype=4m,size=4M`,
    tpmstate0: `local-lvm:vm-${vmid}-disk-2,version=v2.0,size=4M`,
    ...more,
  },
})

const guests: readonly GuestDescription[] = [
  server(300, {}),
  server(301, { bios: 'ovmf' }),
  server(302, { bios: 'seabios', sata0: volume(302, 3, ',backup=0'), unused0: 'local-lvm:vm-302-disk-4' }),
  {
    vmid: 303,
    type: 'lxc',
    node: 'pve1',
    status: 'stopped',
    config: {
      hostname: 'ct303',
      arch: 'amd64',
      ostype: 'debian',
      memory: 512,
      rootfs: volume(303, 0),
      mp0: volume(303, 1, ',mp=/kept,backup=1'),
      mp1: volume(303, 2, ',mp=/left'),
      mp2: volume(303, 3, ',mp=/left-too,backup=0'),
      unused0: 'local-lvm:vm-303-disk-4',
    },
  },
]

const LACKS: Readonly<Record<string, string>> = {
  'vm.a300': 'efidisk0',
  'vm.a302': 'efidisk0, sata0, unused0',
  'container.a303': 'mp1, mp2, unused0',
}

test(
  'what a backup lacks is said before a guest is destroyed, volume by volume, and nothing else is lost',
  onWorkbench(
    async (bench) => {
      const resources = guests.map(({ vmid, type }) =>
        type === 'qemu' ? vm(`vm.a${vmid}`) : container(`container.a${vmid}`),
      )
      const imports = resources.map(({ address }) => ({ to: at(address), id: address.slice(-3) }))
      await carryOut(bench, await planned(bench, desire(resources, { imports })))
      const plan = await planned(bench, desire([]))
      const said = plan.steps.flatMap(({ address, reversal }) => {
        const loss = lossOf(reversal)
        return loss === undefined ? [] : [[address, /holds everything except (.*), which/.exec(loss)?.[1] ?? loss]]
      })
      assert.equal(Object.fromEntries(said), LACKS)
      const before = bench.simulator.facts()
      const lost = Object.entries(LACKS).flatMap(([address, keys]) => {
        const config = Object.values(before.guests).find(({ config: one }) =>
          [one['name'], one['hostname']].some((name) => name?.endsWith(address.slice(-3))),
        )?.config
        return keys.split(', ').map((key) => config?.[key]?.split(',')[0]?.split(':')[1])
      })
      await carryOut(bench, plan)
      const gone = lostContents(before, bench.simulator.facts())
      assert.equal(gone.map(({ volid }) => volid.split(':')[1]).sort(), [...lost].sort())
    },
    { from: lab({ guests }) },
  ),
)

test.run()
