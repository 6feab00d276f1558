import type { ApplyEvent, OutcomeStatus, StepOutcome } from '../apply-event.ts'

/** What a run has done so far, by its own events: it is told by this where the journal can no longer be written. */
export interface RunAccount {
  readonly emit: (event: ApplyEvent) => void
  /** By step; those that were not begun are missing. */
  readonly steps: ReadonlyMap<string, StepOutcome>
  /** Whether something may stand: a step is done, or a request has left that the server did not refuse at once. */
  readonly hasBegun: () => boolean
}

/** Keeps account of the events that pass through. `earlier`: what an earlier process had done of the same run. */
export const keepAccount = (
  emit: (event: ApplyEvent) => void,
  earlier: readonly { readonly step: string; readonly status: OutcomeStatus }[] = [],
): RunAccount => {
  const steps = new Map<string, StepOutcome>(
    earlier.map(({ step, status }) => [
      step,
      { step, status: status === 'running' ? 'unknown' : status, diagnostics: [] },
    ]),
  )
  const sent = new Set<string>()
  const refused = ({ status, diagnostics }: StepOutcome) =>
    status === 'failed' && diagnostics.every(({ code }) => code.startsWith('proxmox.'))
  const note = (step: string, change: Partial<StepOutcome>) =>
    steps.set(step, { step, status: 'unknown', diagnostics: [], ...steps.get(step), ...change })
  return {
    steps,
    hasBegun: () =>
      [...steps.values()].some((step) => step.status !== 'failed' || (sent.has(step.step) && !refused(step))),
    emit: (event) => {
      if (event.type === 'request-sent') {
        sent.add(event.step)
        note(event.step, { status: 'unknown' })
      }
      if (event.type === 'task-started') note(event.step, { task: event.upid })
      if (event.type === 'step-ended') note(event.step, { status: event.status, diagnostics: event.diagnostics })
      emit(event)
    },
  }
}
