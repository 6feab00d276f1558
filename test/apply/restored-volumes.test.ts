import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

/**
 * Volumes of a restored guest have other names than before: what a revert or a rollback writes to it afterwards names those it has by then, and
 * each slot holds the content it held.
 */

const server: GuestDescription = {
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  status: 'running',
  config: {
    name: 'a',
    memory: '2048',
    smbios1: 'uuid=00000000-0000-4000-8000-000000000200',
    boot: 'order=scsi0',
    scsi0: 'local-lvm:vm-200-disk-1,size=2G',
    scsi1: 'local-lvm:vm-200-disk-0,size=1G',
  },
}

const box: GuestDescription = {
  vmid: 201,
  type: 'lxc',
  node: 'pve1',
  status: 'running',
  config: {
    hostname: 'b',
    arch: 'amd64',
    ostype: 'debian',
    memory: 512,
    swap: 512,
    rootfs: 'local-lvm:vm-201-disk-1,size=2G',
    mp0: 'local-lvm:vm-201-disk-0,mp=/srv,size=1G,backup=1',
  },
}

const other: GuestDescription = {
  vmid: 202,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: { name: 'z', memory: '512', smbios1: 'uuid=00000000-0000-4000-8000-000000000202' },
}

const imports = [
  { to: at('vm.a'), id: '200' },
  { to: at('container.b'), id: '201' },
  { to: at('vm.z'), id: '202' },
]

const changed = desire(
  [
    vm('vm.a', { config: { scsi0: { cache: 'writeback' } } }),
    container('container.b', { config: { mp0: { mp: '/other' } } }),
    vm('vm.z'),
  ],
  { imports },
)

/** What each slot holds, by content, beside what is configured and waits there; names of volumes are left out. */
const slots = ({ simulator }: Workbench, key: string): Readonly<Record<string, unknown>> => {
  const { guests, volumes } = simulator.facts()
  const guest = guests[key]
  if (!guest) throw new Error(`there is a guest ${key}`)
  const held = (text: string) => {
    const [volid = '', ...options] = text.split(',')
    const volume = Object.values(volumes).find((one) => one.volid === volid)
    return volume ? [volume.token, ...options.sort()] : text
  }
  const table = (config: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(config)
        .filter(([slot]) => /^(?:scsi|mp|rootfs|unused|boot)\d*$/.test(slot))
        .map(([slot, text]) => [slot, held(String(text))]),
    )
  return { power: guest.power, config: table(guest.config), pending: table(guest.pending) }
}

const both = (bench: Workbench) => ({ server: slots(bench, 'qemu/200'), box: slots(bench, 'lxc/201') })

const guests = (...more: readonly GuestDescription[]) => ({ from: lab({ guests: [...more, other] }) })

test(
  'a revert of a destruction makes what waited wait again, beside the volumes that the guests have by then, also when it is done again',
  onWorkbench(
    async (bench) => {
      await carryOut(bench, await planned(bench, changed))
      const before = both(bench)
      assert.equal(Object.keys(before.server['pending'] as object), ['scsi0'])
      assert.equal(Object.keys(before.box['pending'] as object), ['mp0'])
      const destruction = await planned(bench, desire([vm('vm.z')]))
      await carryOut(bench, destruction)
      const back = await reverted(bench, destruction.id)
      await carryOut(bench, back)
      assert.equal(both(bench), before)
      const again = await reverted(bench, back.id)
      await carryOut(bench, again)
      await carryOut(bench, await reverted(bench, again.id))
      assert.equal(both(bench), before)
    },
    guests(server, box),
  ),
)

test(
  'a rollback that restores guests gives each slot the content it held and starts them',
  onWorkbench(
    async (bench) => {
      await carryOut(bench, await planned(bench, changed))
      const before = both(bench)
      const destruction = await planned(bench, desire([]))
      let destroyed = 0
      bench.simulator.hooks.push({
        before: ({ verb, path }) => {
          if (verb === 'DELETE' && /\/(?:qemu|lxc)\/\d+$/.test(path) && ++destroyed === 3)
            throw new PveError(500, 'made to fail')
          return undefined
        },
      })
      const outcome = await bench.apply(destruction, { parallelism: 1 })
      assert.is(destroyed, 3)
      assert.is(exitCodeOf(outcome), 3, JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(both(bench), before)
    },
    guests(server, box),
  ),
)

const { mp0: _taken, ...rest } = box.config
const lacking: GuestDescription = {
  ...box,
  config: { ...rest, mp0: 'local-lvm:vm-201-disk-0,mp=/srv,size=1G' },
}

test(
  'a revert brings a container back without the mount point that its backup lacks, and says nothing of making it',
  onWorkbench(async (bench) => {
    await carryOut(bench, await planned(bench, desire(changed.resources.slice(1), { imports: imports.slice(1) })))
    const before = slots(bench, 'lxc/201')
    const destruction = await planned(bench, desire([vm('vm.z')]))
    await carryOut(bench, destruction)
    const back = await reverted(bench, destruction.id)
    const names = back.changes.flatMap(({ change }) => change.attributes.map(({ name }) => name))
    assert.equal(
      names.filter((name) => name.includes('mp0')),
      [],
    )
    assert.ok(names.some((name) => name.startsWith('rootfs.')))
    const outcome = await bench.apply(back, { parallelism: 1 })
    assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
    const { rootfs } = before['config'] as Readonly<Record<string, unknown>>
    assert.equal(slots(bench, 'lxc/201'), { power: 'running', config: { rootfs }, pending: {} })
  }, guests(lacking)),
)

test.run()
