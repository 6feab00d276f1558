import { setImmediate } from 'node:timers/promises'
import { requiredSteps, type Step } from '../../plan/plan.ts'
import type { RunContext } from '../request/run-context.ts'
import { stepQueue } from './step-queue.ts'
import type { StepResult } from './step-result.ts'

export interface Forward {
  /** In the order in which they ended. */
  readonly results: readonly StepResult[]
  /** Before all that has to be done was done. */
  readonly interrupted: boolean
}

export interface ForwardOptions {
  /** Steps at once. */
  readonly width: number
  /** Carries one step out, or gives what is known of it. */
  readonly work: (step: Step) => Promise<StepResult>
}

/**
 * Runs steps until all are done, one that has to succeed fails, or the run is interrupted; steps that have begun are always waited for.
 */
export const goForward = async (ctx: RunContext, { width, work }: ForwardOptions): Promise<Forward> => {
  const queue = stepQueue(ctx.plan)
  const results: StepResult[] = []
  const running = new Map<string, Promise<void>>()
  let failed = false
  const start = (step: Step) => {
    const under = work(step).then((result) => {
      results.push(result)
      running.delete(step.id)
      if (result.status === 'done' || step.optional) queue.finished(step.id)
      else failed = true
    })
    running.set(step.id, under)
  }
  const isStopped = () => failed || (ctx.world.signal?.aborted ?? false)
  for (;;) {
    while (running.size < width && !isStopped()) {
      const step = queue.next()
      if (!step) break
      start(step)
    }
    if (running.size === 0) break
    await Promise.race(running.values()).catch(async (error: unknown) => {
      // A bug or a broken database: what is under way must not go on unseen.
      await Promise.allSettled(running.values())
      throw error
    })
    // Steps that ask no server follow one another without a pause, and an interruption would not be seen before the last.
    await setImmediate()
  }
  const left = requiredSteps(ctx.plan).length - results.filter(({ step }) => !step.optional).length
  return { results, interrupted: (ctx.world.signal?.aborted ?? false) && left > 0 }
}
