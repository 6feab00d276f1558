import type { RunStatus } from '../../apply/journal.ts'
import { timeText } from '../../render/duration-text.ts'
import type { Paint, Tone } from '../../render/style.ts'
import type { HistoryEntry } from '../../store/history.ts'
import { counted } from '../../util/counted.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { numberOption } from '../program/number-option.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { withSession } from '../session/session.ts'

const STATUS = {
  running: ['unfinished', 'warning'],
  applied: ['applied', 'create'],
  'rolled-back': ['rolled back', 'warning'],
  incomplete: ['INCOMPLETE', 'error'],
} as const satisfies Record<RunStatus, readonly [string, Tone]>

const entryText = (entry: HistoryEntry, paint: Paint): string => {
  const at = paint('dim', timeText(entry.at))
  if (entry.type === 'plan') {
    const what = entry.origin === 'revert' ? 'revert plan' : 'plan'
    return `${at}  ${what.padEnd(11)} ${entry.plan.padEnd(12)} ${counted(entry.steps, 'step')}`
  }
  const [status, tone] = STATUS[entry.status]
  const undoes = entry.reverts === undefined ? '' : `, undoes ${entry.reverts}`
  return `${at}  ${entry.type.padEnd(11)} ${entry.run.padEnd(12)} ${paint(tone, status)}, ${entry.steps.done} of ${entry.steps.total} steps done${undoes}`
}

export const run: RunCommand<'history'> = (context, { options }) =>
  withSession(context, async (session) => {
    const { store } = session
    await tellUnfinished(context, session)
    const limit = numberOption(options, 'limit', { least: 1, most: 1_000_000 }) ?? 20
    const entries = (await store.history()).slice(0, limit)
    if (context.global.json) for (const entry of entries) context.printJson(entry)
    else if (entries.length === 0) context.print('Nothing has been planned here yet. Start with: mpc plan\n')
    else context.print(`${entries.map((entry) => entryText(entry, context.paint)).join('\n')}\n`)
    return EXIT.done
  })
