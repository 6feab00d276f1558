import type { Io } from '../../io/io.ts'
import { visible } from '../../util/visible.ts'

/** Shows what should never happen: one line and how to get more; the stack only with --debug. */
export const reportBug = (io: Io, error: unknown): void => {
  const message = visible(error instanceof Error ? error.message : String(error))
  io.stderr.write(`Error: mpc ran into a bug: ${message}\n`)
  if (io.args.includes('--debug'))
    io.stderr.write(`${visible(error instanceof Error ? (error.stack ?? message) : message)}\n`)
  else io.stderr.write('  Run the same command with --debug to see where, and report it with that output.\n')
}
