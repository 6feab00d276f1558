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
    }
  | { readonly by: 'nothing'; readonly reason: string }
