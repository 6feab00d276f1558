import { hasErrors } from '../../diagnostic/diagnostic.ts'
import { isTrusted, isTrustedByEnvironment, revokeTrust, trust, trustQuestion } from '../../project/trust.ts'
import { openWorkspace } from '../../project/workspace.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { askTrust, refuseForeign, trustLines } from '../session/ask-trust.ts'
import { folderOf } from '../session/session.ts'

export const run: RunCommand<'trust'> = async (context, { options }) => {
  const { io, global, print, printJson, report } = context
  const { workspace, settings, diagnostics, sources } = await openWorkspace(io.files, folderOf(context))
  report(diagnostics, sources)
  if (!workspace || !settings || hasErrors(diagnostics)) return EXIT.error
  const { root } = workspace
  await refuseForeign(context, workspace, settings)
  const question = await trustQuestion(io, root, settings)
  const say = (trusted: boolean, text: string) => {
    const { hash, settings: found } = question
    if (global.json) printJson({ type: 'trust', folder: root, hash, trusted, settings: found })
    else print(text)
    return EXIT.done
  }
  if (options.revoke === true) {
    const was = await revokeTrust(io, root)
    return say(false, was ? `${root} is no longer trusted.\n` : `${root} was not trusted.\n`)
  }
  const trusted = await isTrusted(io, root, question)
  if (options.show === true || question.settings.length === 0) {
    const lines = question.settings.length === 0 ? ['  nothing that needs trust'] : trustLines(question)
    return say(
      trusted,
      `${root}\n${lines.join('\n')}\nhash: ${question.hash} (${trusted ? 'trusted' : 'not trusted'})\n`,
    )
  }
  if (isTrustedByEnvironment(io, question.hash)) await trust(io, root, question)
  else if (!trusted) await askTrust(context, root, question)
  return say(true, `${root} is trusted.\n`)
}
