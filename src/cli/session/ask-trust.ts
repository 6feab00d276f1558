import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { foreignOwner, foreignSettings } from '../../project/foreign-owner.ts'
import type { Settings } from '../../project/settings.ts'
import { isTrusted, isTrustedByEnvironment, type TrustQuestion, trust, trustQuestion } from '../../project/trust.ts'
import { SETTINGS_PATH, type Workspace } from '../../project/workspace.ts'
import { shellWord } from '../../util/shell-word.ts'
import { visibleLine } from '../../util/visible.ts'
import { askPerson } from '../program/ask-person.ts'
import type { CommandContext } from '../program/command-context.ts'
import { isAttended } from '../program/is-attended.ts'

/** Settings and what each could be used for, a line each. */
export const trustLines = ({ settings }: TrustQuestion): readonly string[] =>
  settings.map(({ name, value, risk }) => `  ${name}: ${visibleLine(value)}\n      ${risk}`)

const otherHash = ({ env }: CommandContext['io']): string =>
  env['MPC_TRUST']?.trim() ? ' MPC_TRUST is set, to the hash of other settings.' : ''

const untrusted = (
  { io, global }: CommandContext,
  root: string,
  question: TrustQuestion,
  why: string,
): DiagnosticError =>
  new DiagnosticError([
    diagnose('project.untrusted', {
      detail: `${SETTINGS_PATH} in "${root}" says:\n${trustLines(question).join('\n')}\n${why}${otherHash(io)} Nothing was run or sent. Trust them once on a terminal, or, without one, by the hash of exactly these settings (endpoint and credentials from the environment, PROXMOX_VE_ENDPOINT and PROXMOX_VE_API_TOKEN, need no trust):`,
      hint: `mpc ${global.chdir === undefined ? '' : `-C ${shellWord(global.chdir)} `}trust\nexport MPC_TRUST=${question.hash}`,
    }),
  ])

/** Asks on the terminal and remembers a yes; throws `project.untrusted` for everything else. */
export const askTrust = async (context: CommandContext, root: string, question: TrustQuestion): Promise<void> => {
  const { io, global, note } = context
  if (!isAttended(io) || global.json) throw untrusted(context, root, question, 'They are not trusted yet.')
  io.stderr.write(
    `This folder is new to mpc, or its settings have changed. ${SETTINGS_PATH} in ${root} says:\n\n${trustLines(question).join('\n')}\n\n`,
  )
  const answer = await askPerson(io, 'Trust these settings? Only "yes" is accepted: ')
  if (answer?.trim() !== 'yes')
    throw untrusted(context, root, question, answer === undefined ? 'There was no answer.' : 'You did not trust them.')
  if (await trust(io, root, question)) note('Trusted. To undo that: mpc trust --revoke\n')
}

/** Makes sure, before anything is run or sent, that the user has agreed to what this folder's settings would have done. */
export const ensureTrusted = async (context: CommandContext, root: string, settings: Settings): Promise<void> => {
  const question = await trustQuestion(context.io, root, settings)
  if (question.inForce && !(await isTrusted(context.io, root, question))) await askTrust(context, root, question)
}

/** Refuses settings that belong to somebody whose files are not obeyed, unless the environment agrees to exactly what they say. */
export const refuseForeign = async (
  { io }: CommandContext,
  workspace: Workspace,
  settings: Settings,
): Promise<void> => {
  const owner = await foreignOwner(io, workspace)
  if (owner === undefined) return
  const { hash } = await trustQuestion(io, workspace.root, settings)
  if (!isTrustedByEnvironment(io, hash))
    throw new DiagnosticError([foreignSettings(owner, io.self.user, workspace.root, hash)])
}
