import type { GuestType, Vmid } from './guest.ts'

/** A configuration as the server spells it: every value as text (`"1"`, `"2048"`, `"virtio=BC:24:…,bridge=vmbr0"`). */
export type RawConfig = { readonly [key: string]: string }

/** A change the server keeps for the guest's next start. */
export interface PendingChange {
  /** Missing: the key will be deleted. */
  readonly value?: string
}

/** What a running guest has from its last start where its configuration says something else now: it reads such values only as it starts. */
export interface AtStart {
  /** When the guest was seen running with them, ISO 8601. */
  readonly seen: string
  /** By key; null: it had none. */
  readonly values: { readonly [key: string]: string | null }
}

/** What a running guest said of its own addresses, without those of loopback and link-local ones; addresses of its own network devices come first. */
export interface GuestAddresses {
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
  /** When it said so (ISO 8601). */
  readonly asOf: string
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
  readonly atStart?: AtStart
  /** UPID of the last task that was seen to start the guest. */
  readonly lastStart?: string
  /** UPID of the last task that made, restored or destroyed a guest with this VMID, as far as the nodes' task lists tell. */
  readonly event?: string
  /** SHA-1 of the configuration file, sent back with writes. */
  readonly digest: string
  /** Names, oldest first; the pseudo entry `current` is left out. Undefined when they were not asked for. */
  readonly snapshots?: readonly string[]
  /** Undefined when it was not asked, or has not answered, since it was started. */
  readonly addresses?: GuestAddresses
  /** Set when the guest's node did not answer at the last sync: everything else is as of this moment (ISO 8601). */
  readonly unknownSince?: string
}

export interface ObservedNode {
  readonly node: string
  readonly status: 'online' | 'offline' | 'unknown'
  /** Logical processors, and bytes of memory; missing where the server does not tell. */
  readonly cpus?: number
  readonly memory?: number
  /** Bridges and virtual networks that the login may see there, sorted; missing when the node could not be asked. */
  readonly bridges?: readonly string[]
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

/** An entry of the access control list on a guest of its own (path /vms/N). */
export interface ObservedAclEntry {
  readonly vmid: number
  readonly type: 'user' | 'group' | 'token'
  readonly who: string
  readonly role: string
  readonly propagate: boolean
}

/** What the login of the last sync may do. */
export interface ObservedRights {
  /** `user@realm` or `user@realm!token`. */
  readonly principal: string
  /** Of a token: whether it has rights of its own besides its user's; missing where it may not see that. */
  readonly separated?: boolean
  /** Privileges by path; true: below it, too. PVE lists paths that have rights of their own. */
  readonly paths: { readonly [path: string]: { readonly [privilege: string]: boolean } }
  /** Who has rights on single guests, as far as the login sees it, sorted; missing where it was not asked. */
  readonly onGuests?: readonly ObservedAclEntry[]
}

/** The cluster as the last sync saw it. Lists are sorted (nodes and pools by name, guests by VMID), so that equal clusters are equal values. */
export interface Observed {
  readonly cluster: {
    readonly name: string
    readonly version: string
    readonly fingerprint?: string
    /** The cluster's `tag-style` tells upper from lower case in tags; PVE lower-cases them otherwise. */
    readonly caseSensitiveTags?: true
  }
  readonly nodes: readonly ObservedNode[]
  readonly storages: readonly ObservedStorage[]
  readonly pools: readonly ObservedPool[]
  readonly guests: readonly ObservedGuest[]
  /** Missing where the server did not tell. */
  readonly rights?: ObservedRights
}
