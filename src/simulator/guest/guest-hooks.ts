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
  /**
   * Turns a start or stop of a managed guest into a request to the HA manager: the returned text is the wanted state (`started`, `stopped`).
   * Called only where `manages` said true.
   */
  readonly request?: (world: World, guest: Guest, state: 'started' | 'stopped') => void
  /** What `status/current` shows under `ha`; nothing when the guest is not managed. */
  readonly haStatus?: (world: World, guest: Guest) => Readonly<Record<string, unknown>> | undefined
}
