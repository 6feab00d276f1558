import type { Step, StepId } from '../plan.ts'

/** The steps that need each step directly, by their positions. */
export const dependentPositions = (steps: readonly Step[]): ReadonlyMap<StepId, readonly number[]> => {
  const dependents = new Map<StepId, number[]>()
  for (const [position, { needs }] of steps.entries())
    for (const need of needs) {
      const known = dependents.get(need)
      if (known) known.push(position)
      else dependents.set(need, [position])
    }
  return dependents
}
