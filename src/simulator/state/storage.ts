/** A volume as it was when a snapshot was taken: its size in bytes, and what it held. */
export type VolumeState = { readonly size: number; readonly token: string }

/** A volume on a storage. Sizes in bytes; `ctime` in seconds since 1970. */
export type Volume = {
  readonly storage: string
  /** What stands behind `storage:` in the volume id. */
  name: string
  readonly content: string
  format: string
  size: number
  used: number
  vmid: number | undefined
  ctime: number
  /** Name of the base volume of a linked clone, on the same storage. */
  parent: string | undefined
  /** What it holds, by name: `volume/content.ts` says how these names are made. */
  token: string
  /** The volume when each snapshot was taken. */
  readonly snapshots: Map<string, VolumeState>
  notes?: string
  protected?: boolean
  /** What an image to be imported unfolds to, when that is more than its file. */
  virtualSize?: number
  /** A snippet with the x bit: a hook script may be one. */
  executable?: boolean
  /** Anything its owner needs to keep with it: the guest's configuration in a backup, say. */
  payload?: unknown
}

/** A storage definition, as `storage.cfg` has it: every value as text, plus the type and the content list. */
export type StorageDefinition = {
  readonly id: string
  readonly type: string
  options: Record<string, string>
}

/** Where volumes are: one for each node of a local storage, one for all nodes of a shared one. */
export type Pool = { readonly volumes: Map<string, Volume>; total: number; base: number }
