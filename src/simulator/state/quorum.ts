import { defineSlot, type World } from './world.ts'

const state = defineSlot(() => ({ lost: false }))

/** Takes the cluster's quorum away, or gives it back. */
export const loseQuorum = (world: World, { lost }: { readonly lost: boolean }): void => {
  state(world).lost = lost
}

/** Whether more than half of the nodes are there; without that nothing is written. */
export const isQuorate = (world: World): boolean => {
  const nodes = [...world.nodes.values()]
  return !state(world).lost && nodes.filter(({ online }) => online).length * 2 > nodes.length
}
