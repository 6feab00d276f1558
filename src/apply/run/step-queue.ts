import { volumeOwner } from '../../kinds/value/volume.ts'
import { dependentPositions } from '../../plan/order/dependent-positions.ts'
import { PHASES, phasesOf, rankOf } from '../../plan/order/phase.ts'
import type { Plan, Step, StepId } from '../../plan/plan.ts'
import { attachedBy } from '../../plan/state/held-volumes.ts'
import { insertSorted } from '../../util/insert-sorted.ts'
import { effectOf } from '../effect/request-effect.ts'

/** Hands out steps when what they need is done, earlier ones first. */
export interface StepQueue {
  /** The next step that may start; undefined when there is none at the moment. */
  readonly next: () => Step | undefined
  readonly finished: (id: StepId) => void
}

/** For each rank the first position that has not finished. Positions only ever finish, so that looking goes through each list once. */
const unfinishedByRank = (ranks: readonly number[]) => {
  const positions = PHASES.map((_, rank) => ranks.flatMap((own, position) => (own === rank ? [position] : [])))
  const reached = PHASES.map(() => 0)
  const done = new Set<number>()
  const first = (rank: number): number => {
    const list = positions[rank] ?? []
    let at = reached[rank] ?? 0
    while (at < list.length && done.has(list[at] ?? -1)) at++
    reached[rank] = at
    return list[at] ?? Number.POSITIVE_INFINITY
  }
  return { first, finish: (position: number) => void done.add(position) }
}

/**
 * A step waits for what it needs; for every step before it in the plan that is cheaper to undo, so that a failure there finds nothing costly
 * done; and for the step that works on its guest, which PVE would make it wait for on its lock, or refuse.
 */
export const stepQueue = ({ steps }: Plan): StepQueue => {
  const phases = phasesOf(steps)
  return queueOf(
    steps,
    steps.map(({ id }) => rankOf(phases.get(id) ?? 'exact')),
  )
}

/** Guests whose volumes a step attaches to its own, by name. */
const ownersOf = ({ guest, requests }: Step): readonly number[] =>
  guest
    ? requests.flatMap((request) =>
        attachedBy(guest.type, request).flatMap(({ volume }) => {
          const owner = volumeOwner(volume)
          return owner === undefined || owner === guest.vmid ? [] : [owner]
        }),
      )
    : []

type Waiting = ReadonlyMap<StepId, Set<StepId>>

/** Whether a step is undone after another one, as things wait for one another. */
const isAfter = (waitsFor: Waiting, id: StepId, other: StepId): boolean => {
  const met = new Set([id])
  for (const step of met) for (const next of waitsFor.get(step) ?? []) met.add(next)
  return met.has(other)
}

/** Undoing them takes or sets back every volume of their guest, whoever has it. */
const takesVolumes = ({ requests, reversal }: Step): boolean =>
  reversal.by === 'snapshot' || requests.some((request) => effectOf(request).kind === 'guest-made')

/** Whoever has volumes of a guest attached lets go of them first, whichever came first. */
const holdersFirst = (order: readonly Step[], waitsFor: Waiting): void => {
  const takers = new Map<number, StepId[]>()
  for (const step of order) {
    const { id, guest } = step
    if (guest && takesVolumes(step)) takers.set(guest.vmid, [...(takers.get(guest.vmid) ?? []), id])
  }
  for (const step of order) {
    // What a new guest has attached may go only with the guest.
    const holding = [step.id, ...(step.guest ? (takers.get(step.guest.vmid) ?? []) : [])]
    for (const taker of ownersOf(step).flatMap((owner) => takers.get(owner) ?? []))
      for (const id of holding) if (!isAfter(waitsFor, id, taker)) waitsFor.get(taker)?.add(id)
  }
}

/**
 * Steps to be undone, in the order in which that is done one after the other: each waits for the undoing of those that needed it, of what was
 * done to its guest later, and of what attached volumes of its guest to another one.
 */
export const undoQueue = (order: readonly Step[]): StepQueue => {
  const waitsFor = new Map<StepId, Set<StepId>>(order.map(({ id }) => [id, new Set()]))
  const last = new Map<number, StepId>()
  for (const { id, needs, guest } of order) {
    for (const need of needs) waitsFor.get(need)?.add(id)
    const before = guest && last.get(guest.vmid)
    if (before !== undefined) waitsFor.get(id)?.add(before)
    if (guest) last.set(guest.vmid, id)
  }
  holdersFirst(order, waitsFor)
  return queueOf(
    order.map((step) => ({ ...step, needs: [...(waitsFor.get(step.id) ?? [])] })),
    order.map(() => 0),
  )
}

const queueOf = (steps: readonly Step[], ranks: readonly number[]): StepQueue => {
  const positions = new Map(steps.map(({ id }, position) => [id, position]))
  const unfinished = unfinishedByRank(ranks)
  const missing = steps.map(({ needs }) => needs.length)
  const dependents = dependentPositions(steps)
  const ready = PHASES.map((_, rank) =>
    missing.flatMap((count, position) => (count === 0 && ranks[position] === rank ? [position] : [])),
  )
  const busy = new Set<number>()
  /** Where in its list the first step of a rank stands that may start. Those behind one that waits for cheaper ones wait too. */
  const startable = (list: readonly number[], cheaperLeft: number): number =>
    list.findIndex((position) => position > cheaperLeft || !busy.has(steps[position]?.guest?.vmid ?? -1))
  return {
    next: () => {
      let [chosen, cheaperLeft]: [{ list: number[]; at: number; position: number } | undefined, number] = [
        undefined,
        Number.POSITIVE_INFINITY,
      ]
      for (const [rank, list] of ready.entries()) {
        const at = startable(list, cheaperLeft)
        const position = list[at]
        if (
          position !== undefined &&
          position < cheaperLeft &&
          position < (chosen?.position ?? Number.POSITIVE_INFINITY)
        )
          chosen = { list, at, position }
        cheaperLeft = Math.min(cheaperLeft, unfinished.first(rank))
      }
      if (!chosen) return undefined
      chosen.list.splice(chosen.at, 1)
      const step = steps[chosen.position]
      if (step?.guest) busy.add(step.guest.vmid)
      return step
    },
    finished: (id) => {
      const own = positions.get(id) ?? -1
      unfinished.finish(own)
      const step = steps[own]
      if (step?.guest) busy.delete(step.guest.vmid)
      for (const position of dependents.get(id) ?? []) {
        missing[position] = (missing[position] ?? 0) - 1
        if (missing[position] === 0) insertSorted(ready[ranks[position] ?? 0] ?? [], position)
      }
    },
  }
}
