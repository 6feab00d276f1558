import { diagnose } from '../../diagnostic/diagnostic.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { RunCommand } from '../command-context.ts'
import { COMMANDS, GLOBAL_OPTIONS } from '../command-table.ts'
import { completionScript, SHELLS } from '../completion-script.ts'
import { EXIT } from '../exit-code.ts'

export const run: RunCommand = async ({ print, report }, { args: [wanted = ''] }) => {
  const shell = SHELLS.find((name) => name === wanted)
  if (shell === undefined) {
    report([
      diagnose('cli.unknown-shell', {
        detail: `mpc writes completion for ${SHELLS.join(', ')}, not for "${wanted}".${suggestion(wanted, SHELLS)}`,
      }),
    ])
    return EXIT.usage
  }
  print(completionScript(shell, COMMANDS, GLOBAL_OPTIONS))
  return EXIT.done
}
