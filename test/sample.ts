/** Random cases are few in an everyday run, other ones each time, and all of them with `npm run test:long`. */
export interface Sample {
  readonly seeds: readonly number[]
  /** How to run the same again. */
  readonly again: string
}

/**
 * The seeds of a random test: from `MPC_SEED` on, or from anywhere; `MPC_TRIALS` of them, or as many as the kind of run asks for. Prints them, so that
 * what failed once can be seen again.
 */
export const sample = (name: string, { few, all }: { readonly few: number; readonly all: number }): Sample => {
  const { MPC_SEED: from, MPC_TRIALS: wanted, MPC_LONG: long } = process.env
  const first = from === undefined ? 1 + Math.floor(Math.random() * 1_000_000) : Number(from)
  const count = wanted === undefined ? (long === '1' ? all : few) : Number(wanted)
  const again = `run it again with MPC_SEED=${first} MPC_TRIALS=${count} node scripts/test.mjs ${name}`
  console.log(`seeds: ${first} to ${first + count - 1}; ${again}`)
  return { seeds: Array.from({ length: count }, (_, index) => first + index), again }
}
