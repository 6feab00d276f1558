import type { ApiRequest } from './request.ts'

/**
 * Whether a rollback that nobody asked for undoes the step when its guest runs; `stopped` leaves it in effect then, because undoing it sets the
 * guest back or restarts it.
 */
export type Automatic = 'always' | 'stopped'

/** How a step is undone, decided when it is planned. The requests are sent in order, whatever the means. */
export type Reversal =
  | {
      readonly by: 'requests'
      readonly requests: readonly ApiRequest[]
      readonly note?: string
      /** Missing: `always`. */
      readonly automatic?: Automatic
    }
  | {
      readonly by: 'snapshot'
      readonly name: string
      readonly requests: readonly ApiRequest[]
      readonly note?: string
      /** Missing: `stopped`. */
      readonly automatic?: Automatic
    }
  | {
      readonly by: 'backup'
      readonly storage: string
      readonly requests: readonly ApiRequest[]
      readonly note?: string
      /** What was on the guest and is not in the backup, in a sentence; it is lost. Missing: the backup holds all. */
      readonly lost?: string
      /** Keys of what is not in the backup, or does not come back with it. Missing: none, unless something is lost. */
      readonly lacks?: readonly string[]
    }
  | { readonly by: 'nothing'; readonly reason: string }

export const requestsOf = (reversal: Reversal): readonly ApiRequest[] =>
  reversal.by === 'nothing' ? [] : reversal.requests

/** Why undoing a step does not bring everything back, in a sentence; undefined when it does. */
export const lossOf = (reversal: Reversal): string | undefined => {
  if (reversal.by === 'nothing') return reversal.reason
  return reversal.by === 'backup' ? reversal.lost : undefined
}

/** Keys that a restored guest is without; `unknown`: some, by a plan that did not note which. */
export const lacksOf = (reversal: Reversal): readonly string[] | 'unknown' => {
  if (reversal.by !== 'backup') return []
  return reversal.lacks ?? (reversal.lost === undefined ? [] : 'unknown')
}
