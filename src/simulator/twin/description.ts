/** A value of PVE's configuration as the API gives it. */
export type ConfigValue = string | number | boolean

export type NodeDescription = {
  readonly name: string
  readonly ip?: string
  readonly online?: boolean
  readonly cpus?: number
  /** Bytes. */
  readonly memory?: number
  readonly fingerprint?: string
  /** Seconds its clock is ahead; negative: behind. */
  readonly clock_skew?: number
  /** As GET /nodes/{node}/network lists them. */
  readonly network?: readonly Readonly<Record<string, unknown>>[]
  /** Answers of the machine by path below /nodes/{node}: `status`, `dns`, `hosts`, `hardware/pci` … */
  readonly facts?: Readonly<Record<string, unknown>>
}

export type VolumeDescription = {
  readonly volid: string
  /** Where it is; left out for shared storages and for the first node. */
  readonly node?: string
  readonly content: string
  readonly format?: string
  /** Bytes. */
  readonly size: number
  readonly used?: number
  readonly vmid?: number
  readonly ctime?: number
  /** Name of the base volume of a linked clone. */
  readonly parent?: string
  readonly notes?: string
  readonly protected?: boolean
  /** A snippet with the x bit. */
  readonly executable?: boolean
}

export type StorageDescription = {
  readonly storage: string
  readonly type: string
  /** The other keys of the definition as GET /storage gives them: `content`, `path`, `nodes`, `shared` … */
  readonly options?: Readonly<Record<string, ConfigValue>>
  /** Bytes. */
  readonly total?: number
  readonly used?: number
  readonly volumes?: readonly VolumeDescription[]
}

export type SnapshotDescription = {
  readonly name: string
  readonly config: Readonly<Record<string, ConfigValue>>
}

/** A pending change as GET …/pending lists it. */
export type PendingDescription = { readonly key: string; readonly pending?: ConfigValue; readonly delete?: number }

export type GuestDescription = {
  readonly vmid: number
  readonly type: 'qemu' | 'lxc'
  readonly node: string
  readonly status?: 'running' | 'stopped' | 'paused'
  readonly pool?: string
  /** False: devices that are unplugged while it runs stay `busy in guest`. */
  readonly answers_unplug?: boolean
  /** What is in force, as GET …/config?current=1 gives it. */
  readonly config: Readonly<Record<string, ConfigValue>>
  readonly pending?: readonly PendingDescription[]
  readonly snapshots?: readonly SnapshotDescription[]
  /** Digest that the server gave: kept until the guest is changed here. */
  readonly digest?: string
}

export type PoolDescription = {
  readonly poolid: string
  readonly comment?: string
  readonly storages?: readonly string[]
}

/** A cluster in plain data, as people write it in YAML or as it was synced: what a twin is built from. */
export type ClusterDescription = {
  readonly name?: string
  readonly version?: { readonly release: string; readonly repoid: string; readonly version: string }
  readonly options?: Readonly<Record<string, ConfigValue>>
  readonly nodes: readonly NodeDescription[]
  readonly storages?: readonly StorageDescription[]
  readonly pools?: readonly PoolDescription[]
  readonly guests?: readonly GuestDescription[]
}
