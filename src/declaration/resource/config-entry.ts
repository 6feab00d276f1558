import type { Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'

/** A declared value on its way to a configuration key. */
export interface ConfigEntry {
  /** PVE's key: `cores`, `net0`. */
  readonly key: string
  readonly value: Value
  readonly at: Located
  readonly valueAt: Located
  /** Where each key of a property map stands, by its name. */
  readonly properties: ReadonlyMap<string, EntryPlace>
}

/** Where a key and its value stand. */
export interface EntryPlace {
  readonly at: Located
  readonly value: Located
}
