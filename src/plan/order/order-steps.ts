import { insertSorted } from '../../util/insert-sorted.ts'
import type { Step, StepId } from '../plan.ts'
import { dependentPositions } from './dependent-positions.ts'
import { PHASES, phasesOf, rankOf } from './phase.ts'

/** For each position its own rank, and the lowest of all that comes after it by `needs`. */
const ranksOf = (steps: readonly Step[], dependents: ReadonlyMap<StepId, readonly number[]>) => {
  const phases = phasesOf(steps)
  const own = steps.map(({ id }) => rankOf(phases.get(id) ?? 'exact'))
  const released = [...own]
  for (let position = steps.length - 1; position >= 0; position--)
    for (const dependent of dependents.get(steps[position]?.id ?? '') ?? [])
      released[position] = Math.min(released[position] ?? 0, released[dependent] ?? 0)
  return { own, released }
}

/**
 * Puts steps into the order of their phases, as far as `needs` allows: at each point the cheapest of those that may come, and of equally costly
 * ones those first that something cheaper waits for. The given order has to respect `needs`, and is kept otherwise.
 */
export const orderSteps = (steps: readonly Step[]): readonly Step[] => {
  const dependents = dependentPositions(steps)
  const { own, released } = ranksOf(steps, dependents)
  const missing = steps.map(({ needs }) => needs.length)
  const ready = Array.from({ length: PHASES.length ** 2 }, (): number[] => [])
  const admit = (position: number) =>
    insertSorted(ready[(own[position] ?? 0) * PHASES.length + (released[position] ?? 0)] ?? [], position)
  for (const [position, count] of missing.entries()) if (count === 0) admit(position)
  const ordered: Step[] = []
  for (;;) {
    const position = ready.find((bucket) => bucket.length > 0)?.shift()
    const step = position === undefined ? undefined : steps[position]
    if (!step) return ordered
    ordered.push(step)
    for (const dependent of dependents.get(step.id) ?? []) {
      missing[dependent] = (missing[dependent] ?? 0) - 1
      if (missing[dependent] === 0) admit(dependent)
    }
  }
}

/**
 * For each step that ends or converts something before cheaper steps have been taken, because one of those needs it: that one. Only steps that
 * cannot be taken later.
 */
export const forcedEarly = (steps: readonly Step[]): ReadonlyMap<StepId, Step> => {
  const phases = phasesOf(steps)
  const end = rankOf('end')
  const forced = new Map<StepId, Step>()
  const isCheaper = ({ id }: Step) => rankOf(phases.get(id) ?? 'exact') < end
  for (const step of steps.toReversed()) {
    const cause = isCheaper(step) ? step : forced.get(step.id)
    if (cause) for (const need of step.needs) forced.set(need, cause)
  }
  return new Map([...forced].filter(([id]) => phases.get(id) === 'end'))
}
