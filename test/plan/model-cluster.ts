import { createHash } from 'node:crypto'
import { kindOfType } from '../../src/kinds/registry.ts'
import { formatSize, parseSize } from '../../src/kinds/size.ts'
import type { GuestType, Vmid } from '../../src/resource/guest.ts'
import type { Observed, ObservedGuest, ObservedStorage, PendingChange } from '../../src/resource/observed.ts'

/** A small in-memory Proxmox VE: enough of its rules to carry plans out and back, written from what a real server was seen to do. */
export interface ModelGuest {
  type: GuestType
  vmid: number
  node: string
  status: 'running' | 'stopped' | 'paused'
  pool?: string
  current: Record<string, string>
  pending: Record<string, PendingChange>
  snapshots: Record<string, { config: Record<string, string>; sizes: Record<string, number> }>
}

export interface Model {
  nodes: string[]
  storages: ObservedStorage[]
  pools: Record<string, string>
  guests: Record<number, ModelGuest>
  /** Volume id → bytes. */
  volumes: Record<string, number>
  backups: { volid: string; notes: string; vmid: number; guest: ModelGuest; sizes: Record<string, number> }[]
  serial: number
}

export type Params = Readonly<Record<string, unknown>>

const refuse = (message: string): never => {
  throw new Error(`refused: ${message}`)
}

const textOf = (value: unknown): string => (value === true ? '1' : value === false ? '0' : String(value))
const isVolumeKey = (type: GuestType, key: string) =>
  type === 'qemu' ? /^(?:(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0)$/.test(key) : /^(?:rootfs|mp\d+)$/.test(key)
const parts = (text: string) => text.split(',')
const head = (text: string) => (parts(text)[0] ?? '').replace(/^(?:file|volume)=/, '')
const storageOf = (volume: string) => volume.split(':')[0] ?? ''

const storageType = (model: Model, node: string, storage: string) =>
  model.storages.find((each) => each.storage === storage && each.node === node)?.type ??
  refuse(`storage '${storage}' does not exist`)

const allocate = (
  model: Model,
  guest: ModelGuest,
  storage: string,
  bytes: number,
  format: string,
  base = 'disk',
): string => {
  const type = storageType(model, guest.node, storage)
  const files = type === 'dir' || type === 'nfs'
  for (let index = 0; ; index++) {
    const name = base === 'cloudinit' ? `vm-${guest.vmid}-cloudinit` : `vm-${guest.vmid}-${base}-${index}`
    const volume = files ? `${storage}:${guest.vmid}/${name}.${format}` : `${storage}:${name}`
    const plain = Object.keys(model.volumes).map((each) => each.replace(/\.\w+$/, ''))
    if (base !== 'cloudinit' && plain.includes(volume.replace(/\.\w+$/, ''))) continue
    model.volumes[volume] = bytes
    return volume
  }
}

const defaultFormat = (guest: ModelGuest) => (guest.type === 'qemu' ? 'qcow2' : 'raw')

/** What PVE stores for a drive: volume first, the rest sorted, its real size. */
const driveText = (model: Model, guest: ModelGuest, key: string, text: string): string => {
  const options = new Map(
    parts(text)
      .slice(1)
      .map((part) => part.split('=', 2) as [string, string]),
  )
  const wanted = head(text)
  let volume = wanted
  const size = /^([^:]+):(\d+(?:\.\d+)?)$/.exec(wanted)
  if (size) {
    const bytes = options.has('import-from') ? 2 ** 30 : Number(size[2]) * 2 ** 30
    const fixed = key === 'efidisk0' ? 540672 : key === 'tpmstate0' ? 4 * 2 ** 20 : bytes
    volume = allocate(
      model,
      guest,
      size[1] ?? '',
      fixed,
      options.get('format') ?? (key === 'tpmstate0' ? 'raw' : defaultFormat(guest)),
    )
    options.delete('format')
    options.delete('import-from')
  } else if (/:cloudinit$/.test(wanted)) {
    volume = allocate(model, guest, storageOf(wanted), 4 * 2 ** 20, 'qcow2', 'cloudinit')
    options.set('media', 'cdrom')
    options.delete('size')
    return [volume, ...[...options].map(([name, value]) => `${name}=${value}`).sort()].join(',')
  }
  const bytes = model.volumes[volume]
  if (bytes !== undefined && !volume.includes('cloudinit')) options.set('size', formatSize(bytes))
  return [volume, ...[...options].map(([name, value]) => `${name}=${value}`).sort()].join(',')
}

const nicText = (model: Model, guest: ModelGuest, text: string): string => {
  const mac = `BC:24:11:${createHash('sha1')
    .update(`${model.serial++}`)
    .digest('hex')
    .slice(0, 6)
    .toUpperCase()
    .match(/../g)
    ?.join(':')}`
  if (guest.type === 'lxc') {
    const all = /hwaddr=/.test(text) ? parts(text) : [...parts(text), `hwaddr=${mac}`]
    const [name, ...others] = [
      ...all.filter((part) => part.startsWith('name=')),
      ...all.filter((part) => !part.startsWith('name=')),
    ]
    return [name, ...[...new Set([...others, 'type=veth'])].sort()].join(',')
  }
  const [model0, ...others] = parts(text)
  const named = model0?.includes('=') ? model0 : `${model0}=${mac}`
  return [named, ...others.sort()].join(',')
}

const stored = (model: Model, guest: ModelGuest, key: string, text: string): string => {
  if (isVolumeKey(guest.type, key)) return driveText(model, guest, key, text)
  if (/^net\d+$/.test(key)) return nicText(model, guest, text)
  if (key === 'tags')
    return (
      [
        ...new Set(
          text
            .toLowerCase()
            .split(/[;, ]+/)
            .filter(Boolean),
        ),
      ]
        .sort()
        .join(';') || ' '
    )
  if (key === 'description' && guest.type === 'lxc') return `${text.replace(/\n$/, '')}\n`
  if (key === 'cipassword' || key === 'password') return '**********'
  return text === '' ? ' ' : text
}

const effective = (guest: ModelGuest, key: string): string | undefined =>
  guest.pending[key] ? guest.pending[key]?.value : guest.current[key]

const nextUnused = (guest: ModelGuest): string => {
  for (let index = 0; ; index++) if (!(`unused${index}` in guest.current)) return `unused${index}`
}

const isOwnVolume = (guest: ModelGuest, key: string, text: string): boolean => {
  const kind = kindOfType(guest.type)
  return kind.isVolume(key, kind.decodeValue(key, text))
}

const release = (model: Model, guest: ModelGuest, key: string, text: string, erase: boolean): void => {
  if (!isVolumeKey(guest.type, key)) return
  const volume = head(text)
  if (volume.includes('cloudinit')) delete model.volumes[volume]
  else if (isOwnVolume(guest, key, text)) {
    if (erase) delete model.volumes[volume]
    else guest.current[nextUnused(guest)] = volume
  }
}

const staysPending = (guest: ModelGuest, key: string, text: string | undefined): boolean => {
  if (guest.status === 'stopped') return false
  const kind = kindOfType(guest.type)
  const read = (value: string | undefined) => (value === undefined ? undefined : kind.decodeValue(key, value))
  return kind.change(key, read(guest.current[key]), read(text), {}) !== 'live'
}

const dropFromBoot = (guest: ModelGuest, key: string): void => {
  const boot = effective(guest, 'boot')
  const order = /^order=(.*)$/.exec(boot ?? '')?.[1]?.split(';')
  if (!order?.includes(key)) return
  const rest = order.filter((device) => device !== key)
  writeKey(guest, 'boot', rest.length === 0 ? ' ' : `order=${rest.join(';')}`)
}

const writeKey = (guest: ModelGuest, key: string, text: string | undefined): void => {
  delete guest.pending[key]
  if (guest.current[key] === text) return
  if (staysPending(guest, key, text)) guest.pending[key] = text === undefined ? {} : { value: text }
  else if (text === undefined) delete guest.current[key]
  else guest.current[key] = text
}

const deleteKey = (model: Model, guest: ModelGuest, key: string, erase: boolean): void => {
  if (/^unused\d+$/.test(key)) {
    const volume = guest.current[key]
    if (volume !== undefined) delete model.volumes[volume]
    delete guest.current[key]
    return
  }
  const before = guest.current[key]
  const pending = guest.pending[key]?.value
  if (before === undefined && pending === undefined) return
  // A running container keeps a pending new key when told to delete it (seen on PVE 9.2).
  if (guest.type === 'lxc' && guest.status === 'running' && before === undefined) return
  if (guest.type === 'lxc' && ['memory', 'rootfs', 'ostype'].includes(key))
    refuse(`unable to delete required option '${key}'`)
  if (isVolumeKey(guest.type, key) && guest.current['protection'] === '1')
    refuse(`can't remove drive '${key}' - protection mode enabled`)
  if (guest.type === 'qemu') dropFromBoot(guest, key)
  if (pending !== undefined && before !== undefined && head(pending) !== head(before))
    release(model, guest, key, pending, false)
  if (pending !== undefined && before === undefined) release(model, guest, key, pending, false)
  writeKey(guest, key, undefined)
  if (before !== undefined && !(key in guest.current)) release(model, guest, key, before, erase)
}

const setKey = (model: Model, guest: ModelGuest, key: string, value: string): void => {
  const before = guest.current[key]
  const text = stored(model, guest, key, value)
  if (key === 'boot') {
    for (const device of /^order=(.*)$/.exec(value)?.[1]?.split(';') ?? [])
      if (effective(guest, device) === undefined) refuse(`invalid bootorder: device '${device}' does not exist'`)
  }
  if (isVolumeKey(guest.type, key)) {
    const [unused] =
      Object.entries(guest.current).find(([name, volume]) => /^unused/.test(name) && volume === head(text)) ?? []
    if (unused !== undefined) delete guest.current[unused]
  }
  writeKey(guest, key, text)
  const gone = before !== undefined && guest.current[key] !== before && head(before) !== head(guest.current[key] ?? '')
  if (gone && isVolumeKey(guest.type, key)) release(model, guest, key, before, false)
}

const NOT_KEYS = new Set(['digest', 'delete', 'revert', 'force', 'vmid'])

const writeConfig = (model: Model, guest: ModelGuest, params: Params): null => {
  const list = (name: string) =>
    textOf(params[name] ?? '')
      .split(',')
      .filter(Boolean)
  for (const key of list('revert')) delete guest.pending[key]
  for (const key of list('delete')) {
    if (key in params && !NOT_KEYS.has(key)) refuse(`you can't use '-${key}' and '-delete ${key}' at the same time`)
    deleteKey(model, guest, key, params['force'] === true)
  }
  for (const [key, value] of Object.entries(params)) if (!NOT_KEYS.has(key)) setKey(model, guest, key, textOf(value))
  return null
}

const applyPending = (model: Model, guest: ModelGuest): void => {
  for (const [key, { value }] of Object.entries(guest.pending).sort()) {
    const before = guest.current[key]
    if (value === undefined) delete guest.current[key]
    else guest.current[key] = value
    if (before !== undefined && head(before) !== head(value ?? '')) release(model, guest, key, before, false)
  }
  guest.pending = {}
}

const power = (model: Model, guest: ModelGuest, action: string): string => {
  if (action === 'start') {
    if (guest.status !== 'stopped') refuse(`${guest.vmid} already running`)
    applyPending(model, guest)
    guest.status = 'running'
  } else if (action === 'stop' || action === 'shutdown') {
    if (guest.status === 'stopped' && guest.type === 'lxc') refuse(`CT ${guest.vmid} not running`)
    guest.status = 'stopped'
    applyPending(model, guest)
  } else if (action === 'resume') guest.status = 'running'
  else if (action === 'suspend') guest.status = 'paused'
  else refuse(`no such action ${action}`)
  return 'UPID'
}

const uuid = (model: Model): string => {
  const hex = createHash('sha1')
    .update(`uuid ${model.serial++}`)
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

const create = (model: Model, type: GuestType, node: string, params: Params): string => {
  const vmid = Number(params['vmid'])
  if (model.guests[vmid]) refuse(`unable to create VM ${vmid} - VM ${vmid} already exists on node '${node}'`)
  const archive = params['archive'] ?? (params['restore'] === true ? params['ostemplate'] : undefined)
  if (archive !== undefined) return restore(model, String(archive), params)
  const guest: ModelGuest = { type, vmid, node, status: 'stopped', current: {}, pending: {}, snapshots: {} }
  if (params['pool'] !== undefined) guest.pool = textOf(params['pool'])
  if (guest.pool !== undefined && !(guest.pool in model.pools)) refuse('no such pool')
  if (type === 'qemu') guest.current = { smbios1: `uuid=${uuid(model)}`, vmgenid: uuid(model) }
  else guest.current = { arch: 'amd64', ostype: 'debian', memory: '512', swap: '512' }
  const skip = ['vmid', 'pool', 'ostemplate', 'password', 'ssh-public-keys']
  for (const [key, value] of Object.entries(params))
    if (!skip.includes(key)) guest.current[key] = stored(model, guest, key, textOf(value))
  if (type === 'lxc' && !guest.current['rootfs']) refuse('rootfs missing')
  model.guests[vmid] = guest
  return 'UPID'
}

const restore = (model: Model, volid: string, params: Params): string => {
  const backup = model.backups.find((each) => each.volid === volid) ?? refuse(`no backup ${volid}`)
  const guest = structuredClone(backup.guest)
  guest.status = 'stopped'
  guest.snapshots = {}
  delete guest.current['parent']
  delete guest.pool
  if (params['pool'] !== undefined) guest.pool = textOf(params['pool'])
  Object.assign(model.volumes, backup.sizes)
  model.guests[backup.vmid] = guest
  return 'UPID'
}

const clone = (model: Model, source: ModelGuest, params: Params): string => {
  const vmid = Number(params['newid'])
  if (model.guests[vmid]) refuse(`unable to create VM ${vmid}: config file already exists`)
  const target = textOf(params['target'] ?? source.node)
  const guest: ModelGuest = {
    type: source.type,
    vmid,
    node: source.node,
    status: 'stopped',
    current: {},
    pending: {},
    snapshots: {},
  }
  if (params['pool'] !== undefined) guest.pool = textOf(params['pool'])
  for (const [key, text] of Object.entries(source.current)) {
    if (/^(?:template|parent|unused\d+)$/.test(key)) continue
    if (isVolumeKey(source.type, key) && isOwnVolume(source, key, text)) {
      const storage = textOf(params['storage'] ?? storageOf(head(text)))
      const volume = allocate(
        model,
        guest,
        storage,
        model.volumes[head(text)] ?? 2 ** 30,
        /\.(\w+)$/.exec(head(text))?.[1] ?? defaultFormat(guest),
      )
      guest.current[key] = driveText(model, guest, key, [volume, ...parts(text).slice(1)].join(','))
    } else if (head(text).includes('cloudinit')) {
      guest.current[key] = driveText(model, guest, key, `${storageOf(head(text))}:cloudinit`)
    } else
      guest.current[key] = /^net\d+$/.test(key)
        ? nicText(model, guest, text.replace(/=[0-9A-F:]{17}|,hwaddr=[^,]*/g, ''))
        : text
  }
  if (source.type === 'qemu') Object.assign(guest.current, { smbios1: `uuid=${uuid(model)}`, vmgenid: uuid(model) })
  const name = source.type === 'qemu' ? 'name' : 'hostname'
  guest.current[name] = textOf(params[name] ?? `Copy-of-VM-${source.current[name]}`)
  guest.node = target
  model.guests[vmid] = guest
  return 'UPID'
}

const resize = (model: Model, guest: ModelGuest, params: Params): string => {
  const key = textOf(params['disk'])
  const text = guest.current[key] ?? refuse(`disk '${key}' does not exist`)
  const [have, want] = [model.volumes[head(text)] ?? 0, parseSize(textOf(params['size'])) ?? 0]
  if (want < have) refuse('shrinking disks is not supported')
  model.volumes[head(text)] = want
  guest.current[key] = driveText(model, guest, key, text)
  return 'UPID'
}

const moveDisk = (model: Model, guest: ModelGuest, params: Params): string => {
  const key = textOf(params['disk'] ?? params['volume'])
  const text = guest.current[key] ?? refuse(`disk '${key}' does not exist`)
  if (Object.keys(guest.snapshots).length > 0) refuse("you can't move a disk with snapshots and delete the source")
  if (guest.type === 'lxc' && guest.status === 'running') refuse('container is running')
  const old = head(text)
  const format = textOf(params['format'] ?? /\.(\w+)$/.exec(old)?.[1] ?? 'raw')
  const volume = allocate(model, guest, textOf(params['storage']), model.volumes[old] ?? 0, format)
  delete model.volumes[old]
  guest.current[key] = driveText(model, guest, key, [volume, ...parts(text).slice(1)].join(','))
  return 'UPID'
}

const volumesOf = (guest: ModelGuest): [string, string][] =>
  Object.entries(guest.current).filter(([key, text]) => isVolumeKey(guest.type, key) && isOwnVolume(guest, key, text))

const snapshot = (model: Model, guest: ModelGuest, name: string): string => {
  for (const [key, text] of volumesOf(guest)) {
    const type = storageType(model, guest.node, storageOf(head(text)))
    if ((type === 'dir' || type === 'nfs') && !head(text).endsWith('.qcow2'))
      refuse(`snapshot feature is not available (${key})`)
  }
  const sizes = Object.fromEntries(volumesOf(guest).map(([, text]) => [head(text), model.volumes[head(text)] ?? 0]))
  guest.snapshots[name] = { config: { ...guest.current }, sizes }
  guest.current['parent'] = name
  return 'UPID'
}

const rollback = (model: Model, guest: ModelGuest, name: string, params: Params): string => {
  const saved = guest.snapshots[name] ?? refuse(`snapshot '${name}' does not exist`)
  const kept = Object.entries(guest.current).filter(([key]) => key === 'description' || /^unused/.test(key))
  guest.current = { ...saved.config, ...Object.fromEntries(kept), parent: name }
  if (guest.type === 'qemu') guest.current['vmgenid'] = uuid(model)
  guest.pending = {}
  Object.assign(model.volumes, saved.sizes)
  guest.status = params['start'] === true ? 'running' : 'stopped'
  return 'UPID'
}

const dropSnapshot = (guest: ModelGuest, name: string): string => {
  const saved = guest.snapshots[name] ?? refuse(`snapshot '${name}' does not exist`)
  delete guest.snapshots[name]
  if (guest.current['parent'] !== name) return 'UPID'
  if (saved.config['parent'] === undefined) delete guest.current['parent']
  else guest.current['parent'] = saved.config['parent']
  return 'UPID'
}

const destroy = (model: Model, guest: ModelGuest): string => {
  if (guest.current['protection'] === '1') refuse(`can't remove VM ${guest.vmid} - protection mode enabled`)
  if (guest.status !== 'stopped') refuse(`VM ${guest.vmid} is running - destroy failed`)
  for (const [key, text] of Object.entries(guest.current)) {
    if (/^unused/.test(key)) delete model.volumes[text]
    if (isVolumeKey(guest.type, key) && (isOwnVolume(guest, key, text) || head(text).includes('cloudinit')))
      delete model.volumes[head(text)]
  }
  delete model.guests[guest.vmid]
  return 'UPID'
}

const vzdump = (model: Model, node: string, params: Params): string => {
  const guest = model.guests[Number(params['vmid'])] ?? refuse('no such guest')
  const volid = `${params['storage']}:backup/vzdump-${guest.type}-${guest.vmid}-${model.serial++}.zst`
  if (
    !model.storages.some(
      (each) => each.storage === params['storage'] && each.node === node && each.content.includes('backup'),
    )
  )
    refuse('no backup storage')
  const all = Object.values(guest.current)
    .map(head)
    .filter((volume) => volume in model.volumes)
  const sizes = Object.fromEntries(all.map((volume) => [volume, model.volumes[volume] ?? 0]))
  model.backups.push({
    volid,
    notes: textOf(params['notes-template']),
    vmid: guest.vmid,
    guest: structuredClone(guest),
    sizes,
  })
  return 'UPID'
}

const pools = (model: Model, method: string, params: Params): null => {
  const poolid = textOf(params['poolid'])
  if (method === 'POST') {
    if (poolid in model.pools) refuse(`pool '${poolid}' already exists`)
    model.pools[poolid] = textOf(params['comment'] ?? '')
    return null
  }
  if (!(poolid in model.pools)) refuse(`pool '${poolid}' does not exist`)
  if (method === 'DELETE') {
    if (Object.values(model.guests).some(({ pool }) => pool === poolid)) refuse(`pool '${poolid}' is not empty`)
    delete model.pools[poolid]
    return null
  }
  if (params['comment'] !== undefined) model.pools[poolid] = textOf(params['comment'])
  for (const vmid of textOf(params['vms'] ?? '')
    .split(',')
    .filter(Boolean)) {
    const guest = model.guests[Number(vmid)] ?? refuse('no such guest')
    if (params['delete'] === true) delete guest.pool
    else if (guest.pool !== undefined && params['allow-move'] !== true) refuse('allow-move is not set')
    else guest.pool = poolid
  }
  return null
}

const guestCall = (model: Model, guest: ModelGuest, method: string, rest: string, params: Params): unknown => {
  const snap = /^snapshot\/([^/]+)(\/rollback)?$/.exec(rest)
  if (rest === '' && method === 'DELETE') return destroy(model, guest)
  if (rest === 'config' && method === 'GET')
    return Object.fromEntries(
      Object.keys({ ...guest.current, ...guest.pending }).map((key) => [key, effective(guest, key)]),
    )
  if (rest === 'config') return writeConfig(model, guest, params)
  if (rest === 'pending') return Object.entries(guest.current).map(([key, value]) => ({ key, value }))
  if (rest === 'resize') return resize(model, guest, params)
  if (rest === 'clone') return clone(model, guest, params)
  if (rest === 'move_disk' || rest === 'move_volume') return moveDisk(model, guest, params)
  if (rest === 'template') return writeConfig(model, guest, { template: 1 })
  if (rest === 'snapshot') return snapshot(model, guest, textOf(params['snapname']))
  if (snap?.[2]) return rollback(model, guest, snap[1] ?? '', params)
  if (snap) return dropSnapshot(guest, snap[1] ?? '')
  if (rest === 'migrate') {
    guest.node = textOf(params['target'])
    return 'UPID'
  }
  if (rest.startsWith('status/')) return power(model, guest, rest.slice(7))
  return refuse(`no such call ${rest}`)
}

/** Carries one request out; throws when the server would refuse it or its task would fail. */
export const send = (model: Model, method: string, path: string, params: Params): unknown => {
  if (path === '/pools') return pools(model, method, params)
  const dump = /^\/nodes\/([^/]+)\/vzdump$/.exec(path)
  if (dump) return vzdump(model, dump[1] ?? '', params)
  const content = /^\/nodes\/[^/]+\/storage\/([^/]+)\/content(?:\/(.*))?$/.exec(path)
  if (content) {
    if (method === 'GET') return model.backups.filter(({ vmid }) => vmid === Number(params['vmid']))
    model.backups = model.backups.filter(({ volid }) => volid !== decodeURIComponent(content[2] ?? ''))
    return 'UPID'
  }
  const match = /^\/nodes\/([^/]+)\/(qemu|lxc)(?:\/(\d+)(?:\/(.*))?)?$/.exec(path)
  if (!match) return refuse(`no such path ${path}`)
  const [, node = '', type = 'qemu', vmid, rest = ''] = match
  if (vmid === undefined) return create(model, type as GuestType, node, params)
  const guest = model.guests[Number(vmid)]
  if (!guest || guest.node !== node || guest.type !== type)
    return refuse(`Configuration file for ${vmid} does not exist on ${node}`)
  return guestCall(model, guest, method, rest, params)
}

const digestOf = (guest: ModelGuest): string =>
  createHash('sha1')
    .update(JSON.stringify([Object.entries(guest.current).sort(), Object.entries(guest.pending).sort()]))
    .digest('hex')

/** The model as a sync would see it. */
export const observe = (model: Model): Observed => ({
  cluster: { name: 'model', version: '9.2.11' },
  nodes: model.nodes.map((node) => ({ node, status: 'online' as const })),
  storages: model.storages,
  pools: Object.entries(model.pools)
    .map(([poolid, comment]) => ({ poolid, ...(comment !== '' && { comment }) }))
    .sort((a, b) => (a.poolid < b.poolid ? -1 : 1)),
  guests: Object.values(model.guests)
    .sort((a, b) => a.vmid - b.vmid)
    .map(
      (guest): ObservedGuest => ({
        type: guest.type,
        vmid: guest.vmid as Vmid,
        node: guest.node,
        name: guest.current['name'] ?? guest.current['hostname'] ?? `VM ${guest.vmid}`,
        status: guest.status,
        template: guest.current['template'] === '1',
        ...(guest.pool !== undefined && { pool: guest.pool }),
        current: { ...guest.current },
        pending: { ...guest.pending },
        digest: digestOf(guest),
      }),
    ),
})

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** Everything that must be as before when a plan is undone, as text. Rolling back to a snapshot renews `vmgenid` by design. */
export const picture = ({ guests, volumes, pools: all, backups }: Model): string => {
  const shown = Object.values(guests).map(({ current, ...guest }) => {
    const { vmgenid: _renewed, ...config } = current
    return { ...guest, current: config }
  })
  return JSON.stringify(
    sorted({ guests: shown, volumes, pools: all, backups: backups.map(({ volid }) => volid) }),
    null,
    1,
  )
}
