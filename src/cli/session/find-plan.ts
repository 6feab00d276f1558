import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Store } from '../../store/open-store.ts'

/** The saved plan a person means: by id or its beginning, by default the latest. Throws a diagnostic when there is none. */
export const findPlan = async (store: Store, wanted: string | undefined): Promise<Plan> => {
  const id = wanted ?? (await store.plans.list())[0]?.id
  if (id === undefined) {
    throw new DiagnosticError([
      diagnose('cli.no-such-plan', { detail: 'Nothing has been planned here yet.', hint: 'mpc plan' }),
    ])
  }
  const { value, diagnostics } = await store.plans.get(id)
  if (value === undefined) throw new DiagnosticError(diagnostics)
  return value
}

/** A plan's id has neither a dot nor a slash; the name of a file that is meant has one, `./plan` at the least. */
export const namesFile = (argument: string): boolean => /[./\\]/.test(argument)
