import { diagnose } from '../../diagnostic/diagnostic.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import { COMMANDS, GLOBAL_OPTIONS } from '../program/command-table.ts'
import { completionScript, SHELLS } from '../program/completion-script.ts'
import { withSession } from '../session/session.ts'

/** What the scripts ask for when a plan is to be named; nothing where there is no workspace. */
const printPlanIds = (context: CommandContext): Promise<ExitCode> =>
  withSession({ ...context, report: () => undefined }, async ({ store }) => {
    for (const { id } of await store.plans.list()) context.print(`${id}\n`)
    return EXIT.done
  })

export const run: RunCommand<'completion'> = async (context, { args: [wanted = ''] }) => {
  const { printExactly, report } = context
  if (wanted === 'plan-ids') return printPlanIds(context)
  const shell = SHELLS.find((name) => name === wanted)
  if (shell === undefined) {
    report([
      diagnose('cli.unknown-shell', {
        detail: `mpc writes completion for ${SHELLS.join(', ')}, not for "${wanted}".${suggestion(wanted, SHELLS)}`,
      }),
    ])
    return EXIT.usage
  }
  printExactly(completionScript(shell, COMMANDS, GLOBAL_OPTIONS))
  return EXIT.done
}
