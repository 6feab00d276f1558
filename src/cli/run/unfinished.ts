import type { StepRecord, UnfinishedRun } from '../../apply/journal.ts'
import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { timeText } from '../../render/duration-text.ts'
import type { LeaseHolder } from '../../store/lease-store.ts'
import { counted } from '../../util/counted.ts'
import type { CommandContext } from '../program/command-context.ts'
import type { Session } from '../session/session.ts'

/** So many steps are named; of more the number is enough. */
const MOST_NAMED = 10

const WORDS = {
  running: 'begun',
  done: 'done',
  failed: 'failed',
  undone: 'undone again',
  'undo-failed': 'could not be undone',
  'not-run': 'not begun',
} as const satisfies Record<StepRecord['status'], string>

/** What the journal says of a run's steps, a line each. */
const stepsSoFar = ({ plan, steps }: UnfinishedRun): readonly string[] => {
  const summaries = new Map(plan.steps.map(({ id, address, summary }) => [id, `${address}: ${summary}`]))
  const own = steps.filter(({ step }) => summaries.has(step))
  const lines = own.map(({ step, status }) => `- ${summaries.get(step) ?? step}: ${WORDS[status]}`)
  const rest = plan.steps.length - own.length
  return [
    ...lines.slice(0, MOST_NAMED),
    ...(lines.length > MOST_NAMED ? [`- and ${counted(lines.length - MOST_NAMED, 'more step')}`] : []),
    ...(rest > 0 ? [`- ${counted(rest, 'step')} not begun`] : []),
  ]
}

/** An unfinished run as a warning: how far it came, and what to do. */
export const unfinishedDiagnostic = (unfinished: UnfinishedRun): Diagnostic => {
  const { run, plan } = unfinished
  const what = plan.origin.kind === 'revert' ? `, which undoes ${plan.origin.run},` : ''
  return diagnose('cli.unfinished-run', {
    detail: `Run ${run.id}${what} was cut short: it began ${timeText(run.startedAt)} and never ended. By the journal:\n${stepsSoFar(unfinished).join('\n')}\nNothing more happens until you undo or finish it:`,
    hint: 'mpc recover',
  })
}

const underWay = ({ purpose, pid, host, since }: LeaseHolder): Diagnostic =>
  diagnose('cli.run-under-way', {
    detail: `"${purpose}" has been changing the cluster from this workspace since ${timeText(since)} (process ${pid} on ${host}). Its half-done changes appear as the current state: run this again when it has ended.`,
  })

/** Says first, for commands that only read, that the cluster is not at rest: another mpc is at work, or a run was cut short. */
export const tellUnfinished = async ({ report }: CommandContext, { store }: Session): Promise<void> => {
  const other = await store.leases.otherHolder()
  report(other ? [underWay(other)] : (await store.runs.unfinished()).map(unfinishedDiagnostic))
}
