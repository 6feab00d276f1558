import { kindOfType } from '../../kinds/registry.ts'
import { type GuestType, isGuestType } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { ApiRequest, RequestParam } from '../../resource/request.ts'

/** One condition of the server's: it is met by any of these privileges on any of these paths. */
export interface Need {
  /** The first is the one to ask for. */
  readonly paths: readonly string[]
  readonly privileges: readonly string[]
}

/** The storages on which a guest has volumes: a clone of it takes room there, where no other storage is named. */
export type StoragesOf = (vmid: number) => readonly string[]

const need = (paths: string | readonly string[], ...privileges: readonly string[]): Need => ({
  paths: typeof paths === 'string' ? [paths] : paths,
  privileges,
})

const textOf = (value: RequestParam | undefined): string => (typeof value === 'object' ? '' : String(value ?? ''))

const VM_OPTIONS: readonly (readonly [string, string])[] = [
  ['VM.Config.CPU', 'cores cpu cpulimit cpuunits numa smp sockets vcpus'],
  ['VM.Config.Memory', 'memory balloon shares allow-ksm'],
  ['VM.Config.HWType', 'acpi hotplug kvm machine scsihw smbios1 tablet vga watchdog audio0 rng0'],
  [
    'VM.Config.Options',
    'agent autostart bios description keyboard localtime migrate_downtime migrate_speed name onboot ostype protection reboot startdate startup tags tdf template',
  ],
  ['VM.PowerMgmt', 'freeze'],
  ['VM.Config.Disk', 'boot bootdisk vmstatestorage'],
]

const CONTAINER_OPTIONS: readonly (readonly [string, string])[] = [
  ['VM.Config.CPU', 'cores cpuunits cpulimit'],
  ['VM.Config.Memory', 'memory swap'],
  ['VM.Config.Network', 'nameserver searchdomain hostname'],
  [
    'VM.Config.Options',
    'arch cmode console debug description entrypoint env onboot ostype protection startup tags template timezone tty unprivileged',
  ],
]

const tableOf = (groups: typeof VM_OPTIONS): ReadonlyMap<string, string> =>
  new Map(groups.flatMap(([privilege, names]) => names.split(' ').map((name) => [name, privilege] as const)))

const [VM_PRIVILEGES, CONTAINER_PRIVILEGES] = [tableOf(VM_OPTIONS), tableOf(CONTAINER_OPTIONS)]

const DRIVE = /^(?:(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0)$/
const MOUNT = /^(?:rootfs|mp\d+)$/
const CLOUD_INIT = /^(?:ci\w+|nameserver|searchdomain|sshkeys|ipconfig\d+)$/

/** Where a guest's rights are looked for: on itself, and for one that is made in a pool on the pool, too. */
interface Place {
  readonly type: GuestType
  readonly guest: readonly string[]
  readonly isNew: boolean
}

const bridgeNeed = (text: string): readonly Need[] => {
  const bridge = /(?:^|,)bridge=([^,]+)/.exec(text)?.[1]
  const tag = /(?:^|,)tag=(\d+)/.exec(text)?.[1]
  if (bridge === undefined) return []
  const path = `/sdn/zones/localnetwork/${bridge}`
  return [need(tag === undefined ? path : [path, `${path}/${tag}`], 'SDN.Use')]
}

/** A volume that is to be made (`local-lvm:32`) needs room; an image or archive only has to be readable. */
const volumeNeeds = (text: string): readonly Need[] => {
  const [, storage, name] = /^(?:file=|volume=)?([^:/,]+):([^,]*)/.exec(text) ?? []
  if (storage === undefined || name === undefined) return []
  if (/^\d+(?:\.\d+)?$/.test(name)) return [need(`/storage/${storage}`, 'Datastore.AllocateSpace')]
  return /^(?:iso|vztmpl|import|snippets)\//.test(name)
    ? [need(`/storage/${storage}`, 'Datastore.Audit', 'Datastore.AllocateSpace')]
    : []
}

const driveNeeds = ({ guest, isNew }: Place, text: string): readonly Need[] => {
  const source = /(?:^|,)import-from=([^,]+)/.exec(text)?.[1]
  const volumes = [...volumeNeeds(text), ...(source === undefined ? [] : volumeNeeds(source))]
  if (isNew) return volumes
  if (/vm-\d+-cloudinit/.test(text)) return [need(guest, 'VM.Config.Cloudinit'), need(guest, 'VM.Config.CDROM')]
  return [need(guest, text.includes('media=cdrom') ? 'VM.Config.CDROM' : 'VM.Config.Disk'), ...volumes]
}

const deviceNeeds = ({ guest }: Place, kind: string, text: string): readonly Need[] => {
  const mapping = /(?:^|,)(?:mapping=|dirid=)?([^,=]+)(?:,|$)/.exec(text)?.[1]
  const named = kind === 'virtiofs' ? mapping : /(?:^|,)mapping=([^,]+)/.exec(text)?.[1]
  const folder = { hostpci: 'pci', usb: 'usb', virtiofs: 'dir' }[kind]
  return [
    need(guest, kind === 'virtiofs' ? 'VM.Config.Disk' : 'VM.Config.HWType'),
    ...(named !== undefined && folder !== undefined ? [need(`/mapping/${folder}/${named}`, 'Mapping.Use')] : []),
  ]
}

const vmOption = (place: Place, key: string, text: string): readonly Need[] => {
  const stem = key.replace(/\d+$/, '')
  if (DRIVE.test(key)) return driveNeeds(place, text)
  if (stem === 'net') return [need(place.guest, 'VM.Config.Network'), ...bridgeNeed(text)]
  if (CLOUD_INIT.test(key)) return [need(place.guest, 'VM.Config.Cloudinit', 'VM.Config.Network')]
  if (['serial', 'usb', 'hostpci', 'virtiofs'].includes(stem)) return deviceNeeds(place, stem, text)
  const privilege = stem === 'numa' && stem !== key ? 'VM.Config.CPU' : VM_PRIVILEGES.get(key)
  return [
    ...(privilege === undefined || (key === 'tags' && place.isNew) ? [] : [need(place.guest, privilege)]),
    ...(key === 'startup' ? [need('/', 'Sys.Modify')] : []),
  ]
}

const containerOption = ({ guest }: Place, key: string, text: string): readonly Need[] => {
  if (MOUNT.test(key)) return [need(guest, 'VM.Config.Disk'), ...volumeNeeds(text)]
  if (/^net\d+$/.test(key)) return [need(guest, 'VM.Config.Network'), ...bridgeNeed(text)]
  if (key === 'features') return [need(guest, 'VM.Allocate')]
  const privilege = CONTAINER_PRIVILEGES.get(key)
  return privilege === undefined ? [] : [need(guest, privilege)]
}

const OPTION: Readonly<Record<GuestType, (place: Place, key: string, text: string) => readonly Need[]>> = {
  qemu: vmOption,
  lxc: containerOption,
}

const optionNeeds = (place: Place, params: ApiRequest['params'] = {}): readonly Need[] => {
  const option = OPTION[place.type]
  const removed = [params['delete'], params['revert']].flatMap((keys) => textOf(keys).split(/[,; ]+/))
  return [
    ...Object.entries(params).flatMap(([key, value]) => option(place, key, textOf(value))),
    ...removed.flatMap((key) => (key === '' ? [] : option(place, key, ''))),
  ]
}

const creationNeeds = (type: Place['type'], params: ApiRequest['params'] = {}): readonly Need[] => {
  const [vmid, pool, storage] = [textOf(params['vmid']), textOf(params['pool']), textOf(params['storage'])]
  const guest = pool === '' ? [`/vms/${vmid}`] : [`/pool/${pool}`, `/vms/${vmid}`]
  const isRestored = params['archive'] !== undefined || params['restore'] !== undefined
  const { unprivilegedKey = '' } = kindOfType(type)
  const isPrivileged = ['0', 'false'].includes(textOf(params[unprivilegedKey]))
  return [
    need(guest, 'VM.Allocate'),
    ...(storage === '' ? [] : [need(`/storage/${storage}`, 'Datastore.AllocateSpace')]),
    ...(isRestored ? [] : volumeNeeds(textOf(params['ostemplate']))),
    ...(isPrivileged ? [need('/', 'Sys.Modify')] : []),
    ...(isRestored ? [] : optionNeeds({ type, guest, isNew: true }, params)),
  ]
}

const cloneNeeds = (
  vmidOfSource: string,
  params: ApiRequest['params'] = {},
  storagesOf: StoragesOf,
): readonly Need[] => {
  const [vmid, pool, storage] = [textOf(params['newid']), textOf(params['pool']), textOf(params['storage'])]
  const source = `/vms/${vmidOfSource}`
  const storages = storage === '' ? storagesOf(Number(vmidOfSource)) : [storage]
  return [
    need(source, 'VM.Clone'),
    need(pool === '' ? `/vms/${vmid}` : [`/pool/${pool}`, `/vms/${vmid}`], 'VM.Allocate'),
    ...storages.map((each) => need(`/storage/${each}`, 'Datastore.AllocateSpace')),
  ]
}

const moveNeeds = (guest: string, params: ApiRequest['params'] = {}): readonly Need[] => {
  const storage = textOf(params['storage'])
  return [
    need(guest, 'VM.Config.Disk'),
    ...(storage === '' ? [] : [need(`/storage/${storage}`, 'Datastore.AllocateSpace')]),
  ]
}

const guestNeeds = (
  type: Place['type'],
  vmid: string,
  rest: string,
  request: ApiRequest,
  storagesOf: StoragesOf,
): readonly Need[] => {
  const { method, params } = request
  const guest = `/vms/${vmid}`
  if (rest === '') return method === 'DELETE' ? [need(guest, 'VM.Allocate')] : []
  if (rest === 'config')
    return method === 'GET' ? [need(guest, 'VM.Audit')] : optionNeeds({ type, guest: [guest], isNew: false }, params)
  if (rest === 'clone') return cloneNeeds(vmid, params, storagesOf)
  if (rest === 'move_disk' || rest === 'move_volume') return moveNeeds(guest, params)
  if (rest === 'resize') return [need(guest, 'VM.Config.Disk')]
  if (rest === 'template') return [need(guest, 'VM.Allocate')]
  if (rest === 'migrate') return [need(guest, 'VM.Migrate')]
  if (rest.startsWith('status/')) return method === 'GET' ? [need(guest, 'VM.Audit')] : [need(guest, 'VM.PowerMgmt')]
  if (/^snapshot\/[^/]+\/rollback$/.test(rest)) return [need(guest, 'VM.Snapshot', 'VM.Snapshot.Rollback')]
  if (rest.startsWith('snapshot')) return method === 'GET' ? [need(guest, 'VM.Audit')] : [need(guest, 'VM.Snapshot')]
  return []
}

const storageNeeds = (storage: string, method: string): readonly Need[] =>
  method === 'DELETE'
    ? [need(`/storage/${storage}`, 'Datastore.AllocateSpace', 'Datastore.Allocate')]
    : [need(`/storage/${storage}`, 'Datastore.Audit', 'Datastore.AllocateSpace')]

const poolNeeds = ({ method, params = {} }: ApiRequest): readonly Need[] => {
  if (method === 'GET') return []
  const vmids = textOf(params['vms']).split(/[,; ]+/)
  return [
    need(`/pool/${textOf(params['poolid'])}`, 'Pool.Allocate'),
    ...vmids.flatMap((vmid) => (vmid === '' ? [] : [need(`/vms/${vmid}`, 'VM.Allocate', 'Permissions.Modify')])),
  ]
}

/**
 * What restoring a destroyed guest takes besides room: its rights of its own are gone by then, so those on its pool, or on all guests, count. PVE asks
 * for some of them only in the task, when the guest is no longer there.
 */
export const restoreNeeds = ({ type, current, pool }: ObservedGuest, storages: readonly string[]): readonly Need[] => {
  const places = [...(pool === undefined ? [] : [`/pool/${pool}`]), '/vms']
  const { restore, unprivilegedKey } = kindOfType(type)
  return [
    need(places, 'VM.Allocate'),
    ...storages.map((storage) => need(`/storage/${storage}`, 'Datastore.AllocateSpace')),
    ...Object.entries(current).flatMap(([key, text]) => (/^net\d+$/.test(key) ? bridgeNeed(text) : [])),
    ...(restore.namesVolumes ? [need(places, 'VM.Config.Disk')] : []),
    ...(unprivilegedKey !== undefined && current[unprivilegedKey] !== '1' ? [need('/', 'Sys.Modify')] : []),
  ]
}

/**
 * What the server asks of the caller before it does this. Written after the API description's `permissions`
 * and PVE's check_vm_modify_config_perm, check_ct_modify_config_perm and check_storage_access.
 */
export const neededRights = (request: ApiRequest, storagesOf: StoragesOf = () => []): readonly Need[] => {
  const { path, params, method } = request
  const [, type, vmid, rest = ''] = /^\/nodes\/[^/]+\/(qemu|lxc)(?:\/(\d+)(?:\/(.*))?)?$/.exec(path) ?? []
  if (isGuestType(type))
    return vmid === undefined ? creationNeeds(type, params) : guestNeeds(type, vmid, rest, request, storagesOf)
  const storage = /^\/nodes\/[^/]+\/storage\/([^/]+)\/content/.exec(path)?.[1]
  if (storage !== undefined) return storageNeeds(storage, method)
  if (/^\/nodes\/[^/]+\/vzdump$/.test(path)) {
    const target = textOf(params?.['storage'])
    return [
      need(`/vms/${textOf(params?.['vmid'])}`, 'VM.Backup'),
      ...(target === '' ? [] : [need(`/storage/${target}`, 'Datastore.AllocateSpace')]),
    ]
  }
  return path === '/pools' ? poolNeeds(request) : []
}
