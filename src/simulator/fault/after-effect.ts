import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { PveError } from '../api/error.ts'
import { type Answer, answerOfError } from '../http/answer.ts'
import type { World } from '../state/world.ts'
import type { FaultSpec, Moment } from './fault.ts'
import { reasonOf } from './reason.ts'

/** An answer without anything in it, as if nothing had been started. */
export const nullAnswer: Answer = { status: 200, reason: 'OK', text: '{"data":null}', json: true }

const upidOf = ({ text }: Answer): string | undefined => /"(UPID:[^"]+)"/.exec(text ?? '')?.[1]

/** Waits until the task that an answer names has ended. */
const taskEnded = async (world: World, answer: Answer): Promise<void> => {
  const upid = upidOf(answer)
  if (upid === undefined) return
  if (!world.clock.virtual) {
    await world.tasks.ended(upid)
    return
  }
  while (world.tasks.find(upid)?.endtime === undefined) {
    world.clock.jump()
    await nextTurn()
  }
}

const effectIsThere = async (world: World, when: Moment | undefined, answer: Answer): Promise<void> => {
  if (when === 'ended') await taskEnded(world, answer)
}

/** What becomes of the answer to a request that has taken effect; `reset`: it is lost. */
export const afterEffect = async (world: World, fault: FaultSpec, answer: Answer): Promise<Answer | 'reset'> => {
  switch (fault.kind) {
    case 'latency':
      if (fault.after) await delay(fault.ms)
      return answer
    case 'reset-after':
      await effectIsThere(world, fault.when, answer)
      return 'reset'
    case 'error-after':
      await effectIsThere(world, fault.when, answer)
      return answerOfError(new PveError(fault.status, fault.reason ?? reasonOf(fault.status)), { extjs: false })
    case 'null-answer':
      await effectIsThere(world, fault.when, answer)
      return nullAnswer
    default:
      return answer
  }
}
