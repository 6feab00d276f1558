import type { Plan } from '../../plan/plan.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import { readDeclarations } from './read-declarations.ts'
import type { Session } from './session.ts'

/** Outputs once a plan is carried out: those it could not know yet are evaluated again with what the server has chosen. */
export const finalOutputs = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<VariableOptions>,
  { outputs }: Plan,
): Promise<Plan['outputs']> => {
  const isOpen = ({ value, sensitive }: Plan['outputs'][number]): boolean => value === undefined && !sensitive
  const latest = outputs.some(isOpen) ? await session.store.observations.latest() : undefined
  if (!latest) return outputs
  // What is wrong with declarations that changed meanwhile is no matter of this run.
  const silent: CommandContext = { ...context, report: () => undefined }
  const loaded = await readDeclarations(silent, session, { ...input, args: [] }, latest.observed, { ask: false })
  const now = new Map(loaded?.desired.outputs.map((output) => [output.name, output]))
  return outputs.map((output) => (isOpen(output) ? (now.get(output.name) ?? output) : output))
}
