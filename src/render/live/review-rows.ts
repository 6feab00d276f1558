import { DISRUPTIONS, type Disruption } from '../../resource/change.ts'
import type { PlanView, ResourceView } from '../plan-view.ts'

export interface ReviewState {
  /** Index into the rows. */
  readonly cursor: number
  readonly folded: ReadonlySet<string>
  readonly openSteps: ReadonlySet<string>
  /** Only resources at least this disruptive; undefined shows all. */
  readonly filter: Disruption | undefined
}

const FILTERS: readonly (Disruption | undefined)[] = [undefined, ...DISRUPTIONS.filter((word) => word !== 'none')]

const rank = (disruption: Disruption): number => DISRUPTIONS.indexOf(disruption)

export const nextFilter = (filter: Disruption | undefined): Disruption | undefined =>
  FILTERS[(FILTERS.indexOf(filter) + 1) % FILTERS.length]

const worst = ({ disruption, steps }: ResourceView): number =>
  Math.max(rank(disruption), ...steps.map((step) => rank(step.disruption)))

/** The resources the filter lets through. */
export const visibleResources = (view: PlanView, { filter }: ReviewState): readonly ResourceView[] =>
  filter === undefined ? view.resources : view.resources.filter((resource) => worst(resource) >= rank(filter))

/** What the cursor can stand on, top to bottom: addresses, and step ids of resources that are open. */
export const reviewRows = (view: PlanView, state: ReviewState): readonly string[] =>
  visibleResources(view, state).flatMap(({ address, steps }) =>
    state.folded.has(address) ? [address] : [address, ...steps.map(({ id }) => id)],
  )

const toggled = (set: ReadonlySet<string>, item: string): ReadonlySet<string> => {
  const copy = new Set(set)
  if (!copy.delete(item)) copy.add(item)
  return copy
}

/** Folds or unfolds what the cursor stands on. */
export const toggleRow = (view: PlanView, state: ReviewState): ReviewState => {
  const row = reviewRows(view, state)[state.cursor]
  if (row === undefined) return state
  return view.resources.some(({ address }) => address === row)
    ? { ...state, folded: toggled(state.folded, row) }
    : { ...state, openSteps: toggled(state.openSteps, row) }
}

const textOf = (view: PlanView, row: string): string => {
  const resource = view.resources.find(({ address, steps }) => address === row || steps.some(({ id }) => id === row))
  const step = resource?.steps.find(({ id }) => id === row)
  return (step ? step.summary : `${resource?.heading} ${resource?.guest}`).toLowerCase()
}

/** Puts the cursor on the next row that holds a text, starting again at the top; where none does, it stays. */
export const findRow = (view: PlanView, state: ReviewState, text: string): ReviewState => {
  const rows = reviewRows(view, state)
  const wanted = text.toLowerCase()
  const order = [...rows.keys()].map((at) => (state.cursor + 1 + at) % rows.length)
  const found = wanted === '' ? undefined : order.find((at) => textOf(view, rows[at] ?? '').includes(wanted))
  return found === undefined ? state : { ...state, cursor: found }
}

/** Moves the cursor and keeps it on a row. */
export const moveCursor = (view: PlanView, state: ReviewState, by: number): ReviewState => ({
  ...state,
  cursor: Math.max(0, Math.min(reviewRows(view, state).length - 1, state.cursor + by)),
})
