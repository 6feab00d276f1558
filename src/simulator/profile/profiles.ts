import type { World } from '../state/world.ts'
import { homelab } from './homelab.ts'
import { recorded } from './recorded.ts'

export type ProfileName = 'homelab' | 'recorded'

type Profile = {
  /** What differs in the world itself. */
  readonly facts: Partial<World>
  readonly build: (world: World, nodes: number | undefined, guests: number | undefined) => void
}

/** The clusters that come with the simulator. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  homelab: { facts: { clusterName: 'homelab' }, build: homelab },
  recorded: { facts: { guestsReact: false, lookupFailure: 'Temporary failure in name resolution' }, build: recorded },
}
