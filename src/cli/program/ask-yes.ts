import type { CommandContext } from './command-context.ts'
import { isCi } from './is-attended.ts'

export type YesAnswer = 'yes' | 'no' | 'interrupted' | 'nobody'

/** Asks on the terminal, or reads a line of standard input; only `yes` is yes. */
export const askYes = async ({ io }: Pick<CommandContext, 'io'>, question: string): Promise<YesAnswer> => {
  const nobody = isCi(io.env) && io.stdin.isTerminal
  const answer = nobody ? undefined : await io.stdin.ask(`${question} Only "yes" is accepted: `)
  if (answer !== undefined) return answer.trim() === 'yes' ? 'yes' : 'no'
  return io.signal.aborted ? 'interrupted' : 'nobody'
}

/** Why nobody could be asked. */
export const whyNobody = ({ io }: Pick<CommandContext, 'io'>): string =>
  isCi(io.env) && io.stdin.isTerminal ? 'CI is set' : 'standard input is at its end'
