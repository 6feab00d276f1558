import { diagnose } from '../../diagnostic/diagnostic.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { clearTheWay, recoverRuns } from '../run/recover-runs.ts'
import { withSession } from '../session/session.ts'

export const run: RunCommand<'recover'> = (context, input) =>
  withSession(context, async (session) => {
    const { options, args } = input
    if (options.undo === true && options.finish === true) {
      context.report([
        diagnose('cli.bad-option', { detail: '--undo and --finish cannot be used together: choose one.' }),
      ])
      return EXIT.usage
    }
    const { store } = session
    const [only] = args
    if (only === undefined && !(await store.leases.otherHolder()) && (await store.runs.unfinished()).length === 0) {
      if (context.global.json) context.printJson({ type: 'recovered' })
      else context.print('Nothing to recover: no run was cut short.\n')
      return EXIT.done
    }
    const code =
      only === undefined ? await clearTheWay(context, session, input) : await recoverRuns(context, session, input, only)
    if (context.global.json && (code ?? EXIT.done) === EXIT.done) context.printJson({ type: 'recovered' })
    return code ?? EXIT.done
  })
