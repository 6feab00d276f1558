import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Desired, Lifecycle } from '../../src/resource/desired.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import { container, desire, pool, vm } from '../plan/samples.ts'
import { carryOut, DEBIAN, lab, planned, reverted, tryRevert } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A run is undone days later: there is data by now in what it made. */

const server = guestRef('qemu', 'pve1', 300)
const box = guestRef('lxc', 'pve1', 301)
const GUESTS = ['qemu/300', 'lxc/301'] as const

const both = (lifecycle: Partial<Lifecycle> = {}): Desired =>
  desire([
    vm('vm.server', {
      vmid: server.vmid,
      config: { scsi0: { storage: 'local-lvm', size: '2G' }, net0: { model: 'virtio', bridge: 'vmbr0' } },
      power: 'running',
      lifecycle,
    }),
    container('container.box', {
      vmid: box.vmid,
      source: { by: 'archive', volume: DEBIAN },
      config: { rootfs: { storage: 'local-lvm', size: '2G' }, net0: { name: 'eth0', bridge: 'vmbr0' } },
      power: 'running',
      lifecycle,
    }),
  ])

/** Applied, and in use since. */
const inUse = async (bench: Workbench, lifecycle: Partial<Lifecycle> = {}): Promise<string> => {
  const plan = await planned(bench, both(lifecycle))
  await carryOut(bench, plan)
  for (const vmid of [300, 301]) bench.simulator.write(vmid)
  return plan.id
}

const send = async (
  { client }: Workbench,
  method: 'POST' | 'PUT',
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<void> => {
  const answer = await client.send({ method, path, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data === 'string') await client.waitForTask(answer.data, () => undefined)
}

const on = (work: (bench: Workbench) => Promise<void>) => onWorkbench(work, { from: lab() })

const tokensOf = ({ simulator }: Workbench) =>
  ['local-lvm@pve1:vm-300-disk-0', 'local-lvm@pve1:vm-301-disk-0'].map((key) => simulator.facts().volumes[key]?.token)

test(
  'guests that the run made are backed up before they go, and doing it again brings their data back',
  on(async (bench) => {
    const id = await inUse(bench)
    const before = bench.simulator.facts()
    const tokens = tokensOf(bench)
    const revert = await reverted(bench, id)
    for (const address of ['vm.server', 'container.box']) {
      const destroy = revert.steps.find(({ id: step }) => step === `${address}/undo-create`)
      assert.is(destroy?.disruption, 'data-loss')
      assert.is(destroy?.reversal.by, 'backup')
    }
    assert.not.ok(revert.steps.some(({ requests }) => requests.some(({ path }) => path.endsWith('/status/stop'))))
    await carryOut(bench, revert)
    assert.equal(Object.keys(bench.simulator.facts().guests), [])
    assert.equal(lostContents(before, bench.simulator.facts()), [])
    await carryOut(bench, await reverted(bench, revert.id))
    assert.equal(tokensOf(bench), tokens)
    assert.equal(
      GUESTS.map((guest) => bench.simulator.facts().guests[guest]?.power),
      ['running', 'running'],
    )
    assert.equal((await planned(bench, both())).steps, [])
  }),
)

test(
  'guests that are to be retained are retained when their making is undone',
  on(async (bench) => {
    const id = await inUse(bench, { onDestroy: 'retain' })
    const before = bench.simulator.facts()
    await carryOut(bench, await reverted(bench, id))
    assert.equal(lostContents(before, bench.simulator.facts()), [])
    assert.match(bench.simulator.facts().guests['qemu/300']?.config['tags'] ?? '', /mpc-retained/)
    assert.equal(await bench.store.bindings.all(), [])
  }),
)

test(
  'where no backup is wanted, undoing cannot itself be undone, and says so',
  on(async (bench) => {
    const revert = await reverted(bench, await inUse(bench, { onDestroy: 'delete' }))
    const ends = revert.steps.filter(({ disruption }) => disruption === 'data-loss')
    assert.equal(
      ends.map(({ reversal }) => reversal.by),
      ['nothing', 'nothing'],
    )
  }),
)

test(
  'disks and snapshots that somebody added since are named, and stop it',
  on(async (bench) => {
    const id = await inUse(bench)
    await send(bench, 'POST', '/nodes/pve1/qemu/300/config', { scsi5: 'local-lvm:1' })
    await send(bench, 'POST', '/nodes/pve1/lxc/301/snapshot', { snapname: 'before_upgrade' })
    const { value, diagnostics } = await tryRevert(bench, id)
    assert.is(value, undefined)
    const told = diagnostics.map(({ detail }) => detail).join('\n')
    assert.match(told, /scsi5 \(local-lvm:vm-300-disk-1\)/)
    assert.match(told, /snapshot before_upgrade/)
  }),
)

test(
  'a kept volume is told, and attached again with what was on it when the run is done again',
  on(async (bench) => {
    await inUse(bench)
    const [one, other] = both().resources
    if (one?.kind !== 'vm' || other?.kind !== 'container') throw new Error('a VM and a container')
    const more = desire([
      { ...one, config: { ...one.config, scsi1: { storage: 'local-lvm', size: '1G' } } },
      { ...other, config: { ...other.config, mp0: { storage: 'local-lvm', size: '1G', mp: '/srv' } } },
    ])
    const plan = await planned(bench, more)
    await carryOut(bench, plan)
    for (const vmid of [300, 301]) bench.simulator.write(vmid)
    const before = bench.simulator.facts()
    const { value: revert, diagnostics } = await tryRevert(bench, plan.id)
    if (!revert) throw new Error(JSON.stringify(diagnostics))
    assert.equal(
      diagnostics.map(({ code }) => code),
      ['apply.revert-keeps', 'apply.revert-keeps'],
    )
    await carryOut(bench, revert)
    assert.equal(lostContents(before, bench.simulator.facts()), [])
    assert.is(bench.simulator.facts().guests['qemu/300']?.config['unused0'], 'local-lvm:vm-300-disk-1')
    await carryOut(bench, await reverted(bench, revert.id))
    assert.equal((await planned(bench, more)).steps, [])
    assert.equal(lostContents(before, bench.simulator.facts()), [])
    assert.match(bench.simulator.facts().guests['qemu/300']?.config['scsi1'] ?? '', /vm-300-disk-1/)
  }),
)

for (const onDestroy of ['retain', 'backup'] as const)
  test(
    `a clone that was moved to another node and put into a new pool is undone with both (${onDestroy})`,
    onWorkbench(
      async (bench) => {
        const before = bench.simulator.facts()
        const clone = vm('vm.clone', {
          node: 'pve2',
          source: { by: 'clone', template: '900' },
          pool: 'apps',
          power: 'running',
          lifecycle: { onDestroy },
        })
        const plan = await planned(bench, desire([pool('pool.apps', 'apps'), clone]))
        await carryOut(bench, plan)
        await carryOut(bench, await reverted(bench, plan.id))
        const after = bench.simulator.facts()
        assert.equal(after.pools, before.pools)
        const left = Object.values(after.guests).map(({ config }) => config['name'])
        assert.equal(left, onDestroy === 'retain' ? ['clone-retained', 'image'] : ['image'])
        assert.equal(lostContents(before, after), [])
      },
      {
        from: lab({
          nodes: ['pve1', 'pve2'],
          guests: [
            {
              vmid: 900,
              type: 'qemu',
              node: 'pve1',
              config: { name: 'image', template: 1, scsi0: 'local-lvm:base-900-disk-0,size=2G' },
            },
          ],
        }),
      },
    ),
  )

test.run()
