import type { GuestKind } from '../../kinds/kind.ts'
import { type Config, isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { GuestRef } from '../../resource/guest.ts'
import { guestPath } from '../../resource/guest.ts'
import type { ObservedGuest, PendingChange, RawConfig } from '../../resource/observed.ts'
import type { ApiRequest, RequestParam } from '../../resource/request.ts'

/** A guest's configuration as it will be between two steps: what the server will hold, live and pending. */
export interface GuestState {
  readonly running: boolean
  readonly current: RawConfig
  readonly pending: { readonly [key: string]: PendingChange }
}

/** One write to a configuration: texts to set, keys to delete. */
export interface ConfigWrite {
  readonly set: { readonly [key: string]: string }
  readonly remove: readonly string[]
}

export const stateOf = (guest: ObservedGuest): GuestState => ({
  running: guest.status === 'running' || guest.status === 'paused',
  current: guest.current,
  pending: guest.pending,
})

/** The configuration the guest will have at its next start; a key that will be deleted is absent. */
export const textOf = (state: GuestState, key: string): string | undefined => {
  const pending = state.pending[key]
  return pending === undefined ? state.current[key] : pending.value
}

export const keysOf = (state: GuestState): readonly string[] =>
  [...new Set([...Object.keys(state.current), ...Object.keys(state.pending)])].filter(
    (key) => textOf(state, key) !== undefined,
  )

/** What decides whether devices can be plugged into the running guest. */
export const pluggingConfig = (state: GuestState, kind: GuestKind): Config => {
  const { hotplug, numa, ostype } = state.current
  return {
    ...(hotplug !== undefined && { hotplug: kind.decodeValue('hotplug', hotplug) }),
    ...(numa !== undefined && { numa: numa === '1' }),
    ...(ostype !== undefined && { ostype }),
  }
}

const bootOrder = ({ boot = '' }: RawConfig): readonly string[] | undefined =>
  /^order=(.*)$/.exec(boot)?.[1]?.split(';')

/** A disk that the VM boots from, which PVE unplugs from none that runs. PVE source: vm_deviceunplug, get_bootdisks. */
export const isBootDisk = (state: GuestState, kind: GuestKind, key: string): boolean =>
  kind.volumeProperty(key) !== undefined &&
  (bootOrder(state.current)?.includes(key) ?? state.current['bootdisk'] === key)

/** Whether a write of this key stays pending on the guest as it is. `plugging`: as `pluggingConfig` of the guest before the whole write. */
export const staysPending = (
  state: GuestState,
  kind: GuestKind,
  key: string,
  text: string | undefined,
  plugging: Config = pluggingConfig(state, kind),
): boolean => {
  if (!state.running) return false
  const before = state.current[key]
  if (text === undefined && before !== undefined && isBootDisk(state, kind, key)) return true
  const read = (value: string | undefined) => (value === undefined ? undefined : kind.decodeValue(key, value))
  return kind.change(key, read(before), read(text), plugging) !== 'live'
}

/** Whether a running guest has what is written for this key only from its next start on, wherever the server keeps it until then. */
export const waitsForStart = (state: GuestState, kind: GuestKind, key: string, text: string | undefined): boolean =>
  state.running &&
  (kind.isReadAtStart(key, state.current, state.current[key], text) || staysPending(state, kind, key, text))

const without = <T>(table: { readonly [key: string]: T }, key: string): { readonly [key: string]: T } => {
  const { [key]: _gone, ...rest } = table
  return rest
}

const writeKey = (
  state: GuestState,
  kind: GuestKind,
  key: string,
  text: string | undefined,
  plugging: Config,
): GuestState => {
  const pending = without(state.pending, key)
  if (text === state.current[key]) return { ...state, pending }
  if (staysPending(state, kind, key, text, plugging)) {
    return { ...state, pending: { ...pending, [key]: text === undefined ? {} : { value: text } } }
  }
  const current = text === undefined ? without(state.current, key) : { ...state.current, [key]: text }
  return { ...state, current, pending }
}

/** The boot order without a device, as PVE rewrites it when the device goes; undefined when it was not in it. */
const bootWithout = (boot: string | undefined, key: string): string | undefined => {
  const order = /^order=(.*)$/.exec(boot ?? '')?.[1]?.split(';')
  if (!order?.includes(key)) return undefined
  const rest = order.filter((device) => device !== key)
  return rest.length === 0 ? ' ' : `order=${rest.join(';')}`
}

/** The text is a CD drive, with or without a medium, and not the cloud-init drive. */
export const isCdDrive = (kind: GuestKind, key: string, text: string): boolean => {
  if (kind.volumeProperty(key) === undefined) return false
  const value = kind.decodeValue(key, text)
  return isPropertyMap(value) && value['media'] === 'cdrom'
}

/** The boot order with CD drives that were written, which PVE appends to the order in force, not to a pending one; undefined: it stays. */
const bootWith = (state: GuestState, kind: GuestKind, { set }: ConfigWrite): string | undefined => {
  const order = bootOrder(state.current)
  const drives = Object.entries(set).filter(([key, text]) => isCdDrive(kind, key, text) && !order?.includes(key))
  return order === undefined || drives.length === 0 || 'boot' in set
    ? undefined
    : `order=${[...order, ...drives.map(([key]) => key).sort()].join(';')}`
}

/**
 * The state after a write, as PVE carries it out: a device that goes leaves the boot order too, and a CD drive that is written joins it; an order of
 * devices takes the place of `bootdisk`; whether devices can be plugged is decided by what `hotplug` was before the write.
 */
export const afterWrite = (state: GuestState, kind: GuestKind, write: ConfigWrite): GuestState => {
  const plugging = pluggingConfig(state, kind)
  let next = state
  const put = (key: string, text: string | undefined) => {
    next = writeKey(next, kind, key, text, plugging)
  }
  for (const [key, text] of Object.entries(write.set)) put(key, text)
  if (write.set['boot']?.startsWith('order=') && textOf(state, 'bootdisk') !== undefined) put('bootdisk', undefined)
  const longer = bootWith(state, kind, write)
  if (longer !== undefined) put('boot', longer)
  for (const key of write.remove) {
    const boot = bootWithout(textOf(next, 'boot'), key)
    put(key, undefined)
    if (boot !== undefined) put('boot', boot)
  }
  return next
}

/** After the guest has stopped, or been restarted, nothing is pending any more. */
export const afterRestart = (state: GuestState, { running }: { readonly running: boolean }): GuestState => ({
  running,
  current: effectiveConfig(state),
  pending: {},
})

export const configPath = (guest: GuestRef): string => `${guestPath(guest)}/config`

/** A configuration write as a request; nothing when there is nothing to write. */
export const configRequests = (
  guest: GuestRef,
  set: { readonly [key: string]: RequestParam },
  remove: readonly string[] = [],
  more: { readonly [name: string]: RequestParam } = {},
): readonly ApiRequest[] => {
  const params = { ...set, ...(remove.length > 0 && { delete: [...remove].sort().join(',') }), ...more }
  if (Object.keys(params).length === 0) return []
  return [{ method: 'PUT', path: configPath(guest), params, digest: true }]
}

/** A deletion leaves a container's pending value standing, which would come with its next start: it is withdrawn first. */
export const writeRequests = (
  kind: GuestKind,
  guest: GuestRef,
  state: GuestState,
  { set, remove }: ConfigWrite,
): readonly ApiRequest[] => {
  const withdrawn = kind.keepsPending ? remove.filter((key) => state.pending[key]?.value !== undefined) : []
  const isLeft = (key: string) => !withdrawn.includes(key) || state.current[key] !== undefined
  return [
    ...(withdrawn.length > 0 ? configRequests(guest, {}, [], { revert: [...withdrawn].sort().join(',') }) : []),
    ...configRequests(guest, set, remove.filter(isLeft)),
  ]
}

/** PVE shows an empty value as a blank; only an empty text is accepted back. */
const sendable = (text: string): string => (text.trim() === '' ? '' : text)

/** PVE erases a cloud-init drive that goes: the way back asks for a new one instead of naming the old, and gets the same name. */
const remade = (kind: GuestKind, key: string, text: string): string => {
  if (!text.includes('cloudinit') || kind.volumeProperty(key) === undefined) return text
  const value = kind.decodeValue(key, text)
  return isPropertyMap(value) && value['media'] === 'cloudinit' ? `${value['storage']}:cloudinit` : text
}

/** Splits the way back to a state into texts to set and keys to delete. */
const wayBack = (
  kind: GuestKind,
  texts: readonly (readonly [key: string, text: string | undefined])[],
): ConfigWrite => ({
  set: Object.fromEntries(
    texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, sendable(remade(kind, key, text))] as const])),
  ),
  remove: texts.flatMap(([key, text]) => (text === undefined ? [key] : [])),
})

/** Whether PVE refuses a write of these keys while the guest is protected: of a VM the removal of drives, of a container any write of one. */
const isProtected = (kind: GuestKind, before: GuestState, after: GuestState, keys: readonly string[]): boolean =>
  textOf(after, 'protection') === '1' &&
  keys.some(
    (key) =>
      kind.volumeProperty(key) !== undefined &&
      (kind.protectionForbids === 'writing' || textOf(before, key) === undefined),
  )

/** A CD drive that is written on the way back: PVE appends it to the boot order unless it stands there, so that the order is set again then. */
const isReturningDrive = (kind: GuestKind, before: GuestState, after: GuestState, key: string): boolean => {
  const text = textOf(before, key)
  if (text === undefined || textOf(before, 'boot') === undefined || text === textOf(after, key)) return false
  return isCdDrive(kind, key, text) && !(bootOrder(after.current)?.includes(key) ?? false)
}

/**
 * Requests that bring keys back to what they were in `before`, exactly: values, absence and pending changes. What `after` holds as
 * pending and `before` did not is reverted first, because a container keeps a pending new key when told to delete it (seen on PVE
 * 9.2). A protection is written in a request of its own, last, and lifted for what it forbids. They may be sent whether or not the guest was
 * restarted in between, and again when they were sent before.
 */
export const restoreRequests = (
  kind: GuestKind,
  guest: GuestRef,
  { before, after }: { readonly before: GuestState; readonly after: GuestState },
  keys: readonly string[],
): readonly ApiRequest[] => {
  const lifts = isProtected(kind, before, after, keys)
  const all = new Set([...keys, ...(keys.some((key) => isReturningDrive(kind, before, after, key)) ? ['boot'] : [])])
  const sorted = [...all].sort().filter((key) => key !== 'protection')
  const revert = sorted.filter((key) => after.pending[key] !== undefined && before.pending[key] === undefined)
  const { set, remove } = wayBack(
    kind,
    sorted.map((key) => [key, textOf(before, key)]),
  )
  // The boot order may name a device that comes back with the same write, so it follows in one of its own.
  const { boot, hotplug, ...rest } = set
  // What devices are plugged by is decided by what is in force before a write (seen in PVE's source), so it comes back before them.
  const isFirst = sorted.includes('hotplug') && sorted.length > 1
  const others = isFirst || hotplug === undefined ? rest : { ...rest, hotplug }
  const plugging = isFirst ? wayBack(kind, [['hotplug', textOf(before, 'hotplug')]]) : { set: {}, remove: [] }
  const protection = wayBack(kind, [['protection', textOf(before, 'protection')]])
  return [
    ...(lifts ? configRequests(guest, { protection: 0 }) : []),
    ...(revert.length === 0 ? [] : configRequests(guest, {}, [], { revert: revert.join(',') })),
    ...configRequests(guest, plugging.set, plugging.remove),
    ...configRequests(
      guest,
      others,
      remove.filter((key) => !plugging.remove.includes(key)),
    ),
    ...(boot === undefined ? [] : configRequests(guest, { boot })),
    ...(lifts || keys.includes('protection') ? configRequests(guest, protection.set, protection.remove) : []),
  ]
}

/**
 * Undoes a restart: what was pending before has taken effect meanwhile, so the live values are put back, the guest is brought to its old
 * power state by `power`, and what was pending becomes pending again.
 */
export const restoreRestart = (
  kind: GuestKind,
  guest: GuestRef,
  before: GuestState,
  power: readonly ApiRequest[],
): readonly ApiRequest[] => {
  const keys = Object.keys(before.pending).sort()
  const live = wayBack(
    kind,
    keys.map((key) => [key, before.current[key]]),
  )
  const kept = wayBack(
    kind,
    keys.map((key) => [key, before.pending[key]?.value]),
  )
  return [...configRequests(guest, live.set, live.remove), ...power, ...configRequests(guest, kept.set, kept.remove)]
}

/** The lowest free `unusedN`, where PVE puts the next detached volume. */
export const nextUnused = (state: GuestState): string => {
  const taken = new Set(keysOf(state))
  let index = 0
  while (taken.has(`unused${index}`)) index++
  return `unused${index}`
}
