import type { GuestType, Vmid } from './guest.ts'

/** A configuration as the server spells it: every value as text (`"1"`, `"2048"`, `"virtio=BC:24:…,bridge=vmbr0"`). */
export type RawConfig = { readonly [key: string]: string }

/** A change the server keeps for the guest's next start. */
export interface PendingChange {
  /** Missing: the key will be deleted. */
  readonly value?: string
}

export interface ObservedGuest {
  readonly type: GuestType
  readonly vmid: Vmid
  readonly node: string
  readonly name: string
  readonly status: 'running' | 'stopped' | 'paused' | 'unknown'
  readonly template: boolean
  readonly pool?: string
  readonly lock?: string
  /** State that high availability was asked for: `started`, `stopped`, `disabled`, `ignored` …; missing: it does not look after the guest. */
  readonly ha?: string
  /** Ids of replication jobs: `101-0`. */
  readonly replication?: readonly string[]
  /** What the running guest has now. */
  readonly current: RawConfig
  readonly pending: { readonly [key: string]: PendingChange }
  /** SHA-1 of the configuration file, sent back with writes. */
  readonly digest: string
  /** Names, oldest first; the pseudo entry `current` is left out. Undefined when they were not asked for. */
  readonly snapshots?: readonly string[]
  /** Set when the guest's node did not answer at the last sync: everything else is as of this moment (ISO 8601). */
  readonly unknownSince?: string
}

export interface ObservedNode {
  readonly node: string
  readonly status: 'online' | 'offline' | 'unknown'
}

export interface ObservedStorage {
  readonly storage: string
  /** A shared storage appears once for each node that has it. */
  readonly node: string
  /** PVE's plugin type: `dir`, `lvmthin`, `zfspool`, `nfs`, `rbd` … */
  readonly type: string
  readonly content: readonly string[]
  readonly shared: boolean
  readonly active: boolean
  /** Bytes. */
  readonly total: number
  readonly used: number
  /** Archives, ISO images, images to import and snippets, sorted; undefined when the storage could not be asked. */
  readonly volumes?: readonly string[]
}

export interface ObservedPool {
  readonly poolid: string
  readonly comment?: string
}

/** The cluster as the last sync saw it. Lists are sorted (nodes and pools by name, guests by VMID), so that equal clusters are equal values. */
export interface Observed {
  readonly cluster: { readonly name: string; readonly version: string; readonly fingerprint?: string }
  readonly nodes: readonly ObservedNode[]
  readonly storages: readonly ObservedStorage[]
  readonly pools: readonly ObservedPool[]
  readonly guests: readonly ObservedGuest[]
}
