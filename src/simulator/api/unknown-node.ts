import type { World } from '../state/world.ts'

/** What PVE says of a node that the cluster does not know: it looks the name up, in vain. */
export const unknownNode = (world: World, name: string): string =>
  `hostname lookup '${name}' failed - failed to get address info for: ${name}: ${world.lookupFailure}`
