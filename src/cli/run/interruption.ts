import type { ApplyEvent } from '../../apply/apply-event.ts'
import { visibleLine } from '../../util/visible.ts'

interface Running {
  readonly name: string
  readonly upid?: string
}

/** Keeps what a run is at, for the moment somebody stops it. */
export interface RunWatch {
  readonly emit: (event: ApplyEvent) => void
  /** What an interruption has set off. */
  readonly firstWords: () => string
  /** What is left when the process ends at once. */
  readonly lastWords: () => string
}

const runningLine = ({ name, upid }: Running): string => `  ${name}${upid === undefined ? '' : `: task ${upid}`}\n`

/** Follows a run by its events. */
export const watchRun = (): RunWatch => {
  const summaries = new Map<string, string>()
  const running = new Map<string, Running>()
  const run = { id: '', ended: false }
  const lines = () => [...running.values()].map(runningLine).join('')
  return {
    emit: (event) => {
      switch (event.type) {
        case 'run-started':
          run.id = event.run
          for (const { id, address, summary } of event.plan.steps)
            summaries.set(id, visibleLine(`${address}: ${summary}`))
          return
        case 'step-started':
          running.set(event.step, { name: summaries.get(event.step) ?? event.step })
          return
        case 'task-started':
          running.set(event.step, { name: summaries.get(event.step) ?? event.step, upid: event.upid })
          return
        case 'step-ended':
          running.delete(event.step)
          return
        case 'run-ended':
          run.ended = true
          return
        default:
          return
      }
    },
    firstWords: () => {
      const waits =
        running.size === 0
          ? ''
          : ` Waiting a few more seconds for what is in progress:\n${lines()}What has not ended by then is left for mpc recover.`
      return `Interrupted: no further step starts, and finished steps are undone.${waits} Press Ctrl-C again to leave at once.\n`
    },
    lastWords: () => {
      if (run.id === '' || run.ended) return ''
      const left = running.size === 0 ? '' : ` The server continues what is in progress:\n${lines()}`
      return `\nStopped at once: run ${run.id} has not ended, and nothing more is undone.${left || '\n'}See what it has done, and undo or finish it, with: mpc recover\n`
    },
  }
}
