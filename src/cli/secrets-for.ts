import { diagnose } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/plan.ts'
import { isSecret } from '../resource/config-value.ts'
import type { Secrets } from '../resource/desired.ts'
import type { CommandContext, CommandInput } from './command-context.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { readDeclarations } from './read-declarations.ts'
import { lastSync, type Session } from './session.ts'

/** Every secret a plan's requests refer to, reversals included. */
const referencesOf = (plan: Plan): ReadonlySet<string> => {
  const requests = plan.steps.flatMap(({ requests: own, reversal }) => [
    ...own,
    ...('requests' in reversal ? reversal.requests : []),
  ])
  return new Set(
    requests.flatMap(({ params }) =>
      Object.values(params ?? {}).flatMap((value) => (isSecret(value) ? [value.secret] : [])),
    ),
  )
}

/**
 * The secrets a saved plan needs. A plan holds references only, so their values are read from the declarations and variables of now; a plan
 * without secrets needs no declarations at all, unless variables are given that may be none of theirs.
 */
export const secretsFor = async (
  context: CommandContext,
  session: Session,
  input: CommandInput,
  plan: Plan,
): Promise<{ readonly secrets: Secrets } | { readonly exit: ExitCode }> => {
  const references = referencesOf(plan)
  if (references.size === 0 && input.variables.length === 0) return { secrets: new Map() }
  const { observed } = await lastSync(session)
  const loaded = await readDeclarations(context, session, { ...input, args: [] }, observed)
  if (!loaded) return { exit: EXIT.error }
  const missing = [...references].filter((reference) => !loaded.secrets.has(reference))
  if (missing.length === 0) return { secrets: loaded.secrets }
  context.report([
    diagnose('cli.missing-secret', {
      detail: `Plan ${plan.id} needs ${missing.join(', ')}, and the declarations no longer say what that is. A plan never holds a secret. Bring the declaration back, or plan again.`,
      hint: 'mpc plan',
    }),
  ])
  return { exit: EXIT.error }
}
