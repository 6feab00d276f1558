import type { ApplyEvent, RunOutcome } from '../apply/apply-event.ts'
import { applyLines } from '../render/apply-text.ts'
import { diagnosticJson } from '../render/diagnostic-text.ts'
import type { CommandContext } from './command-context.ts'

/** What an event says to a machine: the plan by id (it was printed before), diagnostics in their JSON shape. */
const eventJson = (event: ApplyEvent): object => {
  const plain = (diagnostics: RunOutcome['diagnostics']) => diagnostics.map((one) => diagnosticJson(one, new Map()))
  switch (event.type) {
    case 'run-started':
      return { ...event, plan: event.plan.id }
    case 'step-ended':
      return { ...event, diagnostics: plain(event.diagnostics) }
    case 'run-ended':
      return {
        ...event,
        outcome: {
          ...event.outcome,
          diagnostics: plain(event.outcome.diagnostics),
          steps: event.outcome.steps.map((step) => ({ ...step, diagnostics: plain(step.diagnostics) })),
        },
      }
    default:
      return event
  }
}

interface Listener {
  readonly emit: (event: ApplyEvent) => void
  readonly end: () => Promise<void>
}

/** Who hears what the executor says: JSON lines, the live view on a terminal, or plain lines. */
export const listenTo = async (context: CommandContext): Promise<Listener> => {
  const { io, global, note, notePaint, printJson } = context
  const nothing = async () => undefined
  if (global.json) return { emit: (event) => printJson(eventJson(event)), end: nothing }
  if (global.quiet) return { emit: () => undefined, end: nothing }
  if (io.stderr.isTerminal && global.color) {
    const { watchApply } = await import('../render/live/watch-apply.tsx')
    return watchApply(io)
  }
  const lines = applyLines(notePaint)
  return {
    emit: (event) =>
      note(
        lines(event)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    end: nothing,
  }
}
