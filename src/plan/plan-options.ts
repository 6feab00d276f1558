import type { Address } from '../resource/address.ts'
import type { KeptSnapshot } from '../resource/kept-snapshot.ts'
import type { Guards } from './guards.ts'

export interface PlanOptions {
  /** Range the planner takes VMIDs from, both ends included; PVE's own default is 100 and up. */
  readonly vmids: { readonly first: number; readonly last: number }
  /** VMIDs of guests that the login may not see, and the lowest that the server calls free. */
  readonly hiddenVmids?: { readonly next?: number; readonly taken: readonly number[] }
  /** Only these resources, and what they depend on. Empty: all. */
  readonly targets: readonly Address[]
  readonly excludes: readonly Address[]
  /** Only what these addresses (of resources, without instance keys, and of modules) cover; what else is managed stays as it is. */
  readonly scope?: readonly string[]
  /** Guests to re-create although nothing about them has changed. */
  readonly replaces: readonly Address[]
  /** Plan the destruction of everything managed (of the targets, when there are any). */
  readonly destroy: boolean
  /** Resources that a run which was cut short was working on: what became of them is not settled. */
  readonly unsettled?: ReadonlySet<Address>
  /** Storage for backups taken before destroying; undefined: the first active one on the guest's node that takes `backup`. */
  readonly backupStorage?: string
  /** Create guests although unmanaged ones have the same names. */
  readonly allowDuplicateNames?: boolean
  /** Put another or an empty volume in the place of one that a guest starts from. */
  readonly allowDiskReplacement?: boolean
  /** Tells keys apart that fingerprints of secrets are made with. */
  readonly secretsKey?: string
  /** Snapshots mpc took as a safety net, oldest first: they go where they forbid a change, and after a change where newer ones stand. */
  readonly safetySnapshots?: readonly KeptSnapshot[]
  /** Rules of the workspace that the plan may not break. */
  readonly guards?: Guards
}

export const DEFAULT_PLAN_OPTIONS: PlanOptions = {
  vmids: { first: 100, last: 999_999_999 },
  targets: [],
  excludes: [],
  replaces: [],
  destroy: false,
}
