import type { World } from '../state/world.ts'
import { homelab } from './homelab.ts'
import { recorded } from './recorded.ts'

export type ProfileName = 'homelab' | 'recorded'

type Profile = {
  /** What differs in the world itself. */
  readonly facts: Partial<World>
  /** How much faster than real its durations pass unless told otherwise. */
  readonly speed: number
  readonly password: string
  /** The token of root it comes with; one is made when there is none. */
  readonly token?: string
  readonly build: (world: World, nodes: number | undefined, guests: number | undefined) => void
}

/** The clusters that come with the simulator. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  homelab: { facts: { clusterName: 'homelab' }, speed: 100, password: 'proxmox', build: homelab },
  recorded: {
    facts: { guestsReact: false, lookupFailure: 'Temporary failure in name resolution' },
    speed: 10,
    password: 'recorded',
    token: 'root@pam!tf=00000000-0000-0000-0000-000000000000',
    build: recorded,
  },
}
