import { kindOfType } from '../../kinds/registry.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { ObservedAclEntry, ObservedGuest, ObservedRights, RawConfig } from '../../resource/observed.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { Reversal } from '../../resource/reversal.ts'
import { basesOf } from '../check/destroy-check.ts'
import { may } from '../check/rights.ts'
import type { StepId } from '../plan.ts'
import type { PlanningContext } from '../planning-context.ts'
import { volumeIn } from '../state/foreign-volumes.ts'

/** How a guest that is to be destroyed can be restored. */
export interface Restoration {
  readonly observed: ObservedGuest
  readonly guest: GuestRef
  readonly storage: string
  /** The step that makes the backup. */
  readonly backup: StepId
}

/**
 * Whether PVE takes a volume into a backup: neither detached ones nor those with `backup=0`, the EFI disk only of a VM that starts with OVMF, and mount
 * points only with `backup=1` (PVE source: get_backup_volumes).
 */
const isTaken = (key: string, value: Readonly<Record<string, unknown>>, config: RawConfig): boolean => {
  if (/^unused\d+$/.test(key) || (key.startsWith('efidisk') && config['bios'] !== 'ovmf')) return false
  return key.startsWith('mp') ? value['backup'] === true : value['backup'] !== false
}

/** Drives whose volume is detached by what is pending as soon as the guest stops. */
const detachedAtStop = (observed: ObservedGuest): readonly string[] => {
  const kind = kindOfType(observed.type)
  const config = effectiveConfig(observed)
  const stays = new Set(Object.entries(config).map(([key, text]) => volumeIn(kind, key, text)))
  return Object.entries(observed.current).flatMap(([key, text]) => {
    const volume = volumeIn(kind, key, text)
    return volume === undefined || stays.has(volume) ? [] : [key]
  })
}

/** Volumes that a backup leaves out. */
const notInBackup = (observed: ObservedGuest): readonly string[] => {
  const kind = kindOfType(observed.type)
  const config = effectiveConfig(observed)
  const left = Object.entries(config).flatMap(([key, text]) => {
    if (/^unused\d+$/.test(key)) return [key]
    const value = kind.decodeValue(key, text)
    return isPropertyMap(value) && kind.isVolume(key, value) && !isTaken(key, value, config) ? [key] : []
  })
  return [...new Set([...left, ...detachedAtStop(observed)])].sort()
}

/** Directories and devices of the node that a container has mounted. */
const boundMounts = (observed: ObservedGuest): readonly (readonly [key: string, text: string])[] => {
  const { nodeMounts } = kindOfType(observed.type)
  if (!nodeMounts) return []
  return Object.entries(effectiveConfig(observed))
    .filter(([key, text]) => nodeMounts.test(key) && /^(?:volume=)?\//.test(text))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

const isRoot = ({ observed: { rights } }: PlanningContext): boolean => rights?.principal === 'root@pam'

/**
 * Restoring a container without naming its volumes would put them all on the storage `local` (PVE API: POST …/lxc with `restore`). With them named,
 * directories and devices of the node come back only where they are named too, which is root's alone to do.
 */
const mountsOf = (world: PlanningContext, observed: ObservedGuest): ApiRequest['params'] => {
  const kind = kindOfType(observed.type)
  const config = effectiveConfig(observed)
  const volumes = Object.entries(config).flatMap(([key, text]) => {
    const value = kind.decodeValue(key, text)
    const property = kind.volumeProperty(key)
    if (!isPropertyMap(value) || property === undefined || !kind.isVolume(key, value) || !isTaken(key, value, config))
      return []
    const { [property]: _volume, ...rest } = value
    return [[key, kind.encode(key, rest)] as const]
  })
  return Object.fromEntries([...volumes, ...(isRoot(world) ? boundMounts(observed) : [])])
}

const restoreRequest = (world: PlanningContext, { observed, guest, backup }: Restoration): ApiRequest => {
  const archive = { fromStep: backup, output: 'volid' }
  const { restore } = kindOfType(guest.type)
  const own = {
    [restore.archive]: archive,
    ...restore.params,
    ...(restore.namesVolumes && mountsOf(world, observed)),
  }
  return {
    method: 'POST',
    path: `/nodes/${guest.node}/${guest.type}`,
    params: { vmid: guest.vmid, ...own, ...(observed.pool !== undefined && { pool: observed.pool }) },
  }
}

/** What is left of the login's rights when a guest has gone: PVE removes the entries of its path, too. */
export const rightsWithout = (rights: ObservedRights, vmid: number): ObservedRights => {
  const { [`/vms/${vmid}`]: _gone, ...paths } = rights.paths
  return { ...rights, paths }
}

/** Entries of the guest's own path, which go with it, and whether the login may put them back. */
const ownRights = (
  { observed: { rights } }: PlanningContext,
  { vmid, pool }: ObservedGuest,
): { readonly entries: readonly ObservedAclEntry[]; readonly mayReturn: boolean } => {
  const entries = rights?.onGuests?.filter((entry) => entry.vmid === vmid) ?? []
  if (!rights || entries.length === 0) return { entries, mayReturn: false }
  const left = rightsWithout(rights, vmid)
  const places = [`/vms/${vmid}`, ...(pool === undefined ? [] : [`/pool/${pool}`])]
  return { entries, mayReturn: places.some((place) => may(left, place, 'Permissions.Modify')) }
}

const PARAMETER = { user: 'users', group: 'groups', token: 'tokens' } as const

const grantRequest = ({ vmid, type, who, role, propagate }: ObservedAclEntry): ApiRequest => ({
  method: 'PUT',
  path: '/access/acl',
  params: { path: `/vms/${vmid}`, [PARAMETER[type]]: who, roles: role, propagate },
})

/** What a restored guest is otherwise than the destroyed one. */
const notesOf = (world: PlanningContext, observed: ObservedGuest): readonly string[] => {
  const bound = isRoot(world) ? [] : boundMounts(observed)
  const { rawLines } = kindOfType(observed.type)
  const { entries, mayReturn } = ownRights(world, observed)
  return [
    'the same VMID and addresses',
    ...(observed.current['parent'] === undefined ? [] : ['its snapshots are lost']),
    ...(basesOf(observed).length === 0 ? [] : ['a full copy instead of a linked clone']),
    ...(bound.length === 0
      ? []
      : [
          `without ${bound.map(([key, text]) => `${key} (${text.split(',')[0]})`).join(', ')}: only root@pam may mount what is on the node`,
        ]),
    ...(rawLines !== undefined && !isRoot(world)
      ? [`\`${rawLines}.*\` lines of its file, if any, are restored for root@pam only`]
      : []),
    ...(entries.length === 0 || mayReturn
      ? []
      : [
          `without its rights (${entries.map(({ who, role }) => `${who}: ${role}`).join(', ')}), which your user or token cannot grant again`,
        ]),
  ]
}

/** The way back from destroying a guest: its backup, and what PVE does not bring back with it as far as requests can. */
export const restoration = (world: PlanningContext, given: Restoration): Reversal => {
  const { observed, storage } = given
  const { entries, mayReturn } = ownRights(world, observed)
  const left = notInBackup(observed)
  const lacks = [...left, ...(isRoot(world) ? [] : boundMounts(observed).map(([key]) => key))].sort()
  return {
    by: 'backup',
    storage,
    requests: [restoreRequest(world, given), ...(mayReturn ? entries.map(grantRequest) : [])],
    note: notesOf(world, observed).join('; '),
    ...(left.length > 0 && {
      lost: `the backup on ${storage} holds everything except ${left.join(', ')}, which Proxmox VE leaves out of backups`,
    }),
    ...(lacks.length > 0 && { lacks }),
  }
}
