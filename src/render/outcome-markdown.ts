import type { RunOutcome } from '../apply/apply-event.ts'
import type { Plan } from '../plan/plan.ts'
import { visibleLine } from '../util/visible.ts'
import { outcomeText, stepMark, wordFor } from './apply-text.ts'
import { bytesOf, COMMENT_LIMIT, fence, withoutMiddle } from './markdown-text.ts'
import { plainPaint } from './style.ts'

/** By it a comment with an outcome is found again. */
const MARKER = '<!-- mpc:outcome -->'

/** What is left has the first claim to the room. */
const MOST_FOR_REPORT = 40_000

/** The report at the end of a run as a comment for a forge: how it ended and what is left, then a fold with each step. Never longer than GitHub takes. */
export const outcomeMarkdown = (plan: Plan, outcome: RunOutcome): string => {
  const report = outcomeText(plan, outcome, plainPaint).trim().split('\n')
  const named = new Map(plan.steps.map(({ id, address, summary }) => [id, visibleLine(`${address}: ${summary}`)]))
  const steps = outcome.steps.map(
    ({ step, status, diagnostics }) =>
      `${stepMark(status)[0]} ${named.get(step) ?? step}: ${wordFor(status, diagnostics)}`,
  )
  const causes = outcome.diagnostics.map(({ summary, detail }) => visibleLine(`${summary}: ${detail}`))
  const head = [
    MARKER,
    `## mpc apply ${plan.id}\n`,
    `${fence('text', withoutMiddle([...report, ...causes], MOST_FOR_REPORT))}\n`,
    '<details><summary>Steps</summary>\n\n',
  ].join('\n')
  const tail = `\n\n</details>\n\nFingerprint \`${plan.fingerprint}\`\n`
  return `${head}${fence('text', withoutMiddle(steps, COMMENT_LIMIT - bytesOf(head) - bytesOf(tail) - 40))}${tail}`
}
