import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import { kindOfType } from '../kinds/registry.ts'
import type { Observed, ObservedGuest, ObservedNode, ObservedRights } from '../resource/observed.ts'
import type { Answer } from '../resource/server.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { lastStarts, withAtStart } from './at-start.ts'
import { askFor, eachBounded, type GuestReading, observeGuest, type Reader } from './guest-reading.ts'
import { type LifeEvents, lifeEventsIn, readLifeEvents, withLifeEvent } from './life-events.ts'
import { readAddresses, withAddresses } from './read-addresses.ts'
import { keepBridges, readRights, readTagStyle, withBridges } from './read-facts.ts'
import { holdsOf, statusOf } from './read-guest.ts'
import {
  type Inventory,
  type ListedGuest,
  readClusterName,
  readInventory,
  readPools,
  rowsOf,
  textOf,
  withHolds,
} from './read-inventory.ts'
import { keepVolumes, readVolumes } from './read-volumes.ts'
import { unreadWarnings } from './unread-warnings.ts'

export interface SyncOptions {
  /** This moment, ISO 8601: when a guest without a past became unknown. */
  readonly now: string
  /** The last sync, for guests that cannot be asked now. */
  readonly previous?: { readonly observed: Observed; readonly syncedAt: string }
  /** Guests asked for at one time; default 8. */
  readonly concurrency?: number
  /** Ask only for these guests, by VMID, and for those `previous` does not know; the others keep their configuration as it was. */
  readonly only?: ReadonlySet<number>
  /** Who is logged in: `user@realm` or `user@realm!token`; without it rights are not asked for. */
  readonly principal?: string
  /** Secret keys that were written since `previous`, by VMID: the server shows no difference. */
  readonly written?: ReadonlyMap<number, readonly string[]>
  /** Ask every running guest that can tell for its addresses too. */
  readonly addresses?: boolean
  /** SHA-256 fingerprint of the server's certificate, kept with what was seen. */
  readonly fingerprint?: string
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

export interface Synced {
  readonly observed: Observed
  /** Warnings only: what could not be seen. */
  readonly diagnostics: readonly Diagnostic[]
}

const dataOf = (answer: Answer): unknown => {
  if (answer.kind === 'answered') return answer.data
  throw new DiagnosticError([answer.diagnostic])
}

/** Not everybody may read everything; what is missing here is no reason to stop. */
const ifAnswered = (answer: Answer): unknown => (answer.kind === 'answered' ? answer.data : [])

/** Guests that the cluster's short list of latest tasks names (PVE API: GET /cluster/tasks): the list of resources may lag for them. */
const recentGuests = (tasks: unknown): ReadonlySet<string> =>
  new Set(rowsOf(tasks).flatMap((row) => textOf(row, 'id') ?? []))

interface Head {
  readonly inventory: Inventory
  readonly pools: Observed['pools']
  readonly version: string
  readonly name: string | undefined
  readonly recent: ReadonlySet<string>
  /** UPIDs of starts, by VMID. */
  readonly starts: ReadonlyMap<string, string>
  readonly lives: LifeEvents
  readonly rights: ObservedRights | undefined
  readonly tags: Pick<Observed['cluster'], 'caseSensitiveTags'>
}

const readHead = async (reader: Reader, { signal, principal, only, previous }: SyncOptions): Promise<Head> => {
  // Alone and first: a wrong certificate or token is then met, and told, once.
  const version = dataOf(await askFor(reader, '/version', signal))
  const ask = (path: string) => askFor(reader, path, signal)
  const [resources, status, pools, tasks, ha, replication, rights, tags] = await Promise.all([
    ask('/cluster/resources'),
    ask('/cluster/status'),
    ask('/pools'),
    ask('/cluster/tasks'),
    ask('/cluster/ha/resources'),
    ask('/cluster/replication'),
    only && previous ? previous.observed.rights : readRights(reader, principal, signal),
    only && previous ? previous.observed.cluster : readTagStyle(reader, signal),
  ])
  const inventory = readInventory(dataOf(resources))
  return {
    inventory: { ...inventory, guests: withHolds(inventory.guests, ifAnswered(ha), ifAnswered(replication)) },
    pools: readPools(dataOf(pools)),
    version: textOf(rowsOf([version])[0] ?? {}, 'version') ?? '',
    name: status.kind === 'answered' ? readClusterName(status.data) : undefined,
    recent: recentGuests(ifAnswered(tasks)),
    starts: lastStarts(ifAnswered(tasks)),
    lives: lifeEventsIn(ifAnswered(tasks)),
    rights,
    tags,
  }
}

const readGuests = async (
  reader: Reader,
  listed: readonly ListedGuest[],
  down: Set<string>,
  recent: ReadonlySet<string>,
  options: SyncOptions,
): Promise<readonly GuestReading[]> => {
  let done = 0
  return eachBounded(listed, options.concurrency ?? 8, async (guest): Promise<GuestReading> => {
    options.signal?.throwIfAborted()
    const reading: GuestReading = down.has(guest.node)
      ? { kind: 'node-down', listed: guest }
      : await observeGuest(reader, guest, { recent: recent.has(String(guest.vmid)) }, options.signal)
    // One guest's wait is enough: the others of the node are not asked.
    if (reading.kind === 'node-down') down.add(guest.node)
    options.onProgress?.(++done, listed.length)
    return reading
  })
}

/** A guest that has moved to another node while we looked is asked for there; one that is gone stays gone. */
const followMoved = async (
  reader: Reader,
  readings: readonly GuestReading[],
  down: Set<string>,
  options: SyncOptions,
): Promise<readonly GuestReading[]> => {
  const gone = readings.flatMap((reading) => (reading.kind === 'gone' ? [reading.listed] : []))
  if (gone.length === 0) return readings
  const { guests } = readInventory(dataOf(await askFor(reader, '/cluster/resources', options.signal)))
  const nodes = new Map(gone.map(({ vmid, node }) => [vmid, node]))
  const moved = guests.filter(({ vmid, node }) => nodes.has(vmid) && nodes.get(vmid) !== node)
  const again = await readGuests(reader, moved, down, new Set(moved.map(({ vmid }) => String(vmid))), options)
  return [...readings.filter(({ kind }) => kind !== 'gone'), ...again.filter(({ kind }) => kind !== 'gone')]
}

type Past = ReadonlyMap<string, ObservedGuest>

/** The guest as it was last known, or only that it exists. */
const unknownGuest = (listed: ListedGuest, past: Past, { previous, now }: SyncOptions): ObservedGuest => {
  const known = past.get(`${listed.type}/${listed.vmid}`)
  if (known && previous)
    return { ...known, node: listed.node, status: 'unknown', unknownSince: known.unknownSince ?? previous.syncedAt }
  return {
    type: listed.type,
    vmid: listed.vmid,
    node: listed.node,
    name: listed.name ?? '',
    status: 'unknown',
    template: false,
    ...(listed.pool !== undefined && { pool: listed.pool }),
    current: {},
    pending: {},
    digest: '',
    unknownSince: now,
  }
}

/**
 * A guest that is not asked for keeps its configuration; what the cluster's list says of it is new all the same. Where that list may be
 * stale (something was done to the guest lately) or the node is down, keeping would hide it.
 */
const keptGuests = (
  listed: readonly ListedGuest[],
  recent: ReadonlySet<string>,
  down: ReadonlySet<string>,
  { only, previous }: SyncOptions,
): ReadonlyMap<number, ObservedGuest> => {
  if (!only || !previous) return new Map()
  const known = new Map(previous.observed.guests.map((guest) => [guest.vmid as number, guest]))
  return new Map(
    listed.flatMap(({ vmid, type, node, status, pool, ...row }) => {
      const guest = only.has(vmid) || recent.has(String(vmid)) || down.has(node) ? undefined : known.get(vmid)
      if (!guest || guest.type !== type || guest.node !== node || guest.unknownSince !== undefined) return []
      const now = status === 'unknown' ? guest.status : statusOf(status)
      const { pool: _before, ha: _ha, replication: _jobs, atStart, ...rest } = guest
      const kept = now === 'stopped' || atStart === undefined ? rest : { ...rest, atStart }
      return [[vmid as number, { ...kept, status: now, ...(pool !== undefined && { pool }), ...holdsOf(row) }] as const]
    }),
  )
}

/** What a guest said of its addresses stays as of then for as long as it runs; a guest of another identity has said nothing. */
const keepAddresses = (guest: ObservedGuest, past: Past): ObservedGuest => {
  const before = past.get(`${guest.type}/${guest.vmid}`)
  if (!before?.addresses && !guest.addresses) return guest
  const { addresses: _, ...rest } = guest
  const isOver = guest.status === 'stopped' || !before?.addresses || before.name !== guest.name
  const { identity } = kindOfType(guest.type)
  if (isOver || canonicalJson(identity(before.current)) !== canonicalJson(identity(guest.current))) return rest
  return { ...rest, addresses: before.addresses }
}

const guestOf = (
  reading: GuestReading,
  past: Past,
  starts: Head['starts'],
  options: SyncOptions,
): ObservedGuest | undefined => {
  if (reading.kind === 'read') {
    const { guest, uptime } = reading
    const previous = past.get(`${guest.type}/${guest.vmid}`)
    const lastStart = starts.get(String(guest.vmid))
    return withAtStart(guest, {
      ...(previous && options.previous && { previous, previousAt: options.previous.syncedAt }),
      ...(uptime !== undefined && { uptime }),
      ...(lastStart !== undefined && { lastStart }),
      now: options.now,
      written: options.written?.get(guest.vmid) ?? [],
    })
  }
  return reading.kind === 'gone' ? undefined : unknownGuest(reading.listed, past, options)
}

const withTrouble = (nodes: readonly ObservedNode[], down: ReadonlySet<string>): readonly ObservedNode[] =>
  nodes.map((node) => (node.status === 'online' && down.has(node.node) ? { ...node, status: 'unknown' } : node))

/**
 * Reads the whole cluster: a handful of lists, what storages hold to make guests from, and per guest one question for its configuration. A guest whose node does not answer
 * keeps its last known configuration with `unknownSince`; a guest that vanished meanwhile is left out. Throws `DiagnosticError` when
 * the server cannot be reached or refuses the lists.
 */
export const syncCluster = async (reader: Reader, options: SyncOptions): Promise<Synced> => {
  const { inventory, pools, version, name, recent, starts, rights, lives, tags } = await readHead(reader, options)
  const down = new Set(inventory.nodes.filter(({ status }) => status === 'offline').map(({ node }) => node))
  const kept = keptGuests(inventory.guests, recent, down, options)
  const asked = inventory.guests.filter(({ vmid }) => !kept.has(vmid))
  const first = await readGuests(reader, asked, down, recent, options)
  const readings = await followMoved(reader, first, down, options)
  const past = new Map(options.previous?.observed.guests.map((guest) => [`${guest.type}/${guest.vmid}`, guest]))
  const read = readings.map((reading) => guestOf(reading, past, starts, options)).filter((guest) => guest !== undefined)
  const known = [...kept.values(), ...read].map((guest) => keepAddresses(guest, past))
  const told = options.addresses === true ? await readAddresses(reader, known, options) : undefined
  const guests = told ? [...withAddresses(known, told.addresses)] : known
  const { only, previous } = options
  const asOf = previous?.syncedAt
  const standing = withTrouble(inventory.nodes, down)
  const nodeEvents = only && previous ? [] : await readLifeEvents(reader, standing, asOf, options.signal)
  const events = [lives, ...nodeEvents]
  const storages =
    only && previous
      ? keepVolumes(inventory.storages, previous.observed)
      : await readVolumes(reader, inventory.storages, down, options)
  const nodes =
    only && previous ? keepBridges(standing, previous.observed.nodes) : await withBridges(reader, standing, options)
  const clusterName = name ?? options.previous?.observed.cluster.name ?? nodes[0]?.node ?? ''
  const observed: Observed = {
    cluster: {
      name: clusterName,
      version,
      ...(options.fingerprint !== undefined && { fingerprint: options.fingerprint }),
      ...(tags.caseSensitiveTags && { caseSensitiveTags: true as const }),
    },
    nodes,
    storages,
    pools,
    guests: guests
      .map((guest) => withLifeEvent(guest, events, past.get(`${guest.type}/${guest.vmid}`)))
      .sort((a, b) => a.vmid - b.vmid),
    ...(rights && { rights }),
  }
  return {
    observed,
    diagnostics: [
      ...unreadWarnings(observed, readings, down),
      ...headWarnings(observed, name),
      ...(told?.diagnostics ?? []),
    ],
  }
}

const headWarnings = ({ cluster, guests, storages }: Observed, name: string | undefined): readonly Diagnostic[] => [
  ...(name === undefined
    ? [
        diagnose('sync.cluster-hidden', {
          detail: `The server does not show its cluster status, so the cluster goes by "${cluster.name}". Plans name the cluster they are for: grant Sys.Audit on / to keep the name steady.`,
        }),
      ]
    : []),
  ...(guests.length === 0 && storages.length === 0
    ? [
        diagnose('sync.nothing-visible', {
          detail:
            'Proxmox VE shows only what the caller may see, and that is nothing here. A token with privilege separation has no privileges until some are granted to the token itself.',
          hint: "pveum acl modify / --tokens 'USER@REALM!NAME' --roles PVEAuditor shows everything, for reading.",
        }),
      ]
    : []),
]
