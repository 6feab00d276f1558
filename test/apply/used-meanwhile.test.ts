import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { DEBIAN, lab, planned } from './rig.ts'
import { failLast, guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A run fails, and while it went on somebody has put to use what undoing it would take away. */

const vmid = (number: number) => guestRef('qemu', 'pve1', number).vmid

const send = async (
  { client }: Workbench,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  params: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const answer = await client.send({ method, path, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data === 'string') await client.waitForTask(answer.data, () => undefined)
}

const last = (...names: readonly string[]) => vm('vm.last', { vmid: vmid(900), dependsOn: names.map(at) })

const creations = [
  vm('vm.copy', { vmid: vmid(300), source: { by: 'clone', template: '100', full: true } }),
  vm('vm.server', { vmid: vmid(302), config: { scsi0: { storage: 'local-lvm', size: '2G' } } }),
  container('container.box', {
    vmid: vmid(301),
    source: { by: 'archive', volume: DEBIAN },
    config: { rootfs: { storage: 'local-lvm', size: '2G' } },
  }),
  last('vm.copy', 'vm.server', 'container.box'),
]

const base = {
  vmid: 100,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: { name: 'base', memory: '2048', ostype: 'l26', scsi0: 'local-lvm:vm-100-disk-0,size=2G' },
} as const

const MEANWHILE: Readonly<Record<string, readonly [guest: string, (bench: Workbench) => Promise<void>, RegExp]>> = {
  'attached an old volume to a copy': [
    'qemu/300',
    (bench) => send(bench, 'PUT', '/nodes/pve1/qemu/300/config', { scsi3: 'local:300/vm-300-disk-7.raw' }),
    /scsi3 \(local:300\/vm-300-disk-7\.raw\)/,
  ],
  'given a new VM another disk': [
    'qemu/302',
    (bench) => send(bench, 'PUT', '/nodes/pve1/qemu/302/config', { scsi4: 'local-lvm:1' }),
    /scsi4 \(local-lvm:vm-302-disk-1\)/,
  ],
  'given a new container a mount point': [
    'lxc/301',
    (bench) => send(bench, 'PUT', '/nodes/pve1/lxc/301/config', { mp5: 'local-lvm:1,mp=/q' }),
    /mp5 \(local-lvm:vm-301-disk-1\)/,
  ],
  'taken a snapshot': [
    'qemu/302',
    (bench) => send(bench, 'POST', '/nodes/pve1/qemu/302/snapshot', { snapname: 'theirs' }),
    /snapshot theirs/,
  ],
  'attached a volume of the new guest elsewhere': [
    'qemu/302',
    (bench) => send(bench, 'PUT', '/nodes/pve1/qemu/100/config', { scsi9: 'local-lvm:vm-302-disk-0' }),
    /attached to qemu\/100/,
  ],
}

for (const [what, [guest, meanwhile, said]] of Object.entries(MEANWHILE))
  test(
    `undoing a creation leaves a guest alone when somebody has ${what}`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, desire(creations))
        failLast(bench, () => meanwhile(bench))
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
        const told = outcome.diagnostics.filter(({ code }) => code === 'apply.not-undone')
        assert.is(told.length, 1, JSON.stringify(outcome.diagnostics, null, 1))
        assert.match(told[0]?.detail ?? '', said)
        assert.equal(Object.keys(bench.simulator.facts().guests).sort(), [guest, 'qemu/100'].sort())
      },
      {
        from: lab({
          guests: [{ ...base, config: { ...base.config, template: '1' } }],
          files: [[300, 'vm-300-disk-7.raw']],
        }),
      },
    ),
  )

test(
  'a disk stays grown when another guest has attached it meanwhile',
  onWorkbench(
    async (bench) => {
      const grown = vm('vm.base', { config: { scsi0: { size: '3G' } } })
      const plan = await planned(
        bench,
        desire([grown, last('vm.base')], { imports: [{ to: at('vm.base'), id: '100' }] }),
      )
      failLast(bench, async () => {
        await send(bench, 'POST', '/nodes/pve1/qemu', { vmid: '500', scsi1: 'local-lvm:vm-100-disk-0' })
        bench.simulator.write(100)
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      assert.ok(outcome.diagnostics.some(({ detail }) => /attached to qemu\/500/.test(detail ?? '')))
      assert.is(bench.simulator.facts().volumes['local-lvm@pve1:vm-100-disk-0']?.size, 3 * 2 ** 30)
    },
    { from: lab({ guests: [base] }) },
  ),
)

const stopped = (vmid: number) =>
  ({
    vmid,
    type: 'lxc',
    node: 'pve1',
    status: 'stopped',
    config: {
      hostname: 'old',
      arch: 'amd64',
      ostype: 'debian',
      memory: 512,
      rootfs: `local-lvm:vm-${vmid}-disk-0,size=2G`,
    },
  }) as const

/** The clocks of nodes have whole seconds. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 2100))

const changeOld = () =>
  desire([container('container.old', { config: { memory: 1024 } }), last('container.old')], {
    imports: [{ to: at('container.old'), id: '400' }],
  })

test(
  'undoing a change leaves alone the container that somebody has made under the VMID meanwhile',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, changeOld())
      failLast(bench, async () => {
        await nextSecond()
        await bench.guard.byOthers(() => send(bench, 'DELETE', '/nodes/pve1/lxc/400'))
        await send(bench, 'POST', '/nodes/pve1/lxc', {
          vmid: '400',
          ostemplate: DEBIAN,
          hostname: 'old',
          memory: '1024',
          rootfs: 'local-lvm:2',
        })
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      assert.ok(
        outcome.diagnostics.some(({ code, detail }) => code === 'apply.not-ours' && /re-created/.test(detail ?? '')),
      )
      assert.is(bench.simulator.facts().guests['lxc/400']?.config['memory'], '1024')
    },
    { from: lab({ guests: [stopped(400)] }) },
  ),
)

test(
  'a destruction by somebody else that failed does not keep a change from being undone',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, changeOld())
      failLast(bench, async () => {
        await nextSecond()
        bench.simulator.faults.add({ kind: 'task-fails', step: 0, text: 'made to fail', task: { type: 'vzdestroy' } })
        await send(bench, 'DELETE', '/nodes/pve1/lxc/400')
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.is(bench.simulator.facts().guests['lxc/400']?.config['memory'], '512')
    },
    { from: lab({ guests: [stopped(400)] }) },
  ),
)

test.run()
