import type { Volume } from '../state/storage.ts'
import { defineSlot, type World } from '../state/world.ts'

/** A generated cloud-init drive holds nothing that its guest's configuration does not say. */
export const generatedToken = 'generated'

const counter = defineSlot(() => ({ last: 0 }))

/**
 * Names what a new volume holds. Copies, clones, archives and snapshots carry the name of what they hold; a guest that writes makes
 * `c7` into `c7.12` and that into `c7.12.15`: newer content with the older one in it. What was put together out of several is joined by `+`.
 */
export const freshToken = (world: World, name: string): string =>
  /-cloudinit(?:\.\w+)?$/.test(name) ? generatedToken : `c${++counter(world).last}`

/** The token after somebody wrote to what `token` names. */
export const writtenToken = (world: World, token: string): string =>
  token
    .split('+')
    .map((one) => `${one}.${++counter(world).last}`)
    .join('+')

/** Whether what `held` names has the content `wanted` in it: the same, or with something written to it since. */
export const hasContent = (held: string, wanted: string): boolean =>
  held.split('+').some((one) => one === wanted || one.startsWith(`${wanted}.`))

/** Takes the volume as it is into a snapshot of that name. */
export const keepState = (volume: Volume, snapshot: string): void => {
  volume.snapshots.set(snapshot, { size: volume.size, token: volume.token })
}

/** Makes the volume what it was when the snapshot was taken. */
export const bringBack = (volume: Volume, snapshot: string): void => {
  const then = volume.snapshots.get(snapshot)
  if (then === undefined) return
  volume.size = then.size
  volume.token = then.token
}
