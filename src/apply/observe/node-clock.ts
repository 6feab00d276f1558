import type { NodeClock, RunContext } from '../request/run-context.ts'
import { ask } from './read-guest.ts'

/** What is added to a guess where a node does not tell its time. Seconds. */
const ASSUMED_SKEW = 300
/** Whole seconds are compared, and clocks are adjusted by a little now and then. Seconds. */
export const TOLERANCE = 2

const askTime = async (ctx: RunContext, node: string): Promise<number | undefined> => {
  const answer = await ask({ ...ctx.asking, waits: [] }, `/nodes/${node}/time`)
  if (answer.kind !== 'answered') return undefined
  const { data } = answer
  const time = typeof data === 'object' && data !== null && 'time' in data ? Number(data.time) : Number.NaN
  return Number.isFinite(time) ? time : undefined
}

const expectedTime = (ctx: RunContext, { time, asked }: NodeClock): number =>
  time + Math.floor((ctx.world.clock.monotonic() - asked) / 1000)

/**
 * Unix seconds by a node's clock, not later than now: a task that starts from now on has no earlier start. The node is asked once in a run; where it
 * does not say, a generous guess stands.
 */
export const sinceOn = async (ctx: RunContext, node: string): Promise<number> => {
  let known = ctx.clocks.get(node)
  if (!known) {
    const { clock } = ctx.world
    const asked = clock.monotonic()
    const time = (await askTime(ctx, node)) ?? Math.floor(clock.now().getTime() / 1000) - ASSUMED_SKEW
    known = { time, asked }
    ctx.clocks.set(node, known)
  }
  return expectedTime(ctx, known) - TOLERANCE
}

/** By how many seconds a node's clock has been set back since it was asked; 0 when it was not. */
export const setBack = async (ctx: RunContext, node: string): Promise<number> => {
  const known = ctx.clocks.get(node)
  const now = known && (await askTime(ctx, node))
  return known && now !== undefined ? Math.max(0, expectedTime(ctx, known) - now) : 0
}
