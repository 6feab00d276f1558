import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { storageOf, volumeOwner } from '../../kinds/value/volume.ts'
import { type Config, isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { type GuestRef, type GuestType, guestPath } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { afterWrite, configRequests, type GuestState, keysOf, restoreRequests } from '../state/guest-state.ts'

/** A volume that a declaration names, instead of having it made. */
export interface NamedVolume {
  readonly key: string
  readonly volume: string
}

/** PVE's text for a volume to be made: `local-lvm:32`. */
const ALLOCATION = /^[^:]+:\d+(?:\.\d+)?$/

/** Volumes of a declared configuration that were there before: what undoes the declaration must not take them along. */
export const namedVolumes = (kind: GuestKind, config: Config): readonly NamedVolume[] =>
  Object.entries(config)
    .flatMap(([key, value]) => {
      const property = kind.volumeProperty(key)
      if (property === undefined || !isPropertyMap(value) || !kind.isVolume(key, value)) return []
      const volume = value[property]
      if (typeof volume !== 'string' || storageOf(volume) === undefined || ALLOCATION.test(volume)) return []
      return [{ key, volume }]
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))

const numbered = (bus: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${bus}${index}`)

/** Buses that take a CD drive; a running VM is never given one at once on the first two. */
const CD_SLOTS = [...numbered('sata', 6), ...numbered('ide', 4), ...numbered('scsi', 31)]

const CD_MEDIA = ',media=cdrom'

/** The volume as an image in a CD drive. */
const cdWith = (volume: string): string => `${volume}${CD_MEDIA}`

export interface Release {
  readonly guest: GuestRef
  readonly volumes: readonly NamedVolume[]
  /** The step whose reversal this is. */
  readonly step: string
  /** Keys of the guest that are in use. */
  readonly taken: ReadonlySet<string>
  /** VMs only: see `releaseFromVm`. */
  readonly inPlace: boolean
}

/**
 * Detaching a volume is not enough: it becomes `unusedN`, and that is erased with the guest. An image in a CD drive is neither noted as unused when
 * the drive goes nor erased with the guest, so the volume is shown as one before it is let go (PVE source: vmconfig_register_unused_drive, destroy_vm,
 * write_vm_config). `inPlace`: the slot itself can become a CD drive, because the VM is stopped or its drive only pending.
 */
const releaseFromVm = ({ guest, volumes, taken, inPlace }: Release): readonly ApiRequest[] => {
  const free = CD_SLOTS.filter((slot) => !taken.has(slot))
  const moved = volumes.map(({ key, volume }) => {
    const slot = inPlace && CD_SLOTS.includes(key) ? key : (free.shift() ?? key)
    return { key, volume, slot }
  })
  const left = moved.flatMap(({ key, slot }) => (slot === key ? [] : [key]))
  const set = Object.fromEntries(moved.map(({ slot, volume }) => [slot, cdWith(volume)]))
  return [
    ...configRequests(guest, set, left),
    ...configRequests(
      guest,
      {},
      moved.map(({ slot }) => slot),
    ),
  ]
}

/**
 * The same for a stopped container, which has no CD drives: what its `rootfs` named before is forgotten when it is set again (PVE source:
 * vmconfig_apply_pending registers mount points only), so the volume becomes the root for a moment, and then the old root is named again.
 */
const releaseFromContainer = ({ guest, volumes, step: fromStep }: Release): readonly ApiRequest[] => [
  {
    method: 'GET',
    path: `${guestPath(guest)}/config`,
    output: { name: 'rootfs', where: {}, take: 'rootfs', except: volumes.map(({ volume }) => volume) },
  },
  ...volumes.flatMap(({ key, volume }) => configRequests(guest, { rootfs: volume }, [key])),
  ...configRequests(guest, { rootfs: { fromStep, output: 'rootfs' } }),
]

const RELEASE: Readonly<Record<GuestType, (release: Release) => readonly ApiRequest[]>> = {
  qemu: releaseFromVm,
  lxc: releaseFromContainer,
}

/** Requests after which nothing of the guest names these volumes, and they are as they were before they were attached. */
export const releaseVolumes = (release: Release): readonly ApiRequest[] => {
  if (release.volumes.length === 0) return []
  return RELEASE[release.guest.type](release)
}

/** A volume that was there before, attached to a guest that was there before. `state`: the guest with it. */
export interface Attachment {
  readonly guest: GuestRef
  readonly state: GuestState
  readonly key: string
  readonly volume: string
  /** The step whose reversal this is. */
  readonly step: string
}

/** Nothing but this key of the guest names the volume, and PVE would note it as unused when it is detached. */
export const isOnlyThere = ({ type, vmid }: GuestRef, state: GuestState, key: string, volume: string): boolean => {
  const isOwn = kindOfType(type).notesForeignVolumes || (volumeOwner(volume) ?? vmid) === vmid
  const all = [...Object.entries(state.current), ...Object.entries(effectiveConfig(state))]
  return isOwn && !all.some(([other, text]) => other !== key && namesVolume(text, volume))
}

const namesVolume = (text: string, volume: string): boolean =>
  text.split(',').some((part) => part.replace(/^(?:file|volume)=/, '') === volume)

/** A reversal that takes this volume away so that nothing names it. */
export const isRelease = (requests: readonly ApiRequest[], volume: string): boolean => releasedIn(requests).has(volume)

/** The volumes that a reversal takes away so that nothing names them. */
export const releasedIn = (requests: readonly ApiRequest[]): ReadonlySet<string> =>
  new Set(
    requests
      .flatMap(({ params = {} }) => Object.entries(params))
      .flatMap(([key, text]) => {
        if (typeof text !== 'string') return []
        if (text.endsWith(CD_MEDIA)) return [text.slice(0, -CD_MEDIA.length)]
        return key === 'rootfs' ? [text] : []
      }),
  )

/** A running VM keeps the CD drive pending, and PVE has put it into the pending boot order by then. */
const bootAgain = (
  kind: GuestKind,
  { guest, state }: Attachment,
  first: ApiRequest | undefined,
): readonly ApiRequest[] => {
  const { delete: _left, ...drives } = first?.params ?? {}
  const set = Object.fromEntries(Object.entries(drives).map(([slot, text]) => [slot, String(text)]))
  const after = afterWrite(state, kind, { set, remove: [] })
  return after.pending['boot'] === state.pending['boot']
    ? []
    : restoreRequests(kind, guest, { before: state, after }, ['boot'])
}

/** Takes a volume away from a VM, or from a stopped container, so that nothing names it. */
export const releaseAttached = (kind: GuestKind, attachment: Attachment): readonly ApiRequest[] => {
  const { guest, state, key, volume, step } = attachment
  const taken = new Set([...Object.keys(state.current), ...keysOf(state)])
  const inPlace = !state.running || state.current[key] === undefined
  const requests = releaseVolumes({ guest, volumes: [{ key, volume }], step, taken, inPlace })
  return state.running ? [...requests, ...bootAgain(kind, attachment, requests[0])] : requests
}
