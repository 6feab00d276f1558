import type { ApplyEvent, RunOutcome } from '../../apply/apply-event.ts'
import { applyLines } from '../../render/apply-text.ts'
import { diagnosticJson } from '../../render/diagnostic-text.ts'
import type { CommandContext } from '../program/command-context.ts'
import { watchRun } from './interruption.ts'

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

interface Ears extends Listener {
  /** Says at once that the run is being stopped. */
  readonly say: (text: string) => void
  /** Gives the screen back; nothing is drawn any more. */
  readonly letGo: () => void
}

const earsFor = async (context: CommandContext): Promise<Ears> => {
  const { io, global, note, notePaint, printJson } = context
  const plain = { end: async () => undefined, say: io.stderr.write, letGo: () => undefined }
  if (global.json) return { ...plain, emit: (event) => printJson(eventJson(event)) }
  if (global.quiet) return { ...plain, emit: () => undefined }
  if (io.stderr.isTerminal && global.color) {
    const { watchApply } = await import('../../render/live/watch-apply.tsx')
    return watchApply(io)
  }
  const lines = applyLines(notePaint)
  const emit = (event: ApplyEvent) =>
    note(
      lines(event)
        .map((line) => `${line}\n`)
        .join(''),
    )
  return { ...plain, emit }
}

/**
 * Who hears what the executor says: JSON lines, the live view on a terminal, or plain lines. An interruption is answered at once: with what is
 * still waited for, and, when it comes a second time, with what is left.
 */
export const listenTo = async (context: CommandContext): Promise<Listener> => {
  const { signal, onLeave } = context.io
  const ears = await earsFor(context)
  const watch = watchRun()
  const answer = () => ears.say(watch.firstWords())
  signal.addEventListener('abort', answer, { once: true })
  const stay = onLeave(() => {
    ears.letGo()
    return watch.lastWords()
  })
  return {
    emit: (event) => {
      watch.emit(event)
      ears.emit(event)
    },
    end: async () => {
      signal.removeEventListener('abort', answer)
      stay()
      await ears.end()
    },
  }
}
