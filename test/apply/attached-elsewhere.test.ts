import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted, tryRevert } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A run has detached a volume, and somebody has attached it since: two guests that write to one volume destroy what is on it. */

const VM_DISK = 'local-lvm:vm-100-disk-1'
const BOX_DISK = 'local-lvm:vm-200-disk-1'

const server = (vmid: number, more: Readonly<Record<string, string>> = {}): GuestDescription => ({
  vmid,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: { name: `vm${vmid}`, memory: '2048', scsi0: `local-lvm:vm-${vmid}-disk-0,size=2G`, ...more },
})

const box = (vmid: number, more: Readonly<Record<string, string>> = {}): GuestDescription => ({
  vmid,
  type: 'lxc',
  node: 'pve1',
  status: 'stopped',
  config: {
    hostname: `ct${vmid}`,
    arch: 'amd64',
    ostype: 'debian',
    memory: 512,
    rootfs: `local-lvm:vm-${vmid}-disk-0,size=2G`,
    ...more,
  },
})

const guests = [
  server(100, { scsi1: `${VM_DISK},size=1G` }),
  server(101),
  box(200, { mp0: `${BOX_DISK},mp=/srv,size=1G` }),
  box(201),
]

const last = vm('vm.last', {
  vmid: guestRef('qemu', 'pve1', 900).vmid,
  dependsOn: [at('vm.base'), at('container.box')],
})

const released = (...more: Desired['resources']) =>
  desire([vm('vm.base', { config: { scsi1: '' } }), container('container.box', { config: { mp0: '' } }), ...more], {
    imports: [
      { to: at('vm.base'), id: '100' },
      { to: at('container.box'), id: '200' },
    ],
  })

const put = async ({ client }: Workbench, path: string, params: Readonly<Record<string, string>>): Promise<void> => {
  const answer = await client.send({ method: 'PUT', path: `/nodes/pve1/${path}/config`, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
}

/** Who has volumes attached, as the server has it. */
const holders = ({ simulator }: Workbench, volume: string): readonly string[] =>
  Object.entries(simulator.facts().guests).flatMap(([guest, { config }]) =>
    Object.entries(config).flatMap(([key, text]) =>
      !key.startsWith('unused') && text.startsWith(volume) ? [`${guest} ${key}`] : [],
    ),
  )

const MEANWHILE: Readonly<Record<string, readonly [guest: string, key: string, volume: string, options: string]>> = {
  'another VM': ['qemu/101', 'scsi1', VM_DISK, ''],
  'another slot of the VM': ['qemu/100', 'scsi6', VM_DISK, ''],
  'another container': ['lxc/201', 'mp3', BOX_DISK, ',mp=/srv'],
  'another mount point of the container': ['lxc/200', 'mp4', BOX_DISK, ',mp=/other'],
}

for (const [where, [guest, key, volume, options]] of Object.entries(MEANWHILE)) {
  test(
    `undoing a failed run leaves a volume where somebody has attached it: ${where}`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, released(last))
        bench.simulator.hooks.push({
          before: async ({ verb, path, params }) => {
            if (verb !== 'POST' || !path.endsWith('/qemu') || params['vmid'] !== '900') return undefined
            await put(bench, guest, { [key]: `${volume}${options}` })
            throw new PveError(500, 'made to fail')
          },
        })
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
        const told = outcome.diagnostics.filter(({ code }) => code === 'apply.not-undone')
        assert.is(told.length, 1, JSON.stringify(outcome.diagnostics, null, 1))
        assert.match(told[0]?.detail ?? '', new RegExp(`${volume} is ${key} of ${guest.split('/')[1]} by now`))
        assert.equal(holders(bench, volume), [`${guest} ${key}`])
      },
      { from: lab({ guests }) },
    ),
  )

  test(
    `a revert is refused when somebody has attached a volume that it would attach: ${where}`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, released())
        await carryOut(bench, plan)
        await put(bench, guest, { [key]: `${volume}${options}` })
        const { value, diagnostics } = await tryRevert(bench, plan.id)
        assert.is(value, undefined)
        assert.equal(
          diagnostics.map(({ code }) => code),
          ['apply.revert-changed'],
        )
        assert.match(diagnostics[0]?.detail ?? '', new RegExp(`${volume} is ${key} of .*${guest.split('/')[1]}`))
      },
      { from: lab({ guests }) },
    ),
  )
}

/** 100 has a volume that belongs to 101 and is attached there, too. */
const sharing = [
  server(100, { scsi1: 'local-lvm:vm-101-disk-1,size=1G' }),
  server(101, { scsi1: 'local-lvm:vm-101-disk-1,size=1G' }),
]

const alone = (...more: Desired['resources']) =>
  desire([vm('vm.base', { config: { scsi1: '' } }), ...more], { imports: [{ to: at('vm.base'), id: '100' }] })

test(
  'a volume that two guests had before the run is attached to both again when it is undone',
  onWorkbench(
    async (bench) => {
      const plan = await planned(
        bench,
        alone(vm('vm.last', { vmid: guestRef('qemu', 'pve1', 900).vmid, dependsOn: [at('vm.base')] })),
      )
      const before = bench.simulator.facts()
      bench.simulator.faults.add({ kind: 'http-error', status: 500, on: { method: 'POST', path: '/nodes/*/qemu' } })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 3, JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(bench.simulator.facts(), before)
    },
    { from: lab({ guests: sharing }) },
  ),
)

test(
  'a volume that two guests had before the run is attached to both again when it is reverted, and the revert can be reverted',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      const plan = await planned(bench, alone())
      await carryOut(bench, plan)
      const after = bench.simulator.facts()
      const revert = await reverted(bench, plan.id)
      await carryOut(bench, revert)
      assert.equal(bench.simulator.facts().guests, before.guests)
      const again = await reverted(bench, revert.id)
      await carryOut(bench, again)
      assert.equal(bench.simulator.facts().guests, after.guests)
      await carryOut(bench, await reverted(bench, again.id))
      assert.equal(bench.simulator.facts().guests, before.guests)
    },
    { from: lab({ guests: sharing }) },
  ),
)

test.run()
