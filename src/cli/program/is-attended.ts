import type { Io } from '../../io/io.ts'

/** Somebody can be asked: there is a terminal, and `CI` does not say that nobody looks at it. */
export const isAttended = ({ stdin, stderr, env }: Pick<Io, 'stdin' | 'stderr' | 'env'>): boolean =>
  stdin.isTerminal && stderr.isTerminal && !isCi(env)

/** The environment says that this is an automatic run. */
export const isCi = ({ CI: given = '' }: Io['env']): boolean => !['', '0', 'false'].includes(given.toLowerCase())
