import { secretFingerprint } from '../../declaration/resource/secret-keeper.ts'
import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { secretsOf } from '../../plan/order/secrets-of.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Secret } from '../../resource/config-value.ts'
import type { Secrets } from '../../resource/desired.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { readDeclarations } from './read-declarations.ts'
import { lastSync, type Session } from './session.ts'

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)]

/** Why the values at hand are not those the plan stands for; undefined when they are. */
const notAsPlanned = (
  { id }: Plan,
  wanted: readonly Secret[],
  { secrets, key, otherwise }: { readonly secrets: Secrets; readonly key: string; readonly otherwise: string },
): readonly [Diagnostic, ExitCode] | undefined => {
  const missing = unique(wanted.flatMap(({ secret }) => (secrets.has(secret) ? [] : [secret])))
  if (missing.length > 0)
    return [
      diagnose('cli.missing-secret', {
        detail: `Plan ${id} needs ${missing.join(', ')}, and the declarations no longer say what that is. A plan never holds a secret. Restore the declaration, or make a new plan:`,
        hint: otherwise,
      }),
      EXIT.error,
    ]
  const isOther = ({ secret, fingerprint }: Secret) => secretFingerprint(key, secrets.get(secret) ?? '') !== fingerprint
  const others = unique(wanted.filter(isOther).map(({ secret }) => secret))
  if (others.length === 0) return undefined
  return [
    diagnose('apply.stale-plan', {
      detail: `${others.length === 1 ? 'The value' : 'Each value'} of ${others.join(', ')} is not the one the plan was made with. Nothing was changed. Give the value that plan ${id} was made with, or make a new plan:`,
      hint: otherwise,
    }),
    EXIT.stale,
  ]
}

/**
 * The secrets a saved plan needs. A plan holds references only, so their values are read from the declarations and variables of now, and have to
 * be those it was made with; a plan without secrets needs no declarations at all, unless variables are given that may be none of theirs.
 * `otherwise`: the command that does without this plan.
 */
export const secretsFor = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<VariableOptions>,
  plan: Plan,
  otherwise = 'mpc plan',
): Promise<{ readonly secrets: Secrets } | { readonly exit: ExitCode }> => {
  const wanted = secretsOf(plan)
  if (wanted.length === 0 && input.variables.length === 0) return { secrets: new Map() }
  const { observed } = await lastSync(session)
  const loaded = await readDeclarations(context, session, { ...input, args: [] }, observed)
  if (!loaded) return { exit: EXIT.error }
  const { secrets } = loaded
  const key = await fingerprintKey(context.io.files, session.workspace)
  const [why, exit] = notAsPlanned(plan, wanted, { secrets, key, otherwise }) ?? []
  if (why === undefined || exit === undefined) return { secrets }
  context.report([why])
  return { exit }
}
