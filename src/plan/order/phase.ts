import type { Step, StepId } from '../plan.ts'

/**
 * Sorts of steps, in the order in which a plan takes them as far as `needs` allows: first what requests take back exactly, then what only a
 * snapshot takes back, then what cannot be had again. A failure elsewhere so finds nothing costly to undo.
 */
export const PHASES = [
  'snapshot',
  'unprotect',
  'exact',
  'grow-stopped',
  'power-on',
  'grow-running',
  'end',
  'protect',
  'sweep',
] as const

export type Phase = (typeof PHASES)[number]

/** Position of a phase in `PHASES`. */
export const rankOf = (phase: Phase): number => PHASES.indexOf(phase)

type Placed = Pick<Step, 'action' | 'requests' | 'reversal' | 'disruption' | 'optional'>

/** Whether a step writes the protection and nothing else, and what to. */
const protectionOf = ({ requests }: Placed): boolean | undefined => {
  const [request, ...others] = requests
  if (request?.method !== 'PUT' || others.length > 0 || !request.path.endsWith('/config')) return undefined
  const entries = Object.entries(request.params ?? {})
  const [[name, value] = []] = entries
  if (entries.length !== 1) return undefined
  if (name === 'delete') return value === 'protection' ? false : undefined
  return name === 'protection' ? value === '1' || value === 1 || value === true : undefined
}

const isGrowth = ({ requests }: Placed): boolean => requests.some(({ path }) => path.endsWith('/resize'))

/** The phase of a step for itself. What goes together with a guest that the plan makes is exact: its undoing is that the guest goes. */
const phaseOf = (step: Placed): Phase => {
  const { action, reversal, disruption, requests, optional } = step
  if (optional) return 'sweep'
  if (action === 'snapshot') return requests.some(({ method }) => method === 'DELETE') ? 'end' : 'snapshot'
  const protects = protectionOf(step)
  if (protects !== undefined) return protects ? 'protect' : 'unprotect'
  if (action === 'start') return 'power-on'
  if (isGrowth(step) && reversal.by !== 'requests')
    return reversal.by === 'snapshot' && disruption === 'none' ? 'grow-stopped' : 'grow-running'
  if (action === 'destroy' || action === 'backup' || reversal.by === 'nothing') return 'end'
  return 'exact'
}

/** Steps that also only prepare an end. */
const isForEnd = ({ action, id }: Step): boolean => action === 'stop' || /\/release(?:-kept)?$/.test(id)

/** The phase of each step of a plan. A guest that is stopped only for its end is stopped when the end comes. */
export const phasesOf = (steps: readonly Step[]): ReadonlyMap<StepId, Phase> => {
  const phases = new Map<StepId, Phase>()
  const [neededBy, end] = [new Map<StepId, number>(), rankOf('end')]
  for (const step of steps.toReversed()) {
    const phase = isForEnd(step) && (neededBy.get(step.id) ?? 0) >= end ? 'end' : phaseOf(step)
    phases.set(step.id, phase)
    const rank = rankOf(phase)
    for (const need of step.needs) neededBy.set(need, Math.min(rank, neededBy.get(need) ?? rank))
  }
  return phases
}
