import type { Plan, Step, StepId } from '../plan/plan.ts'

/** Hands out steps when what they need is done, earlier ones first. */
export interface StepQueue {
  /** The next step that may start; undefined when there is none at the moment. */
  readonly next: () => Step | undefined
  readonly finished: (id: StepId) => void
}

const insert = (sorted: number[], value: number): void => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, value)
}

/** A step on a guest that is being worked on waits, whatever the plan says: PVE would make it wait on its lock, or refuse. */
export const stepQueue = ({ steps }: Plan): StepQueue => {
  const positions = new Map(steps.map(({ id }, position) => [id, position]))
  const missing = steps.map(({ needs }) => needs.length)
  const dependents = new Map<StepId, number[]>()
  for (const [position, { needs }] of steps.entries())
    for (const need of needs) {
      const known = dependents.get(need)
      if (known) known.push(position)
      else dependents.set(need, [position])
    }
  const ready = missing.flatMap((count, position) => (count === 0 ? [position] : []))
  const busy = new Set<number>()
  return {
    next: () => {
      const at = ready.findIndex((position) => !busy.has(steps[position]?.guest?.vmid ?? -1))
      const step = steps[ready[at] ?? -1]
      if (!step) return undefined
      ready.splice(at, 1)
      if (step.guest) busy.add(step.guest.vmid)
      return step
    },
    finished: (id) => {
      const step = steps[positions.get(id) ?? -1]
      if (step?.guest) busy.delete(step.guest.vmid)
      for (const position of dependents.get(id) ?? []) {
        missing[position] = (missing[position] ?? 0) - 1
        if (missing[position] === 0) insert(ready, position)
      }
    },
  }
}
