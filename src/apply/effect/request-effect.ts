import { kindOfType } from '../../kinds/registry.ts'
import { type GuestRef, type GuestType, parseVmid } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { canonicalJson } from '../../util/canonical-json.ts'

/** Where PVE's task list has a task: a node, and the VMID in its id. */
export interface TaskPlace {
  readonly node: string
  readonly vmid: number
}

/** What a request is meant to change, read off its path, so that a lost answer can be settled by looking. */
export type RequestEffect =
  /** A guest comes into being: created, cloned or restored. Its task is filed under `filed`: for a clone that is the source. */
  | {
      readonly kind: 'guest-made'
      readonly guest: GuestRef
      readonly filed: TaskPlace
      readonly tasks: readonly string[]
    }
  | { readonly kind: 'guest-gone'; readonly guest: GuestRef; readonly tasks: readonly string[] }
  /** Configuration keys get new values or go; `keys` is `all` where a whole configuration is exchanged. */
  | {
      readonly kind: 'config'
      readonly guest: GuestRef
      readonly keys: readonly string[] | 'all'
      readonly tasks: readonly string[]
    }
  | {
      readonly kind: 'snapshot'
      readonly guest: GuestRef
      readonly name: string
      readonly present: boolean
      readonly tasks: readonly string[]
    }
  | {
      readonly kind: 'power'
      readonly guest: GuestRef
      /** Undefined where the state afterwards tells nothing: reboot, reset. */
      readonly running?: boolean
      readonly tasks: readonly string[]
    }
  | { readonly kind: 'moved'; readonly guest: GuestRef; readonly node: string; readonly tasks: readonly string[] }
  | { readonly kind: 'pool'; readonly poolid: string; readonly present: boolean }
  | { readonly kind: 'pool-comment'; readonly poolid: string; readonly comment: string }
  | {
      readonly kind: 'membership'
      readonly poolid: string
      readonly vmids: readonly number[]
      readonly present: boolean
    }
  /** Somebody gets, or loses, a role on a path. */
  | {
      readonly kind: 'grant'
      readonly path: string
      readonly who: readonly string[]
      readonly role: string
      readonly present: boolean
    }
  /** A backup archive comes into being; `notes` tell it from others. */
  | {
      readonly kind: 'backup'
      readonly storage: string
      readonly notes: string
      readonly filed: TaskPlace
      readonly tasks: readonly string[]
    }
  /** A volume is deleted; its id may still be a reference. PVE files the task under no VMID. */
  | { readonly kind: 'volume-gone'; readonly content: string; readonly volume: string }
  /** Nothing is known of it. */
  | { readonly kind: 'other'; readonly tasks: readonly string[] }

const GUEST = /^\/nodes\/([^/]+)\/(qemu|lxc)\/(\d+)(?:\/(.*))?$/

/** The guest whose configuration a path belongs to. */
export const guestOfPath = (path: string): { readonly guest: GuestRef; readonly rest: string } | undefined => {
  const match = GUEST.exec(path.split('?')[0] ?? '')
  const vmid = parseVmid(match?.[3])
  if (!match || vmid === undefined) return undefined
  return { guest: { node: match[1] ?? '', type: match[2] as GuestType, vmid }, rest: match[4] ?? '' }
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const listed = (value: unknown): readonly string[] =>
  text(value)
    .split(/[,; ]+/)
    .filter((name) => name !== '')
const word = (type: GuestType, name: string): string => `${kindOfType(type).taskPrefix}${name}`

/** Parameters of a configuration write that are no configuration keys. */
const NOT_KEYS = new Set([
  'digest',
  'delete',
  'revert',
  'force',
  'skiplock',
  'background_delay',
  'import-working-storage',
])

const configKeys = (params: ApiRequest['params']): readonly string[] => [
  ...Object.keys(params ?? {}).filter((key) => !NOT_KEYS.has(key)),
  ...listed(params?.['delete']),
  ...listed(params?.['revert']),
]

const POWER: Readonly<Record<string, boolean | undefined>> = {
  start: true,
  resume: true,
  stop: false,
  shutdown: false,
  reboot: undefined,
  reset: undefined,
  suspend: undefined,
}

const POWER_TASKS: Readonly<Record<string, string>> = { suspend: 'pause' }

const snapshotEffect = (
  guest: GuestRef,
  method: string,
  rest: string,
  params: ApiRequest['params'],
): RequestEffect | undefined => {
  const { type } = guest
  if (method === 'POST' && rest === 'snapshot')
    return { kind: 'snapshot', guest, name: text(params?.['snapname']), present: true, tasks: [word(type, 'snapshot')] }
  const [, name, verb] = /^snapshot\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? []
  if (name === undefined) return undefined
  if (method === 'DELETE')
    return {
      kind: 'snapshot',
      guest,
      name: decodeURIComponent(name),
      present: false,
      tasks: [word(type, 'delsnapshot')],
    }
  return verb === 'rollback' ? { kind: 'config', guest, keys: 'all', tasks: [word(type, 'rollback')] } : undefined
}

const guestEffect = (guest: GuestRef, rest: string, { method, params }: ApiRequest): RequestEffect | undefined => {
  const { type } = guest
  const { volumeMove, moveTask } = kindOfType(type)
  const disk = [text(params?.['disk'] ?? params?.['volume'])]
  if (method === 'DELETE' && rest === '') return { kind: 'guest-gone', guest, tasks: [word(type, 'destroy')] }
  if (rest === 'config') return { kind: 'config', guest, keys: configKeys(params), tasks: [word(type, 'config')] }
  if (rest === 'resize') return { kind: 'config', guest, keys: disk, tasks: ['resize'] }
  if (rest === volumeMove.call) return { kind: 'config', guest, keys: disk, tasks: [moveTask] }
  if (rest === 'template') return { kind: 'config', guest, keys: 'all', tasks: [word(type, 'template')] }
  if (rest === 'migrate')
    return { kind: 'moved', guest, node: text(params?.['target']), tasks: [word(type, 'migrate'), 'hamigrate'] }
  if (rest === 'clone') return cloneEffect(guest, params)
  const power = /^status\/(\w+)$/.exec(rest)?.[1]
  if (power !== undefined && method === 'POST') {
    const running = POWER[power]
    const tasks = [word(type, POWER_TASKS[power] ?? power), `ha${power}`]
    return { kind: 'power', guest, ...(running !== undefined && { running }), tasks }
  }
  return snapshotEffect(guest, method, rest, params)
}

const cloneEffect = (source: GuestRef, params: ApiRequest['params']): RequestEffect | undefined => {
  const vmid = parseVmid(params?.['newid'])
  if (vmid === undefined) return undefined
  const node = text(params?.['target']) || source.node
  const guest = { type: source.type, node, vmid }
  return {
    kind: 'guest-made',
    guest,
    filed: { node: source.node, vmid: source.vmid },
    tasks: [word(source.type, 'clone')],
  }
}

const creationEffect = ({ method, path, params }: ApiRequest): RequestEffect | undefined => {
  const [, node, type] = /^\/nodes\/([^/]+)\/(qemu|lxc)$/.exec(path) ?? []
  const vmid = parseVmid(params?.['vmid'])
  if (method !== 'POST' || node === undefined || vmid === undefined) return undefined
  const guest = { node, type: type as GuestType, vmid }
  const tasks = [word(guest.type, 'create'), word(guest.type, 'restore')]
  return { kind: 'guest-made', guest, filed: { node, vmid }, tasks }
}

const poolEffect = ({ method, path, params }: ApiRequest): RequestEffect | undefined => {
  const [, inPath] = /^\/pools\/?([^/?]*)$/.exec(path) ?? []
  if (inPath === undefined) return undefined
  const poolid = decodeURIComponent(inPath) || text(params?.['poolid'])
  if (method === 'POST') return { kind: 'pool', poolid, present: true }
  if (method === 'DELETE') return { kind: 'pool', poolid, present: false }
  const vmids = listed(params?.['vms']).map(Number)
  if (vmids.length > 0) return { kind: 'membership', poolid, vmids, present: params?.['delete'] === undefined }
  return params?.['comment'] === undefined
    ? undefined
    : { kind: 'pool-comment', poolid, comment: text(params['comment']) }
}

/** PVE API: POST /nodes/{node}/vzdump, DELETE /nodes/{node}/storage/{storage}/content/{volume}. */
const storageEffect = ({ method, path, params }: ApiRequest): RequestEffect | undefined => {
  const node = /^\/nodes\/([^/]+)\/vzdump$/.exec(path)?.[1]
  const vmid = parseVmid(params?.['vmid'])
  if (method === 'POST' && node !== undefined && vmid !== undefined)
    return {
      kind: 'backup',
      storage: text(params?.['storage']),
      notes: text(params?.['notes-template']),
      filed: { node, vmid },
      tasks: ['vzdump'],
    }
  const [, content, volume] = /^(\/nodes\/[^/]+\/storage\/[^/]+\/content)\/(.+)$/.exec(path) ?? []
  if (method !== 'DELETE' || content === undefined || volume === undefined) return undefined
  return { kind: 'volume-gone', content, volume: decodeURIComponent(volume) }
}

/** PVE API: PUT /access/acl. */
const grantEffect = ({ method, path, params }: ApiRequest): RequestEffect | undefined =>
  method === 'PUT' && path === '/access/acl'
    ? {
        kind: 'grant',
        path: text(params?.['path']),
        who: ['users', 'groups', 'tokens'].flatMap((name) => listed(params?.[name])),
        role: text(params?.['roles']),
        present: params?.['delete'] === undefined,
      }
    : undefined

/** What a request is meant to change. Only paths are looked at, and parameters that name things. */
export const effectOf = (request: ApiRequest): RequestEffect => {
  if (request.method === 'GET') return { kind: 'other', tasks: [] }
  const inGuest = guestOfPath(request.path)
  const effect = inGuest ? guestEffect(inGuest.guest, inGuest.rest, request) : undefined
  return (
    effect ??
    creationEffect(request) ??
    poolEffect(request) ??
    storageEffect(request) ??
    grantEffect(request) ?? { kind: 'other', tasks: [] }
  )
}

/** The guest a request changes, if it changes one. */
export const changedGuest = (effect: RequestEffect): GuestRef | undefined =>
  'guest' in effect ? effect.guest : undefined

/**
 * Whether PVE answers such a request with a task id, always: `null` then says nothing. Where the work may be done by the time of the answer it is
 * false (PVE API: `returns`).
 */
export const isTaskDue = (effect: RequestEffect, { method, path }: ApiRequest): boolean => {
  if (!('tasks' in effect) || effect.tasks.length === 0) return false
  if (/\/config$/.test(path)) return false
  const inGuest = guestOfPath(path)
  return !(method === 'POST' && inGuest && kindOfType(inGuest.guest.type).immediate.includes(inGuest.rest))
}

/** Where the task of such a request is found; undefined when it has none. */
export const taskPlace = (effect: RequestEffect): TaskPlace | undefined => {
  if (effect.kind === 'guest-made' || effect.kind === 'backup') return effect.filed
  return 'guest' in effect ? effect.guest : undefined
}

/** Keys that PVE changes by itself along with others, or that only mirror the guest's state. */
const COMPANIONS =
  /^(?:unused\d+|digest|lock|parent|boot|bootdisk|vmgenid|meta|snaptime|runningmachine|runningcpu|vmstate)$/

/** Keys that tell one guest from another. */
const MARKS = /^(?:smbios1|name|hostname|net\d+)$/

/** Whether a guest may be known by other marks after a request of ours. */
export const renewsIdentity = (effect: RequestEffect): boolean => {
  if (effect.kind === 'guest-made' || effect.kind === 'guest-gone') return true
  return effect.kind === 'config' && (effect.keys === 'all' || effect.keys.some((key) => MARKS.test(key)))
}

/** Configuration keys that a request may be expected to change, with those that PVE changes along with them; undefined: any. */
export const touchedKeys = (effect: RequestEffect): readonly string[] | undefined => {
  if (effect.kind === 'config') {
    if (effect.keys === 'all') return undefined
    const { sideEffects } = kindOfType(effect.guest.type)
    return [...new Set(effect.keys.flatMap((key) => [key, ...sideEffects(key)]))]
  }
  return effect.kind === 'snapshot' || effect.kind === 'power' ? [] : undefined
}

/** Whether two texts of a key say different things: PVE writes a mount point that was pending in another order once it takes effect. */
export const saysOther = (
  type: GuestType,
  key: string,
  before: string | undefined,
  after: string | undefined,
): boolean => {
  if (before === after) return false
  if (before === undefined || after === undefined) return true
  const { decodeValue } = kindOfType(type)
  return canonicalJson(decodeValue(key, before)) !== canonicalJson(decodeValue(key, after))
}

/** Keys that differ although nothing we sent should have changed them: somebody else's work. */
export const foreignKeys = (
  type: GuestType,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  touched: readonly string[],
): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !touched.includes(key) && !COMPANIONS.test(key) && saysOther(type, key, before[key], after[key]))
    .sort()
