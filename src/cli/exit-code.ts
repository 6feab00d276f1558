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
