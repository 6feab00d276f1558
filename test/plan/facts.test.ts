import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import { may } from '../../src/plan/check/rights.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { Applied } from '../../src/resource/applied.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import type { Observed, ObservedRights } from '../../src/resource/observed.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, vm } from './samples.ts'
import { planOf } from './there-and-back.ts'

const GIB = 2 ** 30
const DISK = { storage: 'local-lvm', size: '8G' }
const A = 'BC:24:11:00:00:0A'

/** The small cluster with bridges, processors and memory on its nodes. */
const withFacts = (observed: Observed, more: Partial<Observed> = {}): Observed => ({
  ...observed,
  nodes: observed.nodes.map((node) => ({
    ...node,
    cpus: 8,
    memory: 16 * GIB,
    bridges: node.node === 'pve1' ? ['vmbr0', 'vmbr1', 'vnet1'] : ['vmbr0'],
  })),
  ...more,
})

interface Look {
  readonly world?: World
  readonly applied?: Applied
  readonly more?: Partial<Observed>
  readonly storages?: (observed: Observed) => Observed['storages']
  readonly options?: Partial<PlanOptions>
}

const look = (
  guests: readonly DesiredGuest[],
  { world = newWorld(emptyModel()), more, storages, options }: Look = {},
) => {
  const observed = observe(world.model)
  return planChanges(
    desire(guests),
    withFacts({ ...observed, ...(storages && { storages: storages(observed) }) }, more),
    applied(world),
    { ...DEFAULT_PLAN_OPTIONS, ...options },
  ).diagnostics
}

const told = (diagnostics: readonly Diagnostic[], code: Diagnostic['code']): readonly string[] =>
  diagnostics.filter((each) => each.code === code).map(({ detail }) => detail)

const made = (...guests: readonly DesiredGuest[]): World => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire(guests), world.model))
  return world
}

const net = (bridge: string, more: Record<string, string> = {}) => ({ bridge, ...more })

test('a bridge that the node does not have is named, with one that it has', () => {
  const bridges = (guest: DesiredGuest, more: Look = {}) => told(look([guest], more), 'plan.unknown-bridge')
  const [detail] = bridges(vm('vm.a', { config: { net0: net('vmbr9') } }))
  assert.match(detail ?? '', /`network\.net0\.bridge` of `vm\.a`.*`vmbr9`.*pve1.*Did you mean "vmbr0".*vnet1/)
  assert.equal(bridges(vm('vm.a', { config: { net0: net('vmbr0'), net1: net('vnet1') } })), [])
  assert.is(bridges(container('container.a', { config: { rootfs: DISK, net3: net('vmbr9') } })).length, 1)
  const world = made(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr0') } }))
  assert.is(bridges(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr9') } }), { world }).length, 1)
  assert.is(
    bridges(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr0'), net1: net('vmbr9') } }), { world }).length,
    1,
  )
  // What is there already and does not change is nothing the plan does.
  const old = made(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr9') } }))
  assert.equal(bridges(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr9'), cores: 2 } }), { world: old }), [])
})

test('a guest that moves needs its bridges on the other node, declared or not', () => {
  const world = made(vm('vm.a', { config: { scsi0: DISK, net0: net('vmbr1') } }))
  const moved = (config: DesiredGuest['config']) =>
    told(look([vm('vm.a', { node: 'pve2', config })], { world }), 'plan.unknown-bridge')
  assert.match(moved({ scsi0: DISK, net0: net('vmbr1') }).join(), /`vmbr1`, and node pve2/)
  assert.equal(moved({ scsi0: DISK, net0: net('vmbr0') }), [])
  const bare = newWorld(emptyModel())
  addGuest(bare.model, {
    type: 'qemu',
    vmid: 300,
    current: { name: 'a', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr1' },
  })
  const { diagnostics } = planChanges(
    desire([vm('vm.a', { node: 'pve2' })], { imports: [{ to: at('vm.a'), id: '300' }] }),
    withFacts(observe(bare.model)),
    [],
    DEFAULT_PLAN_OPTIONS,
  )
  assert.is(told(diagnostics, 'plan.unknown-bridge').length, 1)
})

test('a clone needs the bridges of its template where it declares none', () => {
  const world = newWorld(emptyModel())
  addGuest(world.model, {
    type: 'qemu',
    vmid: 900,
    current: { name: 'base', template: '1', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr1' },
  })
  const clone = (config: DesiredGuest['config'], node: string) =>
    told(
      look([vm('vm.a', { node, source: { by: 'clone', template: '900' }, config } as Partial<DesiredGuest>)], {
        world,
      }),
      'plan.unknown-bridge',
    )
  assert.equal(clone({}, 'pve1'), [])
  assert.is(clone({}, 'pve2').length, 1)
  assert.equal(clone({ net0: net('vmbr0') }, 'pve2'), [])
})

const rights = (paths: ObservedRights['paths']): { readonly rights: ObservedRights } => ({
  rights: { principal: 'a@pve', paths },
})

test('a bridge that the login may not see is not called missing', () => {
  const guest = vm('vm.a', { config: { net0: net('vmbr9') } })
  const seen = (paths: ObservedRights['paths']) => told(look([guest], { more: rights(paths) }), 'plan.unknown-bridge')
  assert.is(seen({ '/': { 'SDN.Audit': true } }).length, 1)
  assert.equal(seen({ '/': { 'VM.Allocate': true } }), [])
  assert.equal(seen({ '/': { 'VM.Allocate': true }, '/sdn/zones/localnetwork': { 'SDN.Use': true } }), [])
})

test('without the lists of bridges nothing is said of them', () => {
  const { diagnostics } = planChanges(
    desire([vm('vm.a', { config: { net0: net('vmbr9') } })]),
    observe(emptyModel()),
    [],
    DEFAULT_PLAN_OPTIONS,
  )
  assert.equal(diagnostics, [])
})

test('a MAC address that is used more than once is told with all that have it', () => {
  const macs = (guests: readonly DesiredGuest[], more: Look = {}) => told(look(guests, more), 'plan.duplicate-mac')
  const one = (address: string, mac = A, more = {}) =>
    vm(address, { config: { net0: net('vmbr0', { macaddr: mac }) }, ...more })
  const world = newWorld(emptyModel())
  addGuest(world.model, {
    type: 'lxc',
    vmid: 200,
    current: { hostname: 'legacy', net0: `name=eth0,bridge=vmbr0,hwaddr=${A}` },
  })
  assert.equal(macs([one('vm.a'), one('vm.b', 'BC:24:11:00:00:0B')]), [])
  assert.match(
    macs([one('vm.a'), one('vm.b'), one('vm.c', A.toLowerCase())], { world })[0] ?? '',
    /`network\.net0` of `vm\.a`, `network\.net0` of `vm\.b`, `network\.net0` of `vm\.c` and net0 of container 200 \(legacy\)/,
  )
  const twice = { net0: net('vmbr0', { macaddr: A }), net1: net('vmbr0', { macaddr: A }) }
  assert.is(macs([vm('vm.a', { config: twice })]).length, 1)
})

test('a MAC address of a guest that goes, of a template, or of guests that nobody declares is no matter', () => {
  const holder = (mac = A) => ({ config: { scsi0: DISK, net0: net('vmbr0', { macaddr: mac }) } })
  const world = made(vm('vm.a', holder()))
  assert.equal(told(look([vm('vm.b', holder())], { world }), 'plan.duplicate-mac'), [])
  assert.equal(told(look([vm('vm.a', holder())], { world }), 'plan.duplicate-mac'), [])
  assert.is(told(look([vm('vm.a', holder()), vm('vm.b', holder())], { world }), 'plan.duplicate-mac').length, 1)
  const others = newWorld(emptyModel())
  for (const vmid of [200, 201])
    addGuest(others.model, { type: 'qemu', vmid, current: { name: `g${vmid}`, net0: `virtio=${A},bridge=vmbr0` } })
  assert.equal(told(look([vm('vm.b', holder('BC:24:11:00:00:0B'))], { world: others }), 'plan.duplicate-mac'), [])
  const template = newWorld(emptyModel())
  addGuest(template.model, {
    type: 'qemu',
    vmid: 200,
    current: { name: 't', template: '1', net0: `virtio=${A},bridge=vmbr0` },
  })
  assert.equal(told(look([vm('vm.b', holder())], { world: template }), 'plan.duplicate-mac'), [])
})

test('what does not fit on a storage that sets the whole size aside is told, summed up', () => {
  const sized = (type: string, total: number, used: number) => (observed: Observed) =>
    observed.storages.map((each) => (each.storage === 'local-lvm' ? { ...each, type, total, used } : each))
  const guests = ['vm.a', 'vm.b'].map((address) => vm(address, { config: { scsi0: DISK } }))
  const full = (given: readonly DesiredGuest[], type: string, total: number, used: number, world?: World) =>
    told(look(given, { storages: sized(type, total, used), ...(world && { world }) }), 'plan.storage-full')
  assert.equal(full(guests, 'lvm', 100 * GIB, 80 * GIB), [])
  assert.match(
    full(guests, 'lvm', 100 * GIB, 90 * GIB).join(),
    /takes 16G on storage `local-lvm` of pve1.*10G are free/,
  )
  assert.equal(full(guests, 'lvmthin', 100 * GIB, 90 * GIB), [])
  assert.match(full(guests, 'lvmthin', 4 * GIB, 0).join(), /takes 8G, and the whole storage `local-lvm` has 4G/)
  const world = made(vm('vm.a', { config: { scsi0: DISK } }))
  const grown = [vm('vm.a', { config: { scsi0: { ...DISK, size: '20G' } } })]
  assert.equal(full(grown, 'lvm', 100 * GIB, 80 * GIB, world), [])
  assert.match(full(grown, 'lvm', 100 * GIB, 90 * GIB, world).join(), /takes 12G/)
  assert.equal(full([vm('vm.a', { config: { scsi0: DISK } })], 'lvm', 100 * GIB, 99 * GIB, world), [])
  const box = [
    container('container.a', { config: { rootfs: DISK, mp0: { storage: 'local-lvm', size: '9G', mp: '/a' } } }),
  ]
  assert.match(full(box, 'lvm', 100 * GIB, 90 * GIB).join(), /takes 17G .*`mount_point\.mp0` of `container\.a`/)
})

test('a guest that is larger than its node is told, when it is made so', () => {
  const small = (guest: DesiredGuest, world?: World) => told(look([guest], world && { world }), 'plan.node-too-small')
  assert.match(
    small(vm('vm.a', { config: { memory: 32768 } })).join(),
    /`memory` of `vm\.a` is 32G, and node pve1 has 16G/,
  )
  assert.match(small(vm('vm.a', { config: { cores: 5, sockets: 2 } })).join(), /10 virtual processors.*pve1 has 8/)
  assert.is(small(container('container.a', { config: { rootfs: DISK, memory: 32768 } })).length, 1)
  assert.equal(small(vm('vm.a', { config: { memory: 16384, cores: 8 } })), [])
  const world = made(vm('vm.a', { config: { memory: 32768 } }))
  assert.equal(small(vm('vm.a', { config: { memory: 32768, onboot: true } }), world), [])
})

test('what only root may set is told unless root is logged in with its password', () => {
  const only = (config: DesiredGuest['config'], principal?: string) =>
    told(
      look(
        [vm('vm.a', { config })],
        principal === undefined ? {} : { more: { rights: { principal, paths: { '/': { 'SDN.Audit': true } } } } },
      ),
      'plan.root-only',
    )
  assert.match(only({ hookscript: 'local:snippets/a.sh' }).join(), /`hookscript`.*PROXMOX_VE_USERNAME=root@pam/)
  assert.is(only({ args: '-no-reboot', affinity: '0' }, 'root@pam!mpc').length, 1)
  assert.equal(only({ args: '-no-reboot' }, 'root@pam'), [])
})

test('a privilege holds where it was given and below, as far as no path between has rights of its own', () => {
  const known: ObservedRights = {
    principal: 'a@pve',
    paths: { '/': { 'VM.Audit': true, 'Sys.Audit': false }, '/vms/100': { 'VM.PowerMgmt': true } },
  }
  assert.ok(may(known, '/vms/101', 'VM.Audit'))
  assert.not(may(known, '/vms/100', 'VM.Audit'))
  assert.ok(may(known, '/vms/100', 'VM.PowerMgmt'))
  assert.ok(may(known, '/', 'Sys.Audit'))
  assert.not(may(known, '/nodes/pve1', 'Sys.Audit'))
  assert.not(may({ principal: 'a@pve', paths: {} }, '/', 'VM.Audit'))
  assert.ok(may(undefined, '/', 'VM.Audit'))
})

test.run()
