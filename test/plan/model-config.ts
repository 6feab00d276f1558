import { createHash } from 'node:crypto'
import { kindOfType } from '../../src/kinds/registry.ts'
import { formatSize } from '../../src/kinds/value/size.ts'
import type { GuestType } from '../../src/resource/guest.ts'
import type { ObservedStorage, PendingChange } from '../../src/resource/observed.ts'

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

export const refuse = (message: string): never => {
  throw new Error(`refused: ${message}`)
}

export const textOf = (value: unknown): string => (value === true ? '1' : value === false ? '0' : String(value))
export const isVolumeKey = (type: GuestType, key: string) =>
  type === 'qemu' ? /^(?:(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0)$/.test(key) : /^(?:rootfs|mp\d+)$/.test(key)
export const parts = (text: string) => text.split(',')
export const head = (text: string) => (parts(text)[0] ?? '').replace(/^(?:file|volume)=/, '')
export const storageOf = (volume: string) => volume.split(':')[0] ?? ''

export const storageType = (model: Model, node: string, storage: string) =>
  model.storages.find((each) => each.storage === storage && each.node === node)?.type ??
  refuse(`storage '${storage}' does not exist`)

export const allocate = (
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

export const defaultFormat = (guest: ModelGuest) => (guest.type === 'qemu' ? 'qcow2' : 'raw')

/** What PVE stores for a drive: volume first, the rest sorted, its real size. */
export const driveText = (model: Model, guest: ModelGuest, key: string, text: string): string => {
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

export const nicText = (model: Model, guest: ModelGuest, text: string): string => {
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

export const stored = (model: Model, guest: ModelGuest, key: string, text: string): string => {
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

export const effective = (guest: ModelGuest, key: string): string | undefined =>
  guest.pending[key] ? guest.pending[key]?.value : guest.current[key]

const nextUnused = (guest: ModelGuest): string => {
  for (let index = 0; ; index++) if (!(`unused${index}` in guest.current)) return `unused${index}`
}

export const isOwnVolume = (guest: ModelGuest, key: string, text: string): boolean => {
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

/** PVE appends a CD drive that is written to the boot order in force, not to a pending one; the cloud-init drive is none. */
const joinBoot = (guest: ModelGuest, key: string): void => {
  const text = effective(guest, key) ?? ''
  const order = /^order=(.*)$/.exec(guest.current['boot'] ?? '')?.[1]?.split(';')
  if (guest.type !== 'qemu' || !/media=cdrom/.test(text) || /cloudinit/.test(text) || !order || order.includes(key))
    return
  writeKey(guest, 'boot', `order=${[...order, key].join(';')}`)
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
  if (isVolumeKey(guest.type, key)) joinBoot(guest, key)
}

const NOT_KEYS = new Set(['digest', 'delete', 'revert', 'force', 'vmid'])

/** A protected container lets no mount point be written, whatever else the request says (seen on PVE 9.2). */
const checkProtected = (guest: ModelGuest, keys: readonly string[]): void => {
  if (guest.type !== 'lxc' || guest.current['protection'] !== '1') return
  for (const key of keys)
    if (key === 'rootfs' || /^mp\d+$/.test(key))
      refuse(`can't update CT ${guest.vmid} drive '${key}' - protection mode enabled`)
}

export const writeConfig = (model: Model, guest: ModelGuest, params: Params): null => {
  const list = (name: string) =>
    textOf(params[name] ?? '')
      .split(',')
      .filter(Boolean)
  checkProtected(guest, [...Object.keys(params), ...list('delete')])
  for (const key of list('revert')) delete guest.pending[key]
  for (const key of list('delete')) {
    if (key in params && !NOT_KEYS.has(key)) refuse(`you can't use '-${key}' and '-delete ${key}' at the same time`)
    deleteKey(model, guest, key, params['force'] === true)
  }
  for (const [key, value] of Object.entries(params)) if (!NOT_KEYS.has(key)) setKey(model, guest, key, textOf(value))
  return null
}

export const applyPending = (model: Model, guest: ModelGuest): void => {
  for (const [key, { value }] of Object.entries(guest.pending).sort()) {
    const before = guest.current[key]
    if (value === undefined) delete guest.current[key]
    else guest.current[key] = value
    if (before !== undefined && head(before) !== head(value ?? '')) release(model, guest, key, before, false)
  }
  guest.pending = {}
}
