import type { ApplyEvent, RunOutcome } from '../apply/apply-event.ts'
import type { Direction, StepStatus } from '../apply/journal.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

export interface StepProgress {
  readonly id: string
  readonly address: string
  readonly summary: string
  readonly status: 'waiting' | StepStatus
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
  readonly outcome?: RunOutcome
}

const LOG_TAIL = 3

export const NO_PROGRESS: ApplyProgress = { run: '', startedAt: '', steps: [], rollingBack: false }

const change = (progress: ApplyProgress, id: string, update: (step: StepProgress) => StepProgress): ApplyProgress => ({
  ...progress,
  steps: progress.steps.map((step) => (step.id === id ? update(step) : step)),
})

/** Takes one event in. Pure: the same events give the same picture. */
export const progressAfter = (progress: ApplyProgress, event: ApplyEvent): ApplyProgress => {
  switch (event.type) {
    case 'run-started':
      return {
        ...NO_PROGRESS,
        run: event.run,
        startedAt: event.at,
        steps: event.plan.steps.map(({ id, address, summary }) => ({
          id,
          address,
          summary,
          status: 'waiting',
          direction: 'forward',
          log: [],
          diagnostics: [],
        })),
      }
    case 'step-started':
      return change(progress, event.step, (step) => ({
        ...step,
        status: 'running',
        direction: event.direction,
        startedAt: event.at,
        log: [],
      }))
    case 'task-started':
      return change(progress, event.step, (step) => ({ ...step, upid: event.upid }))
    case 'task-log':
      return change(progress, event.step, (step) => ({ ...step, log: [...step.log, event.line].slice(-LOG_TAIL) }))
    case 'step-ended':
      return change(progress, event.step, (step) => ({
        ...step,
        status: event.status,
        direction: event.direction,
        seconds: event.seconds,
        log: [],
        diagnostics: [...step.diagnostics, ...event.diagnostics],
      }))
    case 'rollback-started':
      return { ...progress, rollingBack: true }
    case 'run-ended':
      return { ...progress, outcome: event.outcome }
    case 'request-sent':
      return progress
  }
}
