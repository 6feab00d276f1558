import type { Diagnostic } from '../diagnostic/diagnostic.ts'

/** What mpc's exit status means; a promise to scripts (README, "Exit codes"). */
export const EXIT = {
  done: 0,
  error: 1,
  changes: 2,
  rolledBack: 3,
  incomplete: 4,
  stale: 5,
  refused: 6,
  usage: 64,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What a person has to allow first is refused; everything else that is wrong is an error. */
const REFUSED: ReadonlySet<string> = new Set(['project.untrusted', 'project.foreign-settings', 'project.read-only'])

/** How a command ends that cannot go on for these reasons. */
export const exitFor = (problems: readonly Diagnostic[]): ExitCode => {
  if (problems.some(({ code }) => REFUSED.has(code))) return EXIT.refused
  return problems.every(({ code }) => code === 'cli.bad-option') ? EXIT.usage : EXIT.error
}
