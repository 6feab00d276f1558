import type { Guest } from '../state/guest.ts'
import { defineSlot, type World } from '../state/world.ts'

/** Seconds between two rounds of the status daemon. */
const ROUND = 10
/** Seconds that its figures of a guest are kept when the guest is gone. */
const KEPT = 300

type Entry = Readonly<Record<string, unknown>>
type Last = { readonly at: number; readonly entry: Entry }

const lastKnown = defineSlot(() => new Map<string, Last>())

const elapsed = (world: World): number => world.clock.elapsed() / 1000

const nameOf = ({ type, vmid }: Guest): string => `${type}/${vmid}`

/**
 * Whether the status daemon has been round since the guest was made: before, lists know only where it is
 * (seen on PVE 9.2: `status: unknown` for up to ten seconds). Guests from before the start are known. Where the model's durations pass at
 * once, the clock on the wall counts too.
 */
export const isMeasured = (world: World, { bornAt }: Guest): boolean =>
  bornAt === undefined ||
  Math.floor(bornAt.elapsed / 1000 / ROUND) < Math.floor(elapsed(world) / ROUND) ||
  bornAt.now + ROUND * 1000 <= world.clock.now()

/** Keeps what the daemon measured of a guest that goes. */
export const keepFigures = (world: World, guest: Guest, entry: Entry): void => {
  if (isMeasured(world, guest)) lastKnown(world).set(nameOf(guest), { at: elapsed(world), entry })
}

/** What was measured of the guest that had this number shortly before: shown of a new one until the daemon comes round. */
export const formerFigures = (world: World, guest: Guest): Entry | undefined => {
  const former = lastKnown(world).get(nameOf(guest))
  return former !== undefined && elapsed(world) - former.at < KEPT ? former.entry : undefined
}
