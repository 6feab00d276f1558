import type { DiagnosticCode } from '../diagnostic/codes.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { type DiagnosticDetail, diagnose } from '../diagnostic/diagnostic.ts'
import type { Address } from '../resource/address.ts'
import type { GuestRef } from '../resource/guest.ts'
import type { Observed, ObservedGuest, ObservedNode, ObservedPool, ObservedStorage } from '../resource/observed.ts'
import type { PlanOptions } from './plan-options.ts'

/** The observed cluster, indexed for a planner that looks at every guest once, and the list problems are collected in. */
export interface PlanningContext {
  readonly observed: Observed
  readonly options: PlanOptions
  readonly nodes: ReadonlyMap<string, ObservedNode>
  readonly pools: ReadonlyMap<string, ObservedPool>
  readonly guests: ReadonlyMap<number, ObservedGuest>
  readonly guestsByName: ReadonlyMap<string, readonly ObservedGuest[]>
  /** By storage name, then by node. */
  readonly storages: ReadonlyMap<string, ReadonlyMap<string, ObservedStorage>>
  readonly diagnostics: readonly Diagnostic[]
  readonly report: (code: DiagnosticCode, detail: DiagnosticDetail) => void
}

/** Where a declared guest will be once it is made. */
export type GuestFinder = (address: Address) => GuestRef | undefined

/** Guests that have volumes of another one attached, by the VMID of that one. */
export type VolumeHolders = (vmid: number) => readonly number[]

const grouped = <T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

/** Indexes an observed cluster. */
export const planningContext = (observed: Observed, options: PlanOptions): PlanningContext => {
  const diagnostics: Diagnostic[] = []
  const storages = new Map<string, Map<string, ObservedStorage>>()
  for (const storage of observed.storages) {
    const onNodes = storages.get(storage.storage) ?? new Map<string, ObservedStorage>()
    storages.set(storage.storage, onNodes.set(storage.node, storage))
  }
  return {
    observed,
    options,
    nodes: new Map(observed.nodes.map((node) => [node.node, node])),
    pools: new Map(observed.pools.map((pool) => [pool.poolid, pool])),
    guests: new Map(observed.guests.map((guest) => [guest.vmid, guest])),
    guestsByName: grouped(observed.guests, ({ name }) => name),
    storages,
    diagnostics,
    report: (code, detail) => diagnostics.push(diagnose(code, detail)),
  }
}
