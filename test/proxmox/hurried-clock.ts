import type { Clock } from '../../src/io/io.ts'

export interface HurriedClock extends Clock {
  /** Every sleep asked for, in milliseconds. */
  readonly slept: number[]
  /** Lets time pass without anybody sleeping. */
  readonly pass: (milliseconds: number) => void
}

/** A clock on which sleeping takes no time and yet time passes. */
export const hurriedClock = (): HurriedClock => {
  const slept: number[] = []
  let time = 0
  return {
    slept,
    pass: (milliseconds) => {
      time += milliseconds
    },
    now: () => new Date(time),
    monotonic: () => time,
    sleep: async (milliseconds, signal) => {
      slept.push(milliseconds)
      time += milliseconds
      await new Promise((resolve) => setTimeout(resolve, 1))
      signal?.throwIfAborted()
    },
  }
}
