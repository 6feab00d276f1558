import type { ApiRequest } from './request.ts'

/** How a step is undone, decided when it is planned. The requests are sent in order, whatever the means. */
export type Reversal =
  | { readonly by: 'requests'; readonly requests: readonly ApiRequest[]; readonly note?: string }
  | { readonly by: 'snapshot'; readonly name: string; readonly requests: readonly ApiRequest[]; readonly note?: string }
  | {
      readonly by: 'backup'
      readonly storage: string
      readonly requests: readonly ApiRequest[]
      readonly note?: string
    }
  | { readonly by: 'nothing'; readonly reason: string }
