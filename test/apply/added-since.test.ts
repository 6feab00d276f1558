import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted, tryRevert } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** Disks that somebody has added to a guest since the run made it are named, and stop the revert: also where the guest is a copy. */

const from = lab({
  guests: [
    {
      vmid: 9000,
      type: 'qemu',
      node: 'pve1',
      status: 'stopped',
      config: {
        name: 'tpl',
        template: 1,
        memory: '1024',
        scsi0: 'local-lvm:base-9000-disk-0,size=2G',
        scsi1: 'local-lvm:base-9000-disk-1,size=1G',
        ide2: 'local-lvm:vm-9000-cloudinit,media=cdrom',
      },
    },
    {
      vmid: 9001,
      type: 'lxc',
      node: 'pve1',
      status: 'stopped',
      config: {
        hostname: 'cttpl',
        template: 1,
        arch: 'amd64',
        ostype: 'debian',
        memory: 256,
        rootfs: 'local-lvm:base-9001-disk-0,size=2G',
        mp0: 'local-lvm:base-9001-disk-1,mp=/srv,size=1G,backup=1',
      },
    },
  ] as readonly GuestDescription[],
})

const send = async (
  { client }: Workbench,
  method: 'PUT' | 'POST',
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<void> => {
  const answer = await client.send({ method, path: `/nodes/pve1/${path}/config`, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data === 'string') await client.waitForTask(answer.data, () => undefined)
}

const [a, b, c] = [
  guestRef('qemu', 'pve1', 300).vmid,
  guestRef('qemu', 'pve1', 301).vmid,
  guestRef('lxc', 'pve1', 302).vmid,
]
const clones = desire([
  vm('vm.a', { vmid: a, source: { by: 'clone', template: 'tpl' }, config: { scsi1: '' } }),
  vm('vm.b', { vmid: b, source: { by: 'clone', template: 'tpl', full: false } }),
  container('container.c', { vmid: c, source: { by: 'clone', template: 'cttpl' } }),
])

const obstacles = async (bench: Workbench, plan: string): Promise<readonly string[]> =>
  (await tryRevert(bench, plan)).diagnostics.map(
    ({ code, detail }) => `${code}: ${/did not add: (.*?)\. Undoing/.exec(detail)?.[1] ?? detail}`,
  )

test(
  'a clone that nobody has given a disk is taken away, with what it left unused itself',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, clones)
      await carryOut(bench, plan)
      await carryOut(bench, await reverted(bench, plan.id))
      assert.equal(Object.keys(bench.simulator.facts().guests), ['lxc/9001', 'qemu/9000'])
    },
    { from },
  ),
)

test(
  'disks and mount points that others have added to clones are named and stop the revert, attached or not',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, clones)
      await carryOut(bench, plan)
      await send(bench, 'POST', 'qemu/300', { scsi7: 'local-lvm:2' })
      await send(bench, 'POST', 'qemu/301', { scsi7: 'local-lvm:2' })
      await send(bench, 'PUT', 'lxc/302', { mp3: 'local-lvm:2,mp=/hers' })
      assert.equal((await obstacles(bench, plan.id)).toSorted(), [
        'apply.revert-changed: mp3 (local-lvm:vm-302-disk-2)',
        'apply.revert-changed: scsi7 (local-lvm:vm-300-disk-1)',
        'apply.revert-changed: scsi7 (local-lvm:vm-301-disk-2)',
      ])
      await send(bench, 'PUT', 'qemu/301', { delete: 'scsi7' })
      assert.ok((await obstacles(bench, plan.id)).includes('apply.revert-changed: unused0 (local-lvm:vm-301-disk-2)'))
    },
    { from },
  ),
)

test(
  'a disk that others have put in the place of one that the run made is named and stops the revert',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, clones)
      await carryOut(bench, plan)
      await send(bench, 'PUT', 'qemu/301', { delete: 'scsi1' })
      await send(bench, 'POST', 'qemu/301', { scsi1: 'local-lvm:3' })
      assert.equal(await obstacles(bench, plan.id), [
        'apply.revert-changed: scsi1 (local-lvm:vm-301-disk-2), unused0 (local-lvm:vm-301-disk-1)',
      ])
    },
    { from },
  ),
)

test.run()
