import { type GuestRef, guestPath } from '../../src/resource/guest.ts'
import type { ApiRequest } from '../../src/resource/request.ts'
import { destroy, guestRef, power, write } from './workbench.ts'

/** A VM and a container that are off, and a running one of each, with a template to clone. */
const off = guestRef('qemu', 'pve3', 107)
const on = guestRef('qemu', 'pve1', 102)
const ct = guestRef('lxc', 'pve1', 200)
const ctOff = guestRef('lxc', 'pve1', 290)
const fresh = guestRef('qemu', 'pve3', 300)

const post = (guest: GuestRef, rest: string, params: NonNullable<ApiRequest['params']> = {}): ApiRequest => ({
  method: 'POST',
  path: `${guestPath(guest)}/${rest}`,
  params,
})

/** A kind of write: what is sent, how it is undone, and what must be there first. */
export interface WriteKind {
  readonly guest?: GuestRef
  readonly request: ApiRequest
  readonly undo?: readonly ApiRequest[]
  readonly setUp?: readonly ApiRequest[]
  /** What is asked before the write, or after it. */
  readonly lookUp?: ApiRequest
  readonly output?: ApiRequest
  /** What the volumes of the guest held is gone afterwards, as the plan says. */
  readonly losesData?: boolean
  /** What was set up leaves a task that looks like one of the write: what is said of the answer is not held. */
  readonly madeBefore?: true
}

const SNAP = 'mpc_0123456789'
const snapshotPath = (guest: GuestRef) => `${guestPath(guest)}/snapshot/${SNAP}`
const takeSnapshot = (guest: GuestRef) => post(guest, 'snapshot', { snapname: SNAP })
export const putPool = (params: NonNullable<ApiRequest['params']>): ApiRequest => ({
  method: 'PUT',
  path: '/pools',
  params,
})
const makeCt: ApiRequest = {
  method: 'POST',
  path: '/nodes/pve1/lxc',
  params: {
    vmid: 290,
    hostname: 'spare',
    ostemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    rootfs: 'local-lvm:4',
    net0: 'name=eth0,bridge=vmbr0',
  },
}
const NOTES = 'mpc 0123456789abcdef: before destroying vm.x'
const CONTENT = '/nodes/pve3/storage/local/content'
const backUp = (guest: GuestRef): ApiRequest => ({
  method: 'POST',
  path: `/nodes/${guest.node}/vzdump`,
  params: {
    vmid: String(guest.vmid),
    storage: 'local',
    mode: 'stop',
    compress: 'zstd',
    remove: false,
    'notes-template': NOTES,
  },
})
const archiveOf = ({ node, vmid }: GuestRef): ApiRequest => ({
  method: 'GET',
  path: `/nodes/${node}/storage/local/content`,
  params: { content: 'backup', vmid },
  output: { name: 'volid', where: { notes: NOTES }, take: 'volid' },
})
const ARCHIVE = { fromStep: 'vm.x/do', output: 'volid' }

export const WRITE_KINDS: Readonly<Record<string, WriteKind>> = {
  'VM configuration': {
    guest: off,
    request: write(off, { cores: 6, delete: 'tags' }),
    undo: [write(off, { cores: 4, tags: 'dev' })],
  },
  'running VM configuration': {
    guest: on,
    request: write(on, { cores: 4 }),
    undo: [write(on, { revert: 'cores' })],
  },
  'withdrawal of what waits for the next start': {
    guest: on,
    setUp: [{ method: 'PUT', path: `${guestPath(on)}/config`, params: { cores: 4 } }],
    request: write(on, { revert: 'cores' }),
    undo: [write(on, { cores: 4 })],
  },
  'container configuration': {
    guest: ct,
    request: write(ct, { memory: 512 }),
    undo: [write(ct, { memory: 256 })],
  },
  'VM configuration in a task': {
    guest: off,
    request: { method: 'POST', path: `${guestPath(off)}/config`, params: { scsi5: 'local-lvm:2' }, digest: true },
    undo: [write(off, { delete: 'scsi5' })],
  },
  'container volume': {
    guest: ctOff,
    setUp: [makeCt],
    request: write(ctOff, { mp5: 'local-lvm:1,mp=/data' }),
    undo: [write(ctOff, { delete: 'mp5' })],
  },
  'VM start': { guest: off, request: power(off, 'start'), undo: [power(off, 'stop')] },
  'VM stop': { guest: on, request: power(on, 'stop'), undo: [power(on, 'start')] },
  'VM shutdown': { guest: on, request: power(on, 'shutdown'), undo: [power(on, 'start')] },
  'VM reboot': { guest: on, request: power(on, 'reboot'), undo: [] },
  'VM suspend': { guest: on, request: power(on, 'suspend'), undo: [power(on, 'resume')] },
  'VM resume': { guest: on, setUp: [power(on, 'suspend')], request: power(on, 'resume'), undo: [power(on, 'suspend')] },
  'container start': { guest: ctOff, setUp: [makeCt], request: power(ctOff, 'start'), undo: [power(ctOff, 'stop')] },
  'container shutdown': { guest: ct, request: power(ct, 'shutdown'), undo: [power(ct, 'start')] },
  'container stop': { guest: ct, request: power(ct, 'stop'), undo: [power(ct, 'start')] },
  migrate: {
    guest: off,
    request: post(off, 'migrate', { target: 'pve2', 'with-local-disks': true }),
    undo: [post({ ...off, node: 'pve2' }, 'migrate', { target: 'pve3', 'with-local-disks': true })],
  },
  'VM create': {
    guest: fresh,
    request: { method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: 300, name: 'new', scsi0: 'local-lvm:4' } },
    undo: [destroy(fresh)],
  },
  'container create': { guest: ctOff, request: makeCt, undo: [destroy(ctOff)] },
  clone: {
    guest: guestRef('qemu', 'pve1', 301),
    request: { method: 'POST', path: '/nodes/pve1/qemu/9000/clone', params: { newid: 301, full: true } },
    undo: [destroy(guestRef('qemu', 'pve1', 301))],
  },
  'VM destroy': { guest: off, request: { method: 'DELETE', path: guestPath(off) }, losesData: true },
  'container destroy': {
    guest: ctOff,
    setUp: [makeCt],
    request: { method: 'DELETE', path: guestPath(ctOff) },
    losesData: true,
  },
  'container snapshot create': {
    guest: ct,
    request: takeSnapshot(ct),
    undo: [{ method: 'DELETE', path: snapshotPath(ct) }],
  },
  'container snapshot delete': {
    guest: ct,
    setUp: [takeSnapshot(ct)],
    request: { method: 'DELETE', path: snapshotPath(ct) },
  },
  'container snapshot rollback': {
    guest: ctOff,
    setUp: [makeCt, takeSnapshot(ctOff), write(ctOff, { cores: 2 }, {})],
    request: { method: 'POST', path: `${snapshotPath(ctOff)}/rollback` },
  },
  'snapshot create': {
    guest: off,
    request: takeSnapshot(off),
    undo: [{ method: 'DELETE', path: snapshotPath(off) }],
  },
  'snapshot delete': { guest: off, setUp: [takeSnapshot(off)], request: { method: 'DELETE', path: snapshotPath(off) } },
  'snapshot rollback': {
    guest: off,
    setUp: [takeSnapshot(off), write(off, { cores: 8 }, {})],
    request: { method: 'POST', path: `${snapshotPath(off)}/rollback` },
  },
  'VM resize': {
    guest: off,
    request: { method: 'PUT', path: `${guestPath(off)}/resize`, params: { disk: 'scsi0', size: '60G' }, digest: true },
  },
  'container resize': {
    guest: ct,
    request: { method: 'PUT', path: `${guestPath(ct)}/resize`, params: { disk: 'rootfs', size: '6G' }, digest: true },
  },
  'VM move disk': {
    guest: off,
    request: post(off, 'move_disk', { disk: 'scsi0', storage: 'local', delete: true }),
    undo: [post(off, 'move_disk', { disk: 'scsi0', storage: 'local-lvm', delete: true })],
  },
  'container move volume': {
    guest: ctOff,
    setUp: [makeCt],
    request: post(ctOff, 'move_volume', { volume: 'rootfs', storage: 'tank', delete: true }),
    undo: [post(ctOff, 'move_volume', { volume: 'rootfs', storage: 'local-lvm', delete: true })],
  },
  'VM template': { guest: off, request: post(off, 'template') },
  'container template': { guest: ctOff, setUp: [makeCt], request: post(ctOff, 'template') },
  backup: {
    guest: off,
    request: backUp(off),
    output: archiveOf(off),
    undo: [{ method: 'DELETE', path: `${CONTENT}/{vm.x/do.volid}` }],
  },
  'backup delete': {
    guest: off,
    setUp: [backUp(off)],
    lookUp: archiveOf(off),
    request: { method: 'DELETE', path: `${CONTENT}/{vm.x/do.volid}` },
  },
  'VM restore': {
    guest: off,
    setUp: [backUp(off), destroy(off)],
    lookUp: archiveOf(off),
    request: { method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: 107, archive: ARCHIVE } },
    undo: [destroy(off)],
  },
  'container restore': {
    guest: ctOff,
    madeBefore: true,
    setUp: [makeCt, backUp(ctOff), destroy(ctOff)],
    lookUp: archiveOf(ctOff),
    request: {
      method: 'POST',
      path: '/nodes/pve1/lxc',
      params: { vmid: 290, ostemplate: ARCHIVE, restore: true, storage: 'local-lvm' },
    },
    undo: [destroy(ctOff)],
  },
  right: {
    guest: off,
    request: { method: 'PUT', path: '/access/acl', params: { path: '/vms/107', users: 'ops@pve', roles: 'PVEVMUser' } },
    undo: [
      {
        method: 'PUT',
        path: '/access/acl',
        params: { path: '/vms/107', users: 'ops@pve', roles: 'PVEVMUser', delete: true },
      },
    ],
  },
  'pool create': {
    request: { method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } },
    undo: [{ method: 'DELETE', path: '/pools', params: { poolid: 'fresh' } }],
  },
  'pool comment': {
    request: putPool({ poolid: 'prod', comment: 'other' }),
    undo: [putPool({ poolid: 'prod', comment: 'everything people rely on' })],
  },
  'pool member': {
    request: putPool({ poolid: 'prod', vms: '107' }),
    undo: [putPool({ poolid: 'prod', vms: '107', delete: true })],
  },
  'pool member removed': {
    request: putPool({ poolid: 'prod', vms: '101', delete: true }),
    undo: [putPool({ poolid: 'prod', vms: '101' })],
  },
  'pool delete': {
    setUp: [{ method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } }],
    request: { method: 'DELETE', path: '/pools', params: { poolid: 'fresh' } },
    undo: [{ method: 'POST', path: '/pools', params: { poolid: 'fresh', comment: 'new' } }],
  },
}

/** Requests that write, as the planner and the executor spell them in their source, and the kinds above that try them. */
export const WRITES_IN_SOURCE: Readonly<Record<string, readonly (keyof typeof WRITE_KINDS)[]>> = {
  "'POST' `/nodes/${guest.node}/${guest.type}`": ['VM create', 'container create', 'VM restore', 'container restore'],
  "'POST' `${guestPath(source.guest)}/clone`": ['clone'],
  "'DELETE' guestPath(guest)": ['VM destroy', 'container destroy'],
  "'PUT' configPath(guest)": ['VM configuration', 'running VM configuration', 'container configuration'],
  'kind.allocationMethod configPath(guest)': ['VM configuration in a task', 'container volume'],
  "'PUT' path": ['VM configuration', 'running VM configuration'],
  "'PUT' `${guestPath(next.guest)}/resize`": ['VM resize', 'container resize'],
  "'PUT' `${guestPath(guest)}/resize`": ['VM resize', 'container resize'],
  'post call': ['VM move disk', 'container move volume'],
  "post 'migrate'": ['migrate'],
  "post 'template'": ['VM template', 'container template'],
  "post 'status/start'": ['VM start', 'container start'],
  "'POST' `${guestPath(step.guest)}/status/start`": ['VM start', 'container start'],
  "'POST' `${guestPath(guest)}/status/start`": ['VM start', 'container start'],
  "post 'status/stop'": ['VM stop', 'container stop'],
  "post 'status/shutdown'": ['VM shutdown', 'container shutdown'],
  "post 'status/suspend'": ['VM suspend'],
  "post 'status/resume'": ['VM resume'],
  "post 'snapshot'": ['snapshot create', 'container snapshot create'],
  "'DELETE' `${guestPath(guest)}/snapshot/${name}`": ['snapshot delete', 'container snapshot delete'],
  "'DELETE' `${guestPath(progress.guest)}/snapshot/${name}`": ['snapshot delete', 'container snapshot delete'],
  "'DELETE' `${guestPath(guest)}/snapshot/${encodeURIComponent(name)}`": ['snapshot delete'],
  'post `snapshot/${snapshot.name}/rollback`': ['snapshot rollback', 'container snapshot rollback'],
  "'POST' `/nodes/${guest.node}/vzdump`": ['backup'],
  "'DELETE' `${content}/{${id}.volid}`": ['backup', 'backup delete'],
  "'POST' '/pools'": ['pool create', 'pool delete'],
  "'PUT' '/pools'": ['pool comment', 'pool member', 'pool member removed'],
  "'DELETE' '/pools'": ['pool delete', 'pool create'],
  "'PUT' '/access/acl'": ['right'],
  // What `post` itself is made of.
  "'POST' `${guestPath(guest)}/${rest}`": [],
}
