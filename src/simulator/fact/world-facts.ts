import { type BackupPayload, payloadOf } from '../backup/payload.ts'
import { backupJobs } from '../cluster/backup-jobs.ts'
import { replicationJob, replicationJobs } from '../cluster/replication.ts'
import type { FirewallConfig } from '../firewall/config.ts'
import { firewallOf } from '../firewall/state.ts'
import { haState, sidOf } from '../ha/state.ts'
import { splitList } from '../schema/check.ts'
import type { Guest, Section } from '../state/guest.ts'
import type { FileSection } from '../state/section-text.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { generatedToken, hasContent } from '../volume/content.ts'

/** An entry of the access control list: `user`, `group` or `token` by name, role, path. */
export type AclFact = {
  readonly path: string
  readonly type: string
  readonly who: string
  readonly role: string
  readonly propagate: boolean
}

/** All that the cluster knows of a guest. */
export type GuestFacts = {
  readonly node: string
  readonly power: 'running' | 'paused' | 'stopped'
  readonly lock: string | null
  /** The configuration in force: what `config?current=1` shows. */
  readonly config: Section
  readonly pending: Section
  /** Keys whose removal waits for a restart. */
  readonly pendingDelete: readonly string[]
  /** Cloud-init values as the drive was last written with; null until then. */
  readonly cloudinit: Section | null
  readonly snapshots: Readonly<Record<string, Section>>
  /** `lxc.*` lines of a container. */
  readonly raw: Guest['raw']
  readonly pool: string | null
  readonly poolComment: string | null
  /** Entries of /vms/N. */
  readonly acl: readonly AclFact[]
  readonly firewall: FirewallConfig
  readonly ha: FileSection | null
  /** Names of the HA rules with this guest. */
  readonly haRules: readonly string[]
  readonly replication: Readonly<Record<string, FileSection>>
  /** Backup jobs that name the guest (those that take all or a pool do not). */
  readonly backupJobs: readonly string[]
}

/** A volume: what it holds is told by `token` (`volume/content.ts`). */
export type VolumeFacts = {
  readonly volid: string
  readonly content: string
  readonly size: number
  readonly owner: number | null
  /** Base volume of a linked clone. */
  readonly parent: string | null
  readonly token: string
  /** What it held at each snapshot. */
  readonly snapshots: Readonly<Record<string, { readonly size: number; readonly token: string }>>
}

/** A backup archive; `tokens` are those of the volumes in it, by their key. */
export type ArchiveFacts = {
  readonly volid: string
  readonly owner: number | null
  readonly tokens: Readonly<Record<string, string>>
  readonly config: Section
  readonly notes: string | null
  readonly protected: boolean
}

export type PoolFacts = {
  readonly comment: string | null
  readonly guests: readonly number[]
  readonly storages: readonly string[]
}

/** What a cluster is at a moment, for comparison with another moment. Plain JSON. */
export type WorldFacts = {
  /** By `qemu/101`, `lxc/200`. */
  readonly guests: Readonly<Record<string, GuestFacts>>
  /** By `storage:name`, on local storages `storage@node:name`. */
  readonly volumes: Readonly<Record<string, VolumeFacts>>
  readonly archives: Readonly<Record<string, ArchiveFacts>>
  readonly pools: Readonly<Record<string, PoolFacts>>
  readonly acl: readonly AclFact[]
}

const byKey = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].toSorted(([one], [other]) => (one < other ? -1 : 1)))

const aclOf = (world: World, path?: string): readonly AclFact[] =>
  world.access.acl
    .filter((entry) => path === undefined || entry.path === path)
    .map(({ path: at, type, ugid, roleid, propagate }) => ({ path: at, type, who: ugid, role: roleid, propagate }))
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))

const namesGuest = (list: string | undefined, name: string): boolean => splitList(list ?? '').includes(name)

const around = (world: World, guest: Guest): Pick<GuestFacts, 'ha' | 'haRules' | 'replication' | 'backupJobs'> => {
  const { resources, rules } = haState(world)
  const sid = sidOf(guest)
  return {
    ha: resources.get(sid) ?? null,
    haRules: [...rules].filter(([, { section }]) => namesGuest(section['resources'], sid)).map(([name]) => name),
    replication: byKey(replicationJobs(world, guest.vmid).map((id) => [id, replicationJob(world, id)])),
    backupJobs: [...backupJobs(world)]
      .filter(
        ([, job]) => namesGuest(job['vmid'], String(guest.vmid)) || namesGuest(job['exclude'], String(guest.vmid)),
      )
      .map(([id]) => id)
      .toSorted(),
  }
}

const powerOf = ({ running }: Guest): GuestFacts['power'] =>
  running === undefined ? 'stopped' : running.paused ? 'paused' : 'running'

const guestFacts = (world: World, guest: Guest): GuestFacts => {
  const pool = world.poolOf.get(guest.vmid)
  return {
    node: guest.node,
    power: powerOf(guest),
    lock: guest.config['lock'] ?? null,
    config: byKey(Object.entries(guest.config)),
    pending: byKey(Object.entries(guest.pending)),
    pendingDelete: [...guest.pendingDelete.keys()].toSorted(),
    cloudinit: guest.cloudinit === undefined ? null : byKey(Object.entries(guest.cloudinit)),
    snapshots: byKey([...guest.snapshots].map(([name, section]) => [name, byKey(Object.entries(section))])),
    raw: guest.raw,
    pool: pool ?? null,
    poolComment: (pool === undefined ? undefined : world.pools.get(pool)?.comment) ?? null,
    acl: aclOf(world, `/vms/${guest.vmid}`),
    firewall: firewallOf(world, `guest/${guest.vmid}`),
    ...around(world, guest),
  }
}

const volidOf = ({ storage, name }: Volume): string => `${storage}:${name}`

const volumeFacts = (volume: Volume): VolumeFacts => ({
  volid: volidOf(volume),
  content: volume.content,
  size: volume.size,
  owner: volume.vmid ?? null,
  parent: volume.parent ?? null,
  token: volume.token,
  snapshots: byKey([...volume.snapshots].map(([name, { size, token }]) => [name, { size, token }])),
})

const nothing: Pick<BackupPayload, 'tokens' | 'config'> = { tokens: {}, config: {} }

const archiveFacts = (volume: Volume): ArchiveFacts => {
  const { tokens, config } = payloadOf(volume) ?? nothing
  const { notes = null, protected: kept = false } = volume
  return { volid: volidOf(volume), owner: volume.vmid ?? null, tokens, config: { ...config }, notes, protected: kept }
}

const volumesOf = (world: World): (readonly [string, Volume])[] =>
  [...world.volumePools].flatMap(([place, { volumes }]) =>
    [...volumes.values()].map((volume) => [`${place}:${volume.name}`, volume] as const),
  )

const poolFacts = (world: World, id: string): PoolFacts => ({
  comment: world.pools.get(id)?.comment ?? null,
  guests: [...world.poolOf]
    .filter(([, pool]) => pool === id)
    .map(([vmid]) => vmid)
    .toSorted((a, b) => a - b),
  storages: [...(world.pools.get(id)?.storages ?? [])].toSorted(),
})

/** Everything about guests, volumes, archives, pools and rights: two of these are equal only if nothing was changed. */
export const worldFacts = (world: World): WorldFacts => {
  const volumes = volumesOf(world)
  return {
    guests: byKey([...world.guests.values()].map((guest) => [`${guest.type}/${guest.vmid}`, guestFacts(world, guest)])),
    volumes: byKey(
      volumes.filter(([, { content }]) => content !== 'backup').map(([key, volume]) => [key, volumeFacts(volume)]),
    ),
    archives: byKey(
      volumes.filter(([, { content }]) => content === 'backup').map(([key, volume]) => [key, archiveFacts(volume)]),
    ),
    pools: byKey([...world.pools.keys()].map((id) => [id, poolFacts(world, id)])),
    acl: aclOf(world),
  }
}

const isSavedState = ({ volid }: VolumeFacts): boolean => /[:/]vm-\d+-state-[^/]*$/.test(volid)

/**
 * Volumes whose content was there before and is nowhere after, neither on a volume nor in an archive, not even with something written to
 * it since. What only a snapshot holds does not count; generated cloud-init drives and saved RAM are no content.
 */
export const lostContents = (before: WorldFacts, after: WorldFacts): readonly VolumeFacts[] => {
  const held = [
    ...Object.values(after.volumes).map(({ token }) => token),
    ...Object.values(after.archives).flatMap(({ tokens }) => Object.values(tokens)),
  ]
  const isKept = (content: string): boolean => held.some((token) => hasContent(token, content))
  return Object.values(before.volumes).filter(
    (volume) => volume.token !== generatedToken && !isSavedState(volume) && !volume.token.split('+').every(isKept),
  )
}
