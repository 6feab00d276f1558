import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'

/** What an area does when guests come and go. Areas export one each; `guest/all-hooks.ts` lists them. */
export type GuestHooks = {
  /** Before a destroy starts: may end the request with PVE's refusal. */
  readonly refuseDestroy?: (world: World, guest: Guest, purge: boolean) => void
  readonly destroyed?: (world: World, guest: Guest, purge: boolean) => void
  readonly cloned?: (world: World, source: Guest, target: Guest) => void
  /** True where the guest is managed by this area (HA): start, stop and migrate become requests to it. */
  readonly manages?: (world: World, guest: Guest) => boolean
}
