import type { Input, Io } from '../../io/io.ts'

/**
 * Asks the person at the terminal; undefined at the end of the input (Ctrl-D). Ctrl-C ends the command: it throws what the signal was given, which
 * `runProgram` ends with 130.
 */
export const askPerson = async (
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
  ...[question, options]: Parameters<Input['ask']>
): Promise<string | undefined> => {
  const answer = await stdin.ask(question, options)
  if (answer === undefined) signal.throwIfAborted()
  return answer
}
