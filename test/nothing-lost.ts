import * as assert from 'uvu/assert'
import type { Plan } from '../src/plan/plan.ts'
import { lostContents, type VolumeFacts, type WorldFacts } from '../src/simulator/fact/world-facts.ts'
import type { Simulator } from '../src/simulator/start.ts'

/** Whether the person has agreed to lose what this volume held. */
export type Agreed = (volume: VolumeFacts) => boolean

export const agreedToNothing: Agreed = () => false

/** What a plan that was carried out had marked [DATA IS LOST]: volumes of the guests of those steps. */
export const agreedBy = ({ steps }: Pick<Plan, 'steps'>): Agreed => {
  const guests = new Set(
    steps.flatMap(({ disruption, guest }) => (disruption === 'data-loss' && guest ? [guest.vmid as number] : [])),
  )
  return ({ owner }) => owner !== null && guests.has(owner)
}

/** What became of a piece of work: what the person had agreed to lose by it, and whether its end is still to come. */
export interface Verdict {
  readonly agreed: Agreed
  readonly isEnded: boolean
}

/** Holds everything that writes to a cluster to one rule: content that was there before is there after. */
export interface ContentGuard {
  /** Carries out a plan, a recovery or a revert; fails when content is lost that nobody had agreed to lose. `undefined`: it threw. */
  readonly around: <T>(work: () => Promise<T>, verdict: (result: T | undefined) => Verdict) => Promise<T>
  /** What other people do in the meantime, and lose thereby, is not held against the work. */
  readonly byOthers: <T>(work: () => Promise<T>) => Promise<T>
}

const keysOf = ({ volumes }: WorldFacts) =>
  new Set(Object.values(volumes).map(({ volid, token }) => `${volid} ${token}`))

/** A guard of one cluster. What an unfinished run has made itself, its end may take away. */
export const contentGuard = (simulator: Pick<Simulator, 'facts'>): ContentGuard => {
  const facts = () => structuredClone(simulator.facts())
  const takenByOthers = new Set<string>()
  let unfinished: WorldFacts | undefined
  return {
    around: async (work, verdict) => {
      const before = facts()
      const begin = unfinished ?? before
      let result: Awaited<ReturnType<typeof work>> | undefined
      try {
        result = await work()
        return result
      } finally {
        const { agreed, isEnded } = verdict(result)
        unfinished = isEnded ? undefined : begin
        const known = keysOf(begin)
        const lost = lostContents(before, simulator.facts()).filter(
          (volume) =>
            known.has(`${volume.volid} ${volume.token}`) && !takenByOthers.has(volume.token) && !agreed(volume),
        )
        assert.is(lost.map(({ volid, token }) => `${volid} (${token}) is lost`).join(', '), '', 'what was there before')
      }
    },
    byOthers: async (work) => {
      const before = facts()
      const result = await work()
      for (const { token } of lostContents(before, simulator.facts())) takenByOthers.add(token)
      return result
    },
  }
}
