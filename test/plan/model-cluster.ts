import { createHash } from 'node:crypto'
import { parseSize } from '../../src/kinds/value/size.ts'
import type { GuestType, Vmid } from '../../src/resource/guest.ts'
import type { Observed, ObservedGuest } from '../../src/resource/observed.ts'
import {
  allocate,
  applyPending,
  defaultFormat,
  driveText,
  effective,
  head,
  isOwnVolume,
  isVolumeKey,
  type Model,
  type ModelGuest,
  nicText,
  type Params,
  parts,
  refuse,
  storageOf,
  storageType,
  stored,
  textOf,
  writeConfig,
} from './model-config.ts'

export type { Model, ModelGuest } from './model-config.ts'

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
    const parent = /^(.+)\/[^/]*$/.exec(poolid)?.[1]
    if (parent !== undefined && !(parent in model.pools))
      refuse(`parent '${parent}' of pool '${poolid}' does not exist`)
    model.pools[poolid] = textOf(params['comment'] ?? '')
    return null
  }
  if (!(poolid in model.pools)) refuse(`pool '${poolid}' does not exist`)
  if (method === 'DELETE') {
    if (Object.values(model.guests).some(({ pool }) => pool === poolid)) refuse(`pool '${poolid}' is not empty`)
    const nested = Object.keys(model.pools).find((other) => other.startsWith(`${poolid}/`))
    if (nested !== undefined) refuse(`pool '${poolid}' is not empty (contains pool '${nested}')`)
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
