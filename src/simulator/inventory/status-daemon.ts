import type { Guest } from '../state/guest.ts'
import { defineSlot, nowSeconds, type World } from '../state/world.ts'

/** Seconds between two rounds of the status daemon. */
const ROUND = 10

/** When each guest was first looked for, in seconds of model time; guests from before the start are known. */
const firstSeen = defineSlot(() => new WeakMap<Guest, number>())

const createdAt = (guest: Guest): number => Number(/ctime=(\d+)/.exec(guest.config['meta'] ?? '')?.[1] ?? 0)

/**
 * Whether the status daemon has been round since the guest was made: before, lists know only where it is
 * (seen on PVE 9.2: `status: unknown` for up to ten seconds).
 */
export const isMeasured = (world: World, guest: Guest): boolean => {
  const now = nowSeconds(world)
  const made = createdAt(guest)
  if (made === 0 || made + ROUND <= now) return true
  const seen = firstSeen(world)
  const elapsed = world.clock.elapsed() / 1000
  const since = seen.get(guest) ?? elapsed
  seen.set(guest, since)
  return Math.floor(since / ROUND) < Math.floor(elapsed / ROUND)
}
