import type { ApplyEvent, OutcomeStatus, RunOutcome } from '../apply/apply-event.ts'
import { countSteps } from '../apply/count-steps.ts'
import { nothingBegun } from '../apply/run/run-outcome.ts'
import type { DiagnosticCode } from '../diagnostic/codes.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/plan.ts'
import { counted } from '../util/counted.ts'
import { visibleLine } from '../util/visible.ts'
import { durationText } from './duration-text.ts'
import type { Paint, Tone } from './style.ts'

const MARK = {
  running: ['…', 'accent'],
  done: ['✓', 'create'],
  failed: ['✗', 'error'],
  undone: ['↶', 'update'],
  'undo-failed': ['✗', 'error'],
  'not-run': ['·', 'dim'],
  unknown: ['?', 'warning'],
} as const satisfies Record<OutcomeStatus, readonly [string, Tone]>

export const stepMark = (status: OutcomeStatus | 'waiting'): readonly [string, Tone] =>
  status === 'waiting' ? ['·', 'dim'] : MARK[status]

const STATUS_WORD = {
  running: 'running',
  done: 'done',
  failed: 'FAILED',
  undone: 'undone',
  'undo-failed': 'COULD NOT BE UNDONE',
  'not-run': 'not run',
  unknown: 'not known yet',
} as const satisfies Record<OutcomeStatus, string>

/** Why a step is still in effect, where mpc left it so on purpose. */
const LEFT_WORD: Readonly<Partial<Record<DiagnosticCode, string>>> = {
  'apply.stays-in-effect': 'stays; undoing it would restart the guest',
  'apply.stays-grown': 'stays; undoing it would restart the guest, and what it wrote since would be lost',
  'apply.safety-kept': 'kept, because it may still be needed',
}

export const wordFor = (status: OutcomeStatus, diagnostics: readonly Diagnostic[]): string => {
  const left = status === 'undo-failed' ? diagnostics.map(({ code }) => LEFT_WORD[code]).find(Boolean) : undefined
  return left ?? STATUS_WORD[status]
}

/** What is about to be undone: steps that finished, and what others may have done before they failed. */
const undoingText = (finished: number, all: number): string => {
  if (finished === 0) return 'Undoing what it may have changed.'
  return `Undoing ${counted(finished, 'finished step')}${finished < all ? ' and what the other may have done' : ''}, last first.`
}

/**
 * Turns events into plain progress lines, one or none per event. Keeps the plan of the run it follows, so one printer serves
 * one run.
 */
export const applyLines = (paint: Paint): ((event: ApplyEvent) => readonly string[]) => {
  const summaries = new Map<string, string>()
  let failed = false
  const nameOf = (step: string) => `${step.slice(0, step.lastIndexOf('/'))}: ${summaries.get(step) ?? step}`
  return (event) => {
    switch (event.type) {
      case 'run-started':
        for (const { id, summary } of event.plan.steps) summaries.set(id, visibleLine(summary))
        return [`Applying plan ${event.plan.id} (run ${event.run})`]
      case 'step-started':
        return [`  ${paint('accent', '…')} ${nameOf(event.step)}${event.direction === 'reverse' ? ' (undoing)' : ''}`]
      case 'task-log':
        return [paint('dim', `      ${event.step.slice(0, event.step.lastIndexOf('/'))}| ${visibleLine(event.line)}`)]
      case 'step-ended': {
        const [mark, tone] = MARK[event.status]
        failed ||= event.status === 'failed'
        return [
          `  ${paint(tone, mark)} ${nameOf(event.step)}: ${wordFor(event.status, event.diagnostics)} in ${durationText(event.seconds)}`,
        ]
      }
      case 'rollback-started':
        return [
          paint(
            'warning',
            `${failed ? 'A step failed.' : 'The run was cut short.'} ${undoingText(event.finished.length, event.steps.length)}`,
          ),
        ]
      // What is waited for is said at once, by who hears the interruption.
      case 'task-awaited':
      case 'request-sent':
      case 'task-started':
      case 'run-ended':
        return []
    }
  }
}

/** Why what was done had to be undone. */
const causeOf = (outcome: RunOutcome, cutShort: boolean): string => {
  if (cutShort) return `Run ${outcome.run} was cut short,`
  return outcome.interrupted ? 'The run was interrupted' : 'The plan failed'
}

const closing = (plan: Plan, outcome: RunOutcome, paint: Paint, cutShort: boolean): string => {
  const { done, total } = countSteps(plan, outcome.steps)
  switch (outcome.status) {
    case 'applied':
      return `${paint('create', 'Applied.')} ${done} of ${total} steps done in ${durationText(outcome.seconds)}${plan.origin.kind === 'revert' && outcome.asBefore ? `: the cluster is as it was before ${plan.origin.plan}` : ''}. Undo it with: mpc revert ${plan.id}`
    case 'rolled-back':
      if (nothingBegun(outcome)) return paint('warning', 'Nothing was changed.')
      return `${paint('warning', cutShort ? 'Undone.' : 'Rolled back.')} ${causeOf(outcome, cutShort)} and all its changes were undone${outcome.asBefore ? ': the cluster is as it was before.' : '.'}`
    case 'incomplete':
      if (outcome.suspended)
        return `${paint('error', 'Suspended.')} The run has not ended; mpc recover asks the server for its state and continues. So far:`
      return `${paint('error', 'Incomplete.')} ${causeOf(outcome, cutShort)} and not everything could be undone. Left on the cluster:`
    case 'running':
      return 'The run has not ended.'
  }
}

/** The report at the end of a run. Ends with a newline. `cutShort`: what is reported is the undoing of a run that never ended. */
export const outcomeText = (
  plan: Plan,
  outcome: RunOutcome,
  paint: Paint,
  { cutShort = false }: { readonly cutShort?: boolean } = {},
): string => {
  const summaries = new Map(plan.steps.map(({ id, address, summary }) => [id, visibleLine(`${address}: ${summary}`)]))
  // A step that failed and is not named as one that could not be undone has left nothing.
  const undoing = outcome.steps.some(({ status }) => status === 'undo-failed')
  const left = outcome.steps.filter(
    ({ status }) =>
      outcome.status === 'incomplete' &&
      status !== 'undone' &&
      status !== 'not-run' &&
      !(undoing && status === 'failed'),
  )
  return [
    '',
    closing(plan, outcome, paint, cutShort),
    ...left.map(
      ({ step, status, diagnostics, task }) =>
        `  ${paint(...swap(stepMark(status)))} ${summaries.get(step) ?? step}: ${wordFor(status, diagnostics)}${task !== undefined && status === 'unknown' ? ` (task ${task})` : ''}`,
    ),
    '',
  ].join('\n')
}

const swap = ([mark, tone]: readonly [string, Tone]): [Tone, string] => [tone, mark]
