import type { planCodes } from '../../src/diagnostic/codes/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { Applied } from '../../src/resource/applied.ts'
import { DEFAULT_LIFECYCLE, type Desired, type DesiredGuest } from '../../src/resource/desired.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { type Model, observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, pool, vm } from './samples.ts'

export const DISK = { storage: 'local-lvm', size: '8G' }
export const vmidOf = (number: number): Vmid => {
  const vmid = parseVmid(number)
  if (vmid === undefined) throw new Error(`no VMID: ${number}`)
  return vmid
}

/** What the planner is given. */
export interface Case {
  readonly desired: Desired
  readonly model?: Model
  readonly observed?: (observed: Observed) => Observed
  readonly applied?: Applied
  readonly options?: Partial<PlanOptions>
}

const made = (...resources: Desired['resources']): World => {
  const world = newWorld(emptyModel())
  const { value, diagnostics } = planChanges(desire(resources), observe(world.model), [], DEFAULT_PLAN_OPTIONS)
  if (!value) throw new Error(JSON.stringify(diagnostics))
  carryOut(world, value)
  return world
}

const after = (world: World, desired: Desired, more: Partial<Case> = {}): Case => ({
  model: world.model,
  applied: applied(world),
  desired,
  ...more,
})

export const web = (config: Record<string, never> | DesiredGuest['config'] = {}, more = {}) =>
  vm('vm.web', { config: { scsi0: DISK, ...config }, ...more })

const withModel = (change: (model: Model) => void): Model => {
  const model = emptyModel()
  change(model)
  return model
}

export const guest = (vmid: number, current: Record<string, string> = {}) =>
  withModel((model) => addGuest(model, { type: 'qemu', vmid, current: { name: `guest${vmid}`, ...current } }))

const inStorages =
  (name: string, change: object) =>
  (observed: Observed): Observed => ({
    ...observed,
    storages: observed.storages.map((each) => (each.storage === name ? { ...each, ...change } : each)),
  })

export const a = at('vm.a')
/** Every problem the planner reports: its code, what is wrong, what the message says, and how to get there. */
export const CASES: readonly (readonly [
  code: keyof typeof planCodes,
  about: string,
  text: RegExp,
  make: () => Case,
])[] = [
  [
    'plan.unknown-target',
    'a target nobody knows',
    /Did you mean "vm\.web"/,
    () => ({ desired: desire([web()]), options: { targets: [at('vm.wep')] } }),
  ],
  [
    'plan.left-out',
    'a file that needs what another declares',
    /`vm\.b` needs `vm\.a`, which other files declare/,
    () => ({
      desired: desire([vm('vm.a'), vm('vm.b', { dependsOn: [at('vm.a')] })]),
      options: { scope: ['vm.b'] },
    }),
  ],
  [
    'plan.cycle',
    'a circle of dependencies',
    /`vm\.a` needs `vm\.b` needs `vm\.a`/,
    () => ({ desired: desire([vm('vm.a', { dependsOn: [at('vm.b')] }), vm('vm.b', { dependsOn: [a] })]) }),
  ],
  ['plan.duplicate-address', 'one address twice', /twice/, () => ({ desired: desire([web(), web()]) })],
  [
    'plan.duplicate-vmid',
    'one VMID twice',
    /belongs to `vm\.a`/,
    () => ({ desired: desire([vm('vm.a', { vmid: vmidOf(150) }), vm('vm.b', { vmid: vmidOf(150) })]) }),
  ],
  [
    'plan.duplicate-volume',
    'a volume of another guest that runs, although it is meant',
    /would be written to by `vm\.a` \(`disk\.scsi0`\) and by guest 300 \(`scsi0`\) at once/,
    () => ({
      model: withModel((model) =>
        addGuest(model, {
          type: 'qemu',
          vmid: 300,
          status: 'running',
          current: { scsi0: 'local-lvm:vm-300-disk-0,size=1G' },
        }),
      ),
      desired: desire([
        vm('vm.a', {
          config: { scsi0: { file: 'local-lvm:vm-300-disk-0' } },
          power: 'running',
          lifecycle: { attachForeignVolumes: true },
        }),
      ]),
    }),
  ],
  [
    'plan.volume-elsewhere',
    'a volume of another guest on a node that does not have it',
    /lies on pve1, where guest 300 is/,
    () => ({
      model: guest(300, { scsi0: 'local-lvm:vm-300-disk-0,size=1G' }),
      desired: desire([
        vm('vm.a', {
          node: 'pve2',
          config: { scsi0: { file: 'local-lvm:vm-300-disk-0' } },
          lifecycle: { attachForeignVolumes: true },
        }),
      ]),
    }),
  ],
  [
    'plan.volume-not-yet',
    'a volume of a guest that is left out of the plan and does not exist',
    /`mpc apply --target 'vm\.data'`/,
    () => ({
      desired: desire([
        vm('vm.a', {
          attachments: [{ key: 'scsi1', of: { address: at('vm.data'), key: 'scsi0' }, options: {} }],
          config: { scsi0: DISK },
        }),
        vm('vm.data', { config: { scsi0: DISK } }),
      ]),
      options: { excludes: [at('vm.data')] },
    }),
  ],
  [
    'plan.volume-in-use',
    'the end of a guest whose volume another one has',
    /volumes of it are attached to 301/,
    () => ({
      model: withModel((model) => {
        addGuest(model, { type: 'qemu', vmid: 300, current: { scsi0: 'local-lvm:vm-300-disk-0,size=1G' } })
        addGuest(model, { type: 'qemu', vmid: 301, current: { scsi1: 'local-lvm:vm-300-disk-0,size=1G' } })
      }),
      applied: [
        {
          address: at('vm.data'),
          kind: 'vm',
          guest: { type: 'qemu', node: 'pve1', vmid: vmidOf(300) },
          config: {},
          preventDestroy: false,
          onDestroy: 'backup',
        },
      ],
      desired: desire([]),
    }),
  ],
  [
    'plan.duplicate-volume',
    'one volume twice',
    /destroy its data/,
    () => ({
      desired: desire(['vm.a', 'vm.b'].map((name) => vm(name, { config: { scsi0: { file: 'local-lvm:data' } } }))),
    }),
  ],
  [
    'plan.duplicate-volume',
    'a volume of another guest',
    /guest 300 has it as `scsi0`.*attach_foreign_volumes = true/,
    () => ({
      model: guest(300, { scsi0: 'local-lvm:vm-300-disk-0,size=1G' }),
      desired: desire([vm('vm.a', { config: { scsi0: { file: 'local-lvm:vm-300-disk-0' } } })]),
    }),
  ],
  [
    'plan.vmid-taken',
    'a VMID of an unmanaged guest',
    /`vm\.a`: VM 300 \(guest300\) on pve1[\s\S]*to = vm\.a\n {2}id = "pve1\/300"/,
    () => ({ model: guest(300), desired: desire([vm('vm.a', { vmid: vmidOf(300) })]) }),
  ],
  [
    'plan.name-taken',
    'the name of an unmanaged guest',
    /`vm\.web`: VM 300 \(web\) on pve1[\s\S]*state was lost[\s\S]*to = vm\.web\n {2}id = "pve1\/300"/,
    () => ({ model: guest(300, { name: 'web' }), desired: desire([web()]) }),
  ],
  [
    'plan.vmid-changed',
    'another VMID for an existing guest',
    /cannot renumber/,
    () => after(made(web()), desire([web({}, { vmid: vmidOf(555) })])),
  ],
  [
    'plan.no-free-vmid',
    'a range that is used up',
    /Widen `vmids`/,
    () => ({ model: guest(100), desired: desire([web()]), options: { vmids: { first: 100, last: 100 } } }),
  ],
  [
    'plan.identity-changed',
    'another guest under the VMID',
    /UUID is different/,
    () => {
      const world = made(web())
      const taken = world.model.guests[100]
      if (taken) taken.current['smbios1'] = 'uuid=11111111-1111-4111-8111-111111111111'
      return after(world, desire([web()]))
    },
  ],
  [
    'plan.guest-hidden',
    'a guest that the login does not see any more',
    /in use.*VM\.Audit on \/vms\/100/,
    () => {
      const world = made(web())
      delete world.model.guests[100]
      return { ...after(world, desire([web()])), options: { hiddenVmids: { taken: [100] } } }
    },
  ],
  [
    'plan.guest-gone',
    'a managed guest that is gone',
    /re-creates it/,
    () => {
      const world = made(web())
      delete world.model.guests[100]
      return after(world, desire([web()]))
    },
  ],
  [
    'plan.made-from-another',
    'a guest whose declaration names another image than it was made from',
    /disk\.scsi0\.import-from.*was local:import\/a\.qcow2 and is local:import\/b\.qcow2 now.*--replace 'vm\.web'/,
    () => {
      const from = (image: string) => web({ scsi0: { ...DISK, 'import-from': `local:import/${image}.qcow2` } })
      return after(made(from('a')), desire([from('b')]))
    },
  ],
  [
    'plan.cannot-migrate',
    'a guest with a local medium that is to be moved',
    /ide2 holds a medium of pve1 \(local:iso\/a\.iso\): eject it first/,
    () => ({
      model: guest(300, { name: 'a', ide2: 'local:iso/a.iso,media=cdrom' }),
      desired: desire([vm('vm.a', { node: 'pve2' })], { imports: [{ to: a, id: '300' }] }),
    }),
  ],
  [
    'plan.creation-only',
    'a key withdrawn from a container that exists',
    /`ssh-public-keys` of `container\.a` does not reach container 100/,
    () => {
      const config = { rootfs: DISK, 'ssh-public-keys': ['ssh-ed25519 AAAA a@b'] }
      return after(
        made(container('container.a', { config })),
        desire([container('container.a', { config: { rootfs: DISK } })]),
      )
    },
  ],
  [
    'plan.unknown-bridge',
    'a bridge the node does not have',
    /Did you mean "vmbr0"/,
    () => ({
      desired: desire([web({ net0: { bridge: 'vmbr' } })]),
      observed: (seen) => ({ ...seen, nodes: seen.nodes.map((node) => ({ ...node, bridges: ['vmbr0'] })) }),
    }),
  ],
  [
    'plan.duplicate-mac',
    'an address that two devices have',
    /net0` of `vm\.web` and `network\.net1` of `vm\.web`/,
    () => {
      const nic = { bridge: 'vmbr0', macaddr: 'BC:24:11:00:00:01' }
      return { desired: desire([web({ net0: nic, net1: nic })]) }
    },
  ],
  [
    'plan.storage-full',
    'a disk that is larger than its storage',
    /the whole storage `local-lvm` has 1G/,
    () => ({ desired: desire([web()]), observed: inStorages('local-lvm', { total: 2 ** 30, used: 0 }) }),
  ],
  [
    'plan.node-too-small',
    'more memory than the node has',
    /`memory` of `vm\.web` is 4G, and node pve1 has 1G/,
    () => ({
      desired: desire([web({ memory: 4096 })]),
      observed: (seen) => ({ ...seen, nodes: seen.nodes.map((node) => ({ ...node, memory: 2 ** 30 })) }),
    }),
  ],
  [
    'plan.reboot-pending',
    'a guest that runs with what it had before',
    /`vm\.web` \(VM 100\) waits for its next start.*`cores`.*reboot = "allowed"/,
    () => {
      const world = made(web({}, { power: 'running' }))
      const running = world.model.guests[100]
      if (running) running.pending = { cores: { value: '4' } }
      return after(world, desire([web({}, { power: 'running' })]))
    },
  ],
  [
    'plan.root-only',
    'an option only root may set',
    /`args` of `vm\.a`/,
    () => ({ desired: desire([vm('vm.a', { config: { args: '-no-reboot' } })]) }),
  ],
  [
    'plan.guest-locked',
    'a hibernated guest, whose memory must not be thrown away',
    /`qm start 100` wakes it/,
    () =>
      after(made(web()), desire([web({ cores: 3 })]), {
        observed: (seen) => ({ ...seen, guests: seen.guests.map((each) => ({ ...each, lock: 'suspended' })) }),
      }),
  ],
  [
    'plan.linked-clones',
    'replacing a template that has linked clones',
    /linked clones need its base images: 301/,
    () => ({
      model: withModel((model) => {
        addGuest(model, {
          type: 'qemu',
          vmid: 300,
          current: { name: 't', template: '1', scsi0: 'local-lvm:base-300-disk-0,size=1G' },
        })
        addGuest(model, {
          type: 'qemu',
          vmid: 301,
          current: { name: 'c', scsi0: 'local-lvm:base-300-disk-0/vm-301-disk-0,size=1G' },
        })
      }),
      desired: desire(
        [
          vm('vm.t', { template: true, lifecycle: { ...DEFAULT_LIFECYCLE, replaceTriggeredBy: [at('vm.x')] } }),
          vm('vm.x'),
        ],
        { imports: [{ to: at('vm.t'), id: '300' }] },
      ),
    }),
  ],
  [
    'plan.ha-managed',
    'shutting down a guest that high availability looks after',
    /would shut it down[\s\S]*state back to started[\s\S]*ha-manager set vm:100 --state ignored/,
    () =>
      after(made(web({}, { power: 'running' })), desire([web({}, { power: 'stopped' })]), {
        observed: (seen) => ({ ...seen, guests: seen.guests.map((each) => ({ ...each, ha: 'started' })) }),
      }),
  ],
  [
    'plan.replicated',
    'destroying a guest that is replicated',
    /pvesr delete 100-0/,
    () =>
      after(made(web()), desire([]), {
        observed: (seen) => ({ ...seen, guests: seen.guests.map((each) => ({ ...each, replication: ['100-0'] })) }),
      }),
  ],
  [
    'plan.guest-locked',
    'a locked guest',
    /qm unlock 100/,
    () =>
      after(made(web()), desire([web({ cores: 3 })]), {
        observed: (seen) => ({ ...seen, guests: seen.guests.map((each) => ({ ...each, lock: 'backup' })) }),
      }),
  ],
  [
    'plan.guest-unreachable',
    'a change of a guest that does not answer',
    /--exclude 'vm\.web'/,
    () =>
      after(made(web()), desire([web({ cores: 3 })]), {
        observed: (seen) => ({
          ...seen,
          guests: seen.guests.map((each) => ({ ...each, status: 'unknown', unknownSince: '2026-01-01T00:00:00Z' })),
        }),
      }),
  ],
  [
    'plan.guest-unknown',
    'an unchanged guest that does not answer',
    /since 2026/,
    () =>
      after(made(web()), desire([web()]), {
        observed: (seen) => ({
          ...seen,
          guests: seen.guests.map((each) => ({ ...each, status: 'unknown', unknownSince: '2026-01-01T00:00:00Z' })),
        }),
      }),
  ],
  [
    'plan.node-drift',
    'a guest on another node',
    /`node = "pve3"`/,
    () => {
      const world = made(web())
      const moved = world.model.guests[100]
      if (moved) moved.node = 'pve3'
      return after(world, desire([web()]))
    },
  ],
  [
    'plan.unknown-node',
    'a node that does not exist',
    /Did you mean "pve\d"/,
    () => ({ desired: desire([web({}, { node: 'pve9' })]) }),
  ],
  [
    'plan.node-offline',
    'a node that is off',
    /was offline/,
    () => ({
      desired: desire([web()]),
      observed: (seen) => ({ ...seen, nodes: seen.nodes.map((each) => ({ ...each, status: 'offline' })) }),
    }),
  ],
  [
    'plan.unknown-storage',
    'a storage that does not exist',
    /Did you mean "local-lvm"/,
    () => ({ desired: desire([web({ scsi0: { ...DISK, storage: 'local-lvn' } })]) }),
  ],
  [
    'plan.storage-not-on-node',
    'a storage of another node',
    /is on pve2, pve3 but not on pve1/,
    () => ({
      desired: desire([web()]),
      observed: (seen) => ({
        ...seen,
        storages: seen.storages.filter(({ storage, node }) => storage !== 'local-lvm' || node !== 'pve1'),
      }),
    }),
  ],
  [
    'plan.storage-inactive',
    'a storage that is off',
    /not active on pve1/,
    () => ({ desired: desire([web()]), observed: inStorages('local-lvm', { active: false }) }),
  ],
  [
    'plan.storage-content',
    'a storage for other things',
    /takes only: backup/,
    () => ({ desired: desire([web()]), observed: inStorages('local-lvm', { content: ['backup'] }) }),
  ],
  [
    'plan.unknown-volume',
    'an archive that is not there',
    /Its archives: local:vztmpl\/other\.tar/,
    () => ({
      desired: desire([container('container.a', { config: { rootfs: DISK } })]),
      observed: inStorages('local', { volumes: ['local:vztmpl/other.tar'] }),
    }),
  ],
  [
    'plan.unknown-volume',
    'an archive without its storage',
    /no archive: one is named as storage:vztmpl\/file\. On pve1 there are: local:vztmpl\/other\.tar\./,
    () => ({
      desired: desire([
        container('container.a', { config: { rootfs: DISK }, source: { by: 'archive', volume: 'other' } }),
      ]),
      observed: inStorages('local', { volumes: ['local:vztmpl/other.tar'] }),
    }),
  ],
  [
    'plan.unknown-template',
    'a template that does not exist',
    /Did you mean "debian-12"/,
    () => ({
      model: guest(900, { name: 'debian-12', template: '1' }),
      desired: desire([vm('vm.a', { source: { by: 'clone', template: 'debian-11' } })]),
    }),
  ],
  [
    'plan.ambiguous-template',
    'two templates of one name',
    /900 on pve1, 901 on pve1/,
    () => ({
      model: withModel((model) =>
        [900, 901].map((vmid) => addGuest(model, { type: 'qemu', vmid, current: { name: 't', template: '1' } })),
      ),
      desired: desire([vm('vm.a', { source: { by: 'clone', template: 't' } })]),
    }),
  ],
  [
    'plan.linked-clone',
    'a linked clone of an ordinary VM',
    /only templates/,
    () => ({
      model: guest(900, { name: 't' }),
      desired: desire([vm('vm.a', { source: { by: 'clone', template: 't', full: false } })]),
    }),
  ],
  [
    'plan.no-source',
    'a container of nothing',
    /local:vztmpl/,
    () => ({ desired: desire([container('container.a', { source: { by: 'blank' }, config: { rootfs: DISK } })]) }),
  ],
  [
    'plan.unknown-pool',
    'a pool that does not exist',
    /Did you mean "prod"/,
    () => ({ desired: desire([web({}, { pool: 'prot' })]) }),
  ],
  [
    'plan.pool-not-empty',
    'a pool with other members',
    /300/,
    () => {
      const world = made(pool('pool.lab', 'lab'))
      addGuest(world.model, { type: 'qemu', vmid: 300, pool: 'lab' })
      return after(world, desire([]))
    },
  ],
  [
    'plan.import-missing',
    'an import of nothing',
    /no such guest/,
    () => ({ desired: desire([web()], { imports: [{ to: at('vm.web'), id: 'pve1/777' }] }) }),
  ],
  [
    'plan.import-conflict',
    'an import of a managed guest',
    /already managed as `vm\.web`/,
    () => after(made(web()), desire([web(), vm('vm.b')], { imports: [{ to: at('vm.b'), id: '100' }] })),
  ],
  [
    'plan.import-undeclared',
    'an import without a block',
    /not declared/,
    () => ({ model: guest(300), desired: desire([], { imports: [{ to: a, id: '300' }] }) }),
  ],
  [
    'plan.moved-conflict',
    'a move onto another',
    /both are bound/,
    () =>
      after(
        made(vm('vm.a', { config: { scsi0: DISK } }), web()),
        desire([web()], { moved: [{ from: a, to: at('vm.web') }] }),
      ),
  ],
  [
    'plan.perhaps-moved',
    'a guest that ends and begins under one name',
    /vm\.web` ends, `vm\.site` begins: web.*moved \{\n {2}from = vm\.web\n {2}to {3}= vm\.site\n\}/s,
    () => after(made(web()), desire([vm('vm.site', { config: { name: 'web', scsi0: DISK } })])),
  ],
  [
    'plan.removed-declared',
    'a removed block for something declared',
    /still declared/,
    () => ({ desired: desire([web()], { removed: [{ from: at('vm.web'), destroy: false }] }) }),
  ],
  [
    'plan.kind-changed',
    'a VM declared as a container',
    /is a VM/,
    () => ({
      model: guest(300),
      desired: desire([container('container.a', { config: { rootfs: DISK } })], {
        imports: [{ to: at('container.a'), id: '300' }],
      }),
    }),
  ],
  [
    'plan.disk-incomplete',
    'a disk without a size',
    /needs `size`/,
    () => ({ desired: desire([web({ scsi1: { storage: 'local' } })]) }),
  ],
  [
    'plan.property-missing',
    'a mount point that is mounted nowhere',
    /`mount_point\.mp0` of `container\.a` needs `mp`/,
    () => ({ desired: desire([container('container.a', { config: { rootfs: DISK, mp0: DISK } })]) }),
  ],
  [
    'plan.property-missing',
    'a burst without its limit',
    /`disk\.scsi0` of `vm\.web` needs `mbps` beside `mbps_max`/,
    () => after(made(web()), desire([web({ scsi0: { ...DISK, mbps_max: 20 } })])),
  ],
  [
    'plan.unknown-boot-device',
    'a boot order with a disk that a new VM does not get',
    /names `scsi3`, and the VM has no such device.*Did you mean/,
    () => ({ desired: desire([web({ boot: { order: 'scsi3;scsi0' } })]) }),
  ],
  [
    'plan.unknown-boot-device',
    'a boot order with a disk that goes',
    /names `scsi1`/,
    () => after(made(web({ scsi1: DISK })), desire([web({ boot: { order: 'scsi0;scsi1' } })])),
  ],
  [
    'plan.cannot-shrink',
    'a smaller disk',
    /Declare 8G/,
    () => after(made(web()), desire([web({ scsi0: { ...DISK, size: '4G' } })])),
  ],
  [
    'plan.disk-replaced',
    'a data disk that goes while an empty one of its size comes',
    /`disk\.scsi2` of `vm\.web` will be a new, empty volume, in the place of `disk\.scsi1`.*add the block below/,
    () => after(made(web({ scsi1: DISK })), desire([web({ scsi2: DISK })])),
  ],
  [
    'plan.boot-disk-replaced',
    'a boot disk that goes while an empty one comes on another bus',
    /boots from it: at the next start it would find a new, empty volume.*--allow-disk-replacement/,
    () => after(made(web()), desire([vm('vm.web', { config: { virtio0: DISK, boot: { order: 'virtio0' } } })])),
  ],
  [
    'plan.disk-replaced',
    'a boot disk that is replaced, which is meant',
    /will be a new, empty volume/,
    () =>
      after(made(web()), desire([vm('vm.web', { config: { virtio0: DISK } })]), {
        options: { allowDiskReplacement: true },
      }),
  ],
  [
    'plan.boot-disk-removed',
    'a boot disk that is declared no more',
    /`disk\.scsi0` of `vm\.web` is to go, and the VM boots from it.*--allow-disk-replacement/,
    () => after(made(web()), desire([vm('vm.web', { config: {} })])),
  ],
  [
    'plan.foreign-size',
    'another size of a disk that belongs to another guest',
    /Leave `size` out here, and grow it on 300/,
    () => ({
      model: withModel((model) => {
        addGuest(model, { type: 'qemu', vmid: 300, current: { scsi0: 'local-lvm:vm-300-disk-0,size=1G' } })
        addGuest(model, { type: 'qemu', vmid: 301, current: { scsi1: 'local-lvm:vm-300-disk-0,size=1G' } })
      }),
      applied: [
        {
          address: at('vm.a'),
          kind: 'vm',
          guest: { type: 'qemu', node: 'pve1', vmid: vmidOf(301) },
          config: {},
          preventDestroy: false,
          onDestroy: 'backup',
        },
      ],
      desired: desire([
        vm('vm.a', {
          config: { scsi1: { file: 'local-lvm:vm-300-disk-0', size: '2G' } },
          lifecycle: { attachForeignVolumes: true },
        }),
      ]),
    }),
  ],
  [
    'plan.no-snapshot',
    'a change without the snapshot that is declared',
    /scsi1 \(local-lvm:vm-300-disk-0\) belongs to 300, .*Write `snapshot = "auto"`/,
    () => ({
      model: withModel((model) => {
        addGuest(model, { type: 'qemu', vmid: 300, current: { scsi0: 'local-lvm:vm-300-disk-0,size=1G' } })
        addGuest(model, { type: 'qemu', vmid: 301, current: { scsi1: 'local-lvm:vm-300-disk-0,size=1G' } })
      }),
      applied: [
        {
          address: at('vm.a'),
          kind: 'vm',
          guest: { type: 'qemu', node: 'pve1', vmid: vmidOf(301) },
          config: {},
          preventDestroy: false,
          onDestroy: 'backup',
        },
      ],
      desired: desire([vm('vm.a', { config: { cores: 2 }, lifecycle: { snapshot: 'always' } })]),
    }),
  ],
  [
    'plan.fixed-property',
    'another EFI type',
    /fixed when the volume is made/,
    () =>
      after(
        made(web({ efidisk0: { storage: 'local-lvm', efitype: '2m' } })),
        desire([web({ efidisk0: { storage: 'local-lvm', efitype: '4m' } })]),
      ),
  ],
  [
    'plan.blocked-by-snapshot',
    'a move of a disk with snapshots',
    /"before-upgrade"/,
    () => {
      const world = made(web())
      const seen = world.model.guests[100]
      if (seen) seen.current['parent'] = 'before-upgrade'
      return after(world, desire([web({ scsi0: { ...DISK, storage: 'nas' } })]))
    },
  ],
  [
    'plan.template-fixed',
    'a bigger disk for a template',
    /base images/,
    () =>
      after(made(web({}, { template: true })), desire([web({ scsi0: { ...DISK, size: '16G' } }, { template: true })])),
  ],
  [
    'plan.template-fixed',
    'a template that shall be a VM again',
    /Clone it instead/,
    () => after(made(web({}, { template: true })), desire([web({}, { template: false })])),
  ],
  [
    'plan.needs-stop',
    'a running container whose volume shall move',
    /reboot = "allowed"/,
    () =>
      after(
        made(container('container.a', { config: { rootfs: DISK }, power: 'running' })),
        desire([container('container.a', { config: { rootfs: { ...DISK, storage: 'nas' } }, power: 'running' })]),
      ),
  ],
  [
    'plan.prevent-destroy',
    'the end of a guest that must not go',
    /`prevent_destroy = false`/,
    () => after(made(web({}, { lifecycle: { preventDestroy: true } })), desire([])),
  ],
  [
    'plan.protected',
    'the end of a protected guest',
    /`protection = false`/,
    () => after(made(web({ protection: true })), desire([])),
  ],
  [
    'plan.protected',
    'a disk less on a protected guest',
    /refuses to remove a drive/,
    () => after(made(web({ protection: true, scsi1: DISK })), desire([web({ protection: true })])),
  ],
  [
    'plan.linked-clones',
    'the end of a template with linked clones',
    /need its base images: 777/,
    () => {
      const world = made(web({}, { template: true }))
      addGuest(world.model, {
        type: 'qemu',
        vmid: 777,
        current: { scsi0: 'local-lvm:base-100-disk-0/vm-777-disk-0,size=8G' },
      })
      return after(world, desire([]))
    },
  ],
  [
    'plan.no-backup-storage',
    'a backup without a place',
    /`lifecycle \{ on_destroy = "retain" \}`/,
    () =>
      after(made(web()), desire([]), {
        observed: (seen) => ({ ...seen, storages: seen.storages.map((each) => ({ ...each, content: ['images'] })) }),
      }),
  ],
  [
    'plan.retain-vmid',
    'a replacement beside a retained guest of the same VMID',
    /Leave `vmid` out/,
    () => {
      const sample = (unprivileged: boolean) =>
        container('container.a', {
          vmid: vmidOf(400),
          config: { rootfs: DISK, unprivileged },
          lifecycle: { onDestroy: 'retain' },
        })
      return after(made(sample(true)), desire([sample(false)]))
    },
  ],
]
