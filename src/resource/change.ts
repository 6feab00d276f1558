import type { SourceRange } from '../diagnostic/source-range.ts'
import type { Address } from './address.ts'
import type { ConfigValue } from './config-value.ts'

/**
 * What carrying out a change means for the guest and the people using it, from harmless to worst: `none` (nobody notices), `live` (a running guest
 * takes it at once), `pending` (written now, takes effect when the guest starts the next time; mpc does not restart it), `restart` (the step
 * itself stops or restarts the guest), `recreate`, `data-loss`.
 */
export const DISRUPTIONS = ['none', 'live', 'pending', 'restart', 'recreate', 'data-loss'] as const

export type Disruption = (typeof DISRUPTIONS)[number]

/** One attribute's difference. A missing side means the attribute is absent there. */
export interface AttributeChange {
  /** Dotted, in the words of the declaration: `cores`, `disk.scsi0.size`, `network.net0.tag`. */
  readonly name: string
  readonly before?: ConfigValue
  readonly after?: ConfigValue
  /** The server chooses the new value: known after apply. */
  readonly unknown?: true
  readonly sensitive?: true
  /** The value there is not the one mpc gave it: somebody else has changed it since. */
  readonly outside?: true
  readonly disruption: Disruption
}

/** The difference that asks for steps, and why it exists. */
export interface Change {
  readonly address: Address
  readonly reason: 'declared' | 'no-longer-declared' | 'replaced' | 'safety' | 'revert'
  readonly attributes: readonly AttributeChange[]
  readonly range?: SourceRange
}
