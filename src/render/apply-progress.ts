import type { ApplyEvent, OutcomeStatus, RunOutcome } from '../apply/apply-event.ts'
import type { Direction } from '../apply/journal.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { visibleLine } from '../util/visible.ts'

export interface StepProgress {
  readonly id: string
  readonly address: string
  readonly summary: string
  readonly status: 'waiting' | OutcomeStatus
  readonly direction: Direction
  /** ISO 8601; set while and after it runs. */
  readonly startedAt?: string
  readonly seconds?: number
  readonly upid?: string
  /** Last lines of the task's log. */
  readonly log: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Where a run stands; folded from events, drawn by the live view. */
export interface ApplyProgress {
  readonly run: string
  readonly startedAt: string
  readonly steps: readonly StepProgress[]
  readonly rollingBack: boolean
  /** Steps that are to be undone. */
  readonly toUndo: readonly string[]
  readonly outcome?: RunOutcome
}

/** So many lines of a task's log are kept. */
export const LOG_TAIL = 3

export const NO_PROGRESS: ApplyProgress = { run: '', startedAt: '', steps: [], rollingBack: false, toUndo: [] }

const waitingSteps = (event: Extract<ApplyEvent, { readonly type: 'run-started' }>): readonly StepProgress[] =>
  event.plan.steps.map(({ id, address, summary }) => ({
    id,
    address,
    summary: visibleLine(summary),
    status: 'waiting',
    direction: 'forward',
    log: [],
    diagnostics: [],
  }))

/** A step after something happened to it. */
const stepAfter = (step: StepProgress, event: Extract<ApplyEvent, { readonly step: string }>): StepProgress => {
  switch (event.type) {
    case 'step-started':
      return { ...step, status: 'running', direction: event.direction, startedAt: event.at, log: [] }
    case 'task-started':
      return { ...step, upid: event.upid }
    case 'task-log':
      return { ...step, log: [...step.log, visibleLine(event.line)].slice(-LOG_TAIL) }
    case 'step-ended':
      return {
        ...step,
        status: event.status,
        direction: event.direction,
        seconds: event.seconds,
        log: [],
        diagnostics: [...step.diagnostics, ...event.diagnostics],
      }
    case 'task-awaited':
    case 'request-sent':
      return step
  }
}

/** Takes events in, as many as have come since: one pass over the steps, however many there are. Pure. */
export const progressAfter = (progress: ApplyProgress, events: readonly ApplyEvent[]): ApplyProgress => {
  let now = progress
  const steps = new Map(progress.steps.map((step) => [step.id, step]))
  for (const event of events) {
    if (event.type === 'run-started') {
      now = { ...NO_PROGRESS, run: event.run, startedAt: event.at }
      steps.clear()
      for (const step of waitingSteps(event)) steps.set(step.id, step)
    } else if (event.type === 'rollback-started') now = { ...now, rollingBack: true, toUndo: event.steps }
    else if (event.type === 'run-ended') now = { ...now, outcome: event.outcome }
    else {
      const step = steps.get(event.step)
      if (step) steps.set(step.id, stepAfter(step, event))
    }
  }
  return { ...now, steps: [...steps.values()] }
}
