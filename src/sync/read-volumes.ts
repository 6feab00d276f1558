import type { Observed, ObservedStorage } from '../resource/observed.ts'
import { askFor, eachBounded, type Reader } from './guest-reading.ts'
import { rowsOf, textOf } from './read-inventory.ts'

/** What guests are made from, or get put in. Disks and backups are many, slow to list, and not named by declarations. */
const CONTENTS = ['import', 'iso', 'snippets', 'vztmpl']

interface Listing {
  /** Storage, and the node that is asked. */
  readonly storage: ObservedStorage
  readonly contents: readonly string[]
}

/** A shared storage is asked for once, on the first node that has it; any other once on each node. */
const listingsFor = (storages: readonly ObservedStorage[], down: ReadonlySet<string>): readonly Listing[] => {
  const asked = new Set<string>()
  return storages.flatMap((storage) => {
    const contents = CONTENTS.filter((content) => storage.content.includes(content))
    if (!storage.active || down.has(storage.node) || contents.length === 0 || asked.has(storage.storage)) return []
    if (storage.shared) asked.add(storage.storage)
    return [{ storage, contents }]
  })
}

const readListing = async (
  reader: Reader,
  { storage, contents }: Listing,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> => {
  const volumes: string[] = []
  for (const content of contents) {
    const path = `/nodes/${storage.node}/storage/${storage.storage}/content`
    const answer = await askFor(reader, path, signal, { content })
    // Not to know is no harm: only what is known to be missing is reported.
    if (answer.kind !== 'answered') return undefined
    volumes.push(...rowsOf(answer.data).flatMap((row) => textOf(row, 'volid') ?? []))
  }
  return volumes.sort()
}

const keyOf = ({ storage, node, shared }: ObservedStorage): string => (shared ? storage : `${storage}\0${node}`)

const withVolumes = (
  storages: readonly ObservedStorage[],
  known: ReadonlyMap<string, readonly string[]>,
): readonly ObservedStorage[] =>
  storages.map((storage) => {
    const volumes = known.get(keyOf(storage))
    return volumes ? { ...storage, volumes } : storage
  })

/**
 * Adds the archives, images and snippets that storages hold (PVE API: GET /nodes/{node}/storage/{storage}/content, once for each such content).
 * Where the listing fails it stays unknown.
 */
export const readVolumes = async (
  reader: Reader,
  storages: readonly ObservedStorage[],
  down: ReadonlySet<string>,
  { concurrency = 8, signal }: { readonly concurrency?: number; readonly signal?: AbortSignal },
): Promise<readonly ObservedStorage[]> => {
  const listings = listingsFor(storages, down)
  const read = await eachBounded(listings, concurrency, (listing) => readListing(reader, listing, signal))
  const known = listings.flatMap(({ storage }, at) => {
    const volumes = read[at]
    return volumes ? [[keyOf(storage), volumes] as const] : []
  })
  return withVolumes(storages, new Map(known))
}

/** The storages as listed now, with the volumes they held at the last sync. */
export const keepVolumes = (
  storages: readonly ObservedStorage[],
  previous: Observed | undefined,
): readonly ObservedStorage[] => {
  const known = (previous?.storages ?? []).flatMap((storage) =>
    storage.volumes ? [[keyOf(storage), storage.volumes] as const] : [],
  )
  return withVolumes(storages, new Map(known))
}
