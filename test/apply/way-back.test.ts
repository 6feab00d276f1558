import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { missingRights } from '../../src/plan/missing-rights.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { lossOf } from '../../src/resource/reversal.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { callPve, makeToken } from '../cli/pveum.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { connect } from './connection.ts'
import { carryOut, lab, planned, reverted, tryRevert } from './rig.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

/** The way back is looked at before a guest is destroyed: what the login can restore, and what no backup holds. */

const server: GuestDescription = {
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  pool: 'prod',
  config: {
    name: 'server',
    memory: '2048',
    smbios1: 'uuid=00000000-0000-4000-8000-000000000200',
    scsi0: 'local-lvm:vm-200-disk-0,size=8G',
  },
}

const box: GuestDescription = {
  vmid: 201,
  type: 'lxc',
  node: 'pve1',
  pool: 'prod',
  config: {
    hostname: 'box',
    arch: 'amd64',
    memory: '512',
    ostype: 'debian',
    net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,type=veth',
    rootfs: 'local-lvm:vm-201-disk-0,size=4G',
    mp0: 'local-lvm:vm-201-disk-1,mp=/srv,size=2G',
    mp1: '/tank/media,mp=/media',
    mp2: 'local-lvm:vm-201-disk-2,mp=/var/lib,backup=1,size=2G',
    lxc: [['lxc.cap.drop', 'sys_time']] as unknown as string,
  },
}

const spare: GuestDescription = {
  vmid: 202,
  type: 'qemu',
  node: 'pve1',
  config: { name: 'spare', smbios1: 'uuid=00000000-0000-4000-8000-000000000202' },
}

const cluster = { ...lab({ guests: [server, box, spare] }), pools: [{ poolid: 'prod', comment: 'in use' }] }

const bound = desire([vm('vm.server', {}), container('container.box', {}), vm('vm.spare', {})], {
  imports: [
    { to: at('vm.server'), id: '200' },
    { to: at('container.box'), id: '201' },
    { to: at('vm.spare'), id: '202' },
  ],
})

const grant = async (bench: Workbench, params: Readonly<Record<string, string>>) =>
  callPve(bench.simulator, { method: 'PUT', path: '/access/acl', params })

/** Two guests, one with rights of its own. */
const inUse = async (bench: Workbench): Promise<void> => {
  const { simulator } = bench
  await callPve(simulator, { method: 'POST', path: '/access/users', params: { userid: 'ann@pve' } })
  await callPve(simulator, { method: 'POST', path: '/access/groups', params: { groupid: 'ops' } })
  await grant(bench, { path: '/vms/200', users: 'ann@pve', roles: 'PVEVMUser' })
  await grant(bench, { path: '/vms/200', groups: 'ops', roles: 'PVEVMAdmin', propagate: '0' })
  await carryOut(bench, await planned(bench, bound))
}

const on = (work: (bench: Workbench) => Promise<void>) => onWorkbench(work, { from: cluster })

const destroyOf = ({ steps }: Plan, address: string): Step => {
  const step = steps.find((one) => one.address === address && one.action === 'destroy')
  if (!step) throw new Error(`${address} is not destroyed`)
  return step
}

const factsOf = ({ simulator }: Workbench, guest: string) => {
  const facts = simulator.facts().guests[guest]
  if (!facts) throw new Error(`no ${guest}`)
  const { acl, pool, power } = facts
  return { acl, pool, power }
}

const without = (...addresses: readonly string[]) =>
  desire(bound.resources.filter(({ address }) => !addresses.includes(address)))
const withoutServer = without('vm.server')
const withoutBox = without('container.box')

test(
  'a destroyed guest comes back with its pool and the rights on it',
  on(async (bench) => {
    await inUse(bench)
    const before = factsOf(bench, 'qemu/200')
    assert.is(before.acl.length, 2)
    const plan = await planned(bench, withoutServer)
    await carryOut(bench, plan)
    assert.equal(
      bench.simulator.facts().acl.filter(({ path }) => path === '/vms/200'),
      [],
    )
    await carryOut(bench, await reverted(bench, plan.id))
    assert.equal(factsOf(bench, 'qemu/200'), before)
  }),
)

/** Guests go in the order of their addresses; the last one is not let go. */
const keepSpare = ({ simulator }: Workbench): void => {
  simulator.hooks.push({
    before: ({ verb, path }) => {
      if (verb === 'DELETE' && path.endsWith('/qemu/202')) throw new PveError(403, 'made to fail')
      return undefined
    },
  })
}

test(
  'a rollback gives a guest its rights and its pool back, and measures them',
  on(async (bench) => {
    await inUse(bench)
    const before = factsOf(bench, 'qemu/200')
    const plan = await planned(bench, without('vm.server', 'vm.spare'))
    keepSpare(bench)
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.equal(factsOf(bench, 'qemu/200'), before)
    assert.is(exitCodeOf(outcome), 3, JSON.stringify(outcome.diagnostics))
  }),
)

test(
  'rights that cannot be given back are told by the measurement',
  on(async (bench) => {
    await inUse(bench)
    const plan = await planned(bench, without('vm.server', 'vm.spare'))
    keepSpare(bench)
    bench.simulator.hooks.push({
      before: ({ verb, path }) => {
        if (verb === 'PUT' && path === '/access/acl') throw new PveError(403, 'Permission check failed')
        return undefined
      },
    })
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(exitCodeOf(outcome), 4)
    const told = outcome.diagnostics.map(({ detail }) => detail).join('\n')
    assert.match(told, 'rights: group ops: PVEVMAdmin, only here; user ann@pve: PVEVMUser → (none)')
  }),
)

test(
  'a plan says of a container what its backup does not bring back, and the rest is restored',
  on(async (bench) => {
    await inUse(bench)
    const plan = await planned(bench, withoutBox)
    const { reversal } = destroyOf(plan, 'container.box')
    assert.match(lossOf(reversal) ?? '', 'everything except mp0')
    if (reversal.by !== 'backup') throw new Error(reversal.by)
    assert.match(reversal.note ?? '', 'mp1 (/tank/media)')
    assert.match(reversal.note ?? '', 'lxc.*')
    await carryOut(bench, plan)
    const { value, diagnostics } = await tryRevert(bench, plan.id)
    if (!value) throw new Error(JSON.stringify(diagnostics))
    assert.match(diagnostics.map(({ detail }) => detail).join('\n'), 'everything except mp0')
    await carryOut(bench, value)
    const { config, pool } = bench.simulator.facts().guests['lxc/201'] ?? {}
    assert.equal(
      Object.keys(config ?? {}).filter((key) => /^mp|^rootfs/.test(key)),
      ['mp2', 'rootfs'],
    )
    assert.is(pool, 'prod')
  }),
)

test(
  'a rollback that brings a container back without a mount and its own lines says so',
  on(async (bench) => {
    await inUse(bench)
    const plan = await planned(bench, without('container.box', 'vm.spare'))
    keepSpare(bench)
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(exitCodeOf(outcome), 4)
    const told = outcome.diagnostics.map(({ detail }) => detail).join('\n')
    assert.match(told, /^ {2}mp0: .* → \(none\)$/m)
    assert.match(told, /^ {2}mp1: .* → \(none\)$/m)
    assert.match(told, /^ {2}lxc lines: lxc.cap.drop = sys_time → \(none\)$/m)
    assert.not.match(told, 'as it was before.')
  }),
)

const asLogin = async (bench: Workbench, acl: Readonly<Record<string, string>>) => {
  await callPve(bench.simulator, {
    method: 'POST',
    path: '/access/users',
    params: { userid: 'dev@pve', password: 'Secret-12345' },
  })
  for (const [path, roles] of Object.entries(acl)) await grant(bench, { path, users: 'dev@pve', roles })
  const client = connect(bench.simulator.url, await makeToken(bench.simulator, 'dev@pve', false))
  try {
    const { observed } = await syncCluster(client, { now: '2026-01-01T00:00:00.000Z', principal: client.principal })
    return { observed, bindings: await bench.store.bindings.all() }
  } finally {
    client.close()
  }
}

const lacking = async (bench: Workbench, acl: Readonly<Record<string, string>>, desired = withoutServer) => {
  const { observed, bindings } = await asLogin(bench, acl)
  const { value, diagnostics } = planChanges(desired, observed, bindings, DEFAULT_PLAN_OPTIONS)
  if (!value) throw new Error(JSON.stringify(diagnostics))
  return missingRights(value, observed.rights, observed.guests).map(
    ({ path, privileges }) => `${path}: ${privileges.join(' ')}`,
  )
}

const REST = { '/vms/202': 'PVEVMAdmin', '/storage': 'PVEDatastoreAdmin', '/nodes': 'PVEAuditor', '/sdn': 'PVESDNUser' }

test(
  'a guest is not destroyed by a login that could not restore it: its rights on the guest go with the guest',
  on(async (bench) => {
    await inUse(bench)
    const own = { ...REST, '/pool/prod': 'PVEPoolUser', '/vms/200': 'PVEVMAdmin', '/vms/201': 'PVEVMAdmin' }
    assert.equal(await lacking(bench, own), ['/pool/prod: VM.Allocate'])
  }),
)

test(
  'rights on the pool are enough to destroy a guest in it and to restore it',
  on(async (bench) => {
    await inUse(bench)
    assert.equal(await lacking(bench, { ...REST, '/pool/prod': 'PVEVMAdmin,PVEPoolUser' }), [])
  }),
)

test(
  'a privileged container is not destroyed by a login that may not make privileged ones',
  on(async (bench) => {
    await inUse(bench)
    assert.equal(await lacking(bench, { ...REST, '/vms': 'PVEVMAdmin' }, withoutBox), ['/: Sys.Modify'])
  }),
)

test.run()
