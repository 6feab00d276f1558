import type { GuestKindName } from './guest.ts'

/** What a declaration can be of, by the name of its block. */
export type ResourceKindName = GuestKindName | 'pool'

const GUESTS: ReadonlySet<string> = new Set<GuestKindName>(['vm', 'container'])

/** The part of a union that is about guests. */
export type OfGuest<T extends { readonly kind: string }> = Extract<T, { readonly kind: GuestKindName }>

export const isOfGuest = <T extends { readonly kind: string }>(resource: T): resource is OfGuest<T> =>
  GUESTS.has(resource.kind)

/** The same resource where it is a guest. */
export const asGuest = <T extends { readonly kind: string }>(resource: T | null | undefined): OfGuest<T> | undefined =>
  resource && isOfGuest(resource) ? resource : undefined
