import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Address } from '../resource/address.ts'
import type { ObservedGuest } from '../resource/observed.ts'

/** A guest to export: what it is called, and how it is on the cluster. */
export interface ExportedGuest {
  readonly address: Address
  readonly guest: ObservedGuest
  /** Its declaration forbids destroying it. */
  readonly preventDestroy: boolean
  /** Containers: the archive it was made from, when a declaration tells (`local:vztmpl/…`). The server does not know any more. */
  readonly archive?: string
}

/** Where the exported guests live. */
export interface ExportSite {
  readonly cluster: string
  /** `https://pve.example.com:8006`; left to the environment when missing. */
  readonly endpoint?: string
}

/** What the other tool will not keep as it is, and what comes of it. */
export interface Loss {
  readonly address: Address
  /** As PVE spells it: `scsi0.detect_zeroes`. */
  readonly key: string
  readonly value: string
  readonly consequence: string
}

/** Everything an export writes: text by path below its folder, and what was lost on the way. */
export interface Exported {
  readonly files: ReadonlyMap<string, string>
  readonly losses: readonly Loss[]
  /** Warnings: guests left out, and one for each guest with losses. */
  readonly diagnostics: readonly Diagnostic[]
}
