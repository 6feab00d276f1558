import type { GuestRef } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'

/** A guest as it is at a moment, as far as a run can change it. What was not asked for, or could not be read, is missing. */
export interface GuestMeasure {
  readonly kind: 'guest'
  readonly guest: GuestRef
  /** Missing: there is no guest. */
  readonly config?: {
    readonly current: RawConfig
    /** Values that wait for a restart; null: the key goes then. */
    readonly pending: Readonly<Record<string, string | null>>
  }
  /** `running`, `stopped`, `paused` … */
  readonly power?: string
  /** `managed` by high availability, or empty. */
  readonly ha?: string
  readonly snapshots?: readonly string[]
  /** Entries of /vms/N: who, role, whether it propagates. */
  readonly acl?: readonly string[]
  /** `lxc.*` lines of a container's file. */
  readonly raw?: readonly string[]
}

/** A pool, with those of the guests that the run moves about. */
export interface PoolMeasure {
  readonly kind: 'pool'
  readonly poolid: string
  /** Missing: there is no pool. */
  readonly comment?: string
  readonly vmids: readonly number[]
}

export type Measure = GuestMeasure | PoolMeasure

/** What a measure is of: `guest/107`, `pool/prod`. */
export const subjectOf = (measure: Measure): string =>
  measure.kind === 'guest' ? `guest/${measure.guest.vmid}` : `pool/${measure.poolid}`
