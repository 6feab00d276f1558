import type { Spelling } from '../value/spelling.ts'

/** The shape of one attribute or one key of a property string, from PVE's API facts. */
export interface ValueFacts {
  readonly type: 'boolean' | 'integer' | 'number' | 'string'
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  /** JavaScript regular expression, anchored. */
  readonly pattern?: string
  readonly enum?: readonly (string | number)[]
  /** PVE's format name: `disk-size`, `mac-addr`, `pve-tag-list` … */
  readonly format?: string
  /** How texts that mean the same are told; see `spelling.ts`. */
  readonly spelling?: Spelling
  readonly default?: string | number
  readonly description?: string
}

export interface AttributeFacts {
  /** As declared: `cores`, `net[n]`. */
  readonly name: string
  /** `scalar`: one value. `list`: list of strings that PVE joins (`tags`). `properties`: a property string, declared as a block or map. */
  readonly shape: 'scalar' | 'list' | 'properties'
  /** For `scalar` and `list`: the element. */
  readonly value?: ValueFacts
  /** For `properties`. Aliases are resolved: only canonical keys stand here. */
  readonly properties?: { readonly [key: string]: ValueFacts & { readonly optional: boolean; readonly secret?: true } }
  /** For `properties`: the key whose name may be left out in PVE's spelling. */
  readonly defaultKey?: string
  readonly secret?: true
  /** What happens on a running guest when this is set. */
  readonly running: 'live' | 'reboot'
  /** Which API calls take it. */
  readonly on: readonly ('create' | 'update')[]
  /** The declared value can be computed by the server: unset means "whatever it is". */
  readonly description?: string
}
