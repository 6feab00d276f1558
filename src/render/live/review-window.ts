import { type AttributeView, type ResourceView, requestLine, type StepView } from '../plan-view.ts'
import type { ReviewState } from './review-rows.ts'

/** The size of what a review draws on, in characters. */
export interface Screen {
  readonly rows: number
  readonly columns: number
}

/** How many lines a text takes at most: a wrapped one may leave room at the end of a line. */
const linesOf = (length: number, columns: number): number => (length <= columns ? 1 : Math.ceil(length / columns) + 1)

const attributeHeight = ({ text, below, effect }: AttributeView, name: number, columns: number): number => {
  const value = text.length + (effect === '' ? 0 : effect.length + 4)
  const beside = name + value + 11 <= columns ? 1 : 1 + linesOf(value, columns - 10)
  return beside + below.reduce((sum, line) => sum + linesOf(line.length, columns - 6), 0)
}

const attributesHeight = ({ attributes }: ResourceView, { columns }: Screen): number => {
  const name = Math.max(0, ...attributes.map((attribute) => attribute.name.length))
  return attributes.reduce((sum, attribute) => sum + attributeHeight(attribute, name, columns), 0)
}

const stepHeight = (step: StepView, state: ReviewState, { columns }: Screen): number => {
  const texts = [
    step.summary.length + step.disruptionText.length + 3,
    step.undo.length + 6,
    ...(state.openSteps.has(step.id) ? step.requests.map((request) => requestLine(request).length) : []),
  ]
  return texts.reduce((sum, length) => sum + linesOf(length, columns - 8), 0)
}

/** How many lines a resource takes, or somewhat more. */
const heightOf = (resource: ResourceView, state: ReviewState, screen: Screen): number =>
  linesOf(resource.heading.length + 4, screen.columns) +
  (state.folded.has(resource.address)
    ? 0
    : 2 +
      attributesHeight(resource, screen) +
      resource.steps.reduce((sum, step) => sum + stepHeight(step, state, screen), 0))

/** How many lines of a resource taller than the screen stand above it, so that the marked step is seen. */
const hiddenAbove = (
  resource: ResourceView,
  state: ReviewState,
  marked: string | undefined,
  screen: Screen,
): number => {
  const at = resource.steps.findIndex(({ id }) => id === marked)
  if (at < 0 || heightOf(resource, state, screen) <= screen.rows) return 0
  const upTo = resource.steps.slice(0, at + 1).reduce((sum, step) => sum + stepHeight(step, state, screen), 0)
  return Math.max(0, 2 + attributesHeight(resource, screen) + upTo - screen.rows)
}

/** What of a plan is drawn. */
export interface ReviewWindow {
  readonly shown: readonly ResourceView[]
  /** Resources before and after those shown. */
  readonly above: number
  readonly below: number
  /** Lines, for all that is shown. */
  readonly height: number
  /** Lines of it that stand above the screen. */
  readonly hidden: number
}

/** As many resources around the marked row as the screen holds, so that long plans do not flicker. */
export const reviewWindow = (
  resources: readonly ResourceView[],
  state: ReviewState,
  marked: string | undefined,
  screen: Screen,
): ReviewWindow => {
  const at = Math.max(
    0,
    resources.findIndex(({ address, steps }) => address === marked || steps.some(({ id }) => id === marked)),
  )
  const first = resources[at]
  if (!first) return { shown: [], above: 0, below: 0, height: 0, hidden: 0 }
  let [from, to] = [at, at + 1]
  let height = heightOf(first, state, screen)
  while (from > 0 || to < resources.length) {
    const below = resources[to]
    const next = below ?? resources[from - 1]
    if (!next || height + heightOf(next, state, screen) > screen.rows) break
    height += heightOf(next, state, screen)
    if (below) to++
    else from--
  }
  const hidden = hiddenAbove(first, state, marked, screen)
  return {
    shown: resources.slice(from, to),
    above: from,
    below: resources.length - to,
    height: Math.min(height, screen.rows),
    hidden,
  }
}
