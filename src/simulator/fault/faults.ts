import { setTimeout as delay } from 'node:timers/promises'
import { PveError } from '../api/error.ts'
import type { Answer } from '../http/answer.ts'
import type { HttpHook, SeenRequest } from '../http/server.ts'
import type { World } from '../state/world.ts'
import type { TaskHook } from '../task/task.ts'
import { afterEffect, nullAnswer } from './after-effect.ts'
import { writeSlowly, writeTruncated } from './broken-body.ts'
import { beginState, editGuest, refuseWithoutQuorum, type Undo } from './effect.ts'
import type { FaultSpec } from './fault.ts'
import { matchesRequest, matchesTask } from './match.ts'
import { reasonOf } from './reason.ts'

/** A fault as it stands: how often it was met and how often it happened. */
export type FaultStatus = {
  readonly id: string
  readonly fault: FaultSpec
  readonly matched: number
  readonly happened: number
}

/** Faults on demand. */
export type Faults = {
  /** Adds a fault and returns its id. */
  readonly add: (fault: FaultSpec) => string
  /** Ends a fault; false when there is none of that id. */
  readonly remove: (id: string) => boolean
  readonly clear: () => void
  readonly list: () => readonly FaultStatus[]
}

type Live = {
  readonly id: string
  readonly fault: FaultSpec
  matched: number
  happened: number
  undo: Undo | undefined
}

/** Counts a match; true when the fault is due. */
const isDue = (live: Live): boolean => {
  const { skip = 0, times = 1 } = live.fault
  live.matched++
  if (live.matched <= skip || (times !== 0 && live.happened >= times)) return false
  live.happened++
  return true
}

const isOfTask = ({ kind }: FaultSpec): boolean => kind === 'task-fails' || kind === 'task-hangs'

/** Does what a fault does before its request is handled; an answer takes the place of handling it. */
const before = async (world: World, { fault }: Live, seen: SeenRequest): Promise<Answer | 'reset' | undefined> => {
  switch (fault.kind) {
    case 'latency':
      if (fault.after) return undefined
      world.clock.tick(fault.ms)
      await delay(fault.ms)
      return undefined
    case 'http-error':
      throw new PveError(fault.status, fault.reason ?? reasonOf(fault.status))
    case 'reset-before':
      return 'reset'
    case 'null-answer':
      return fault.effect ? undefined : nullAnswer
    case 'ticket-expired':
      throw new PveError(401, 'Authentication failed!')
    case 'quorum-lost':
      refuseWithoutQuorum(world, seen)
      return undefined
    case 'concurrent-edit':
      editGuest(world, fault)
      return undefined
    default:
      return undefined
  }
}

const httpHook = (world: World, all: Map<string, Live>): HttpHook => {
  const due = new WeakMap<SeenRequest, readonly Live[]>()
  const meets = (live: Live, seen: SeenRequest): boolean => {
    if (isOfTask(live.fault) || !matchesRequest(live.fault.on ?? {}, seen)) return false
    if (live.undo !== undefined) return live.fault.kind === 'quorum-lost'
    if (!isDue(live)) return false
    live.undo = beginState(world, live.fault)
    return true
  }
  const find = (seen: SeenRequest, kind: FaultSpec['kind']): FaultSpec | undefined =>
    due.get(seen)?.find(({ fault }) => fault.kind === kind)?.fault
  return {
    before: async (seen) => {
      const met = [...all.values()].filter((live) => meets(live, seen))
      due.set(seen, met)
      for (const live of met) {
        const instead = await before(world, live, seen)
        if (instead !== undefined) return instead
      }
      return undefined
    },
    after: async (seen, answer) => {
      let changed = answer
      for (const { fault } of due.get(seen) ?? []) {
        const now = await afterEffect(world, fault, changed)
        if (now === 'reset') return now
        changed = now
      }
      return changed
    },
    write: (seen, answer, response) => {
      const truncated = find(seen, 'truncated-body')
      if (truncated?.kind === 'truncated-body') writeTruncated(answer, response, truncated.bytes)
      const slow = truncated === undefined ? find(seen, 'slow-body') : undefined
      if (slow?.kind === 'slow-body') writeSlowly(answer, response, slow.ms)
      return truncated !== undefined || slow !== undefined
    },
  }
}

/** A backup that fails leaves nothing: its fault comes with the guest's first line, so that the run ends with `job errors`. */
const lastStep = (type: string): number | 'end' => (type === 'vzdump' ? 2 : 'end')

const taskHook =
  (all: Map<string, Live>): TaskHook =>
  (task) => {
    for (const live of all.values()) {
      const { fault } = live
      if (fault.kind !== 'task-fails' && fault.kind !== 'task-hangs') continue
      if (!matchesTask(fault.task ?? {}, task) || !isDue(live)) continue
      return fault.kind === 'task-hangs'
        ? 'hang'
        : { step: fault.step ?? lastStep(task.type), text: fault.text ?? 'simulated failure' }
    }
    return undefined
  }

/** Makes the faults of a cluster, with the hooks through which they act on requests and tasks. */
export const makeFaults = (world: World): Faults & { readonly http: HttpHook; readonly task: TaskHook } => {
  const all = new Map<string, Live>()
  let count = 0
  const remove = (id: string): boolean => {
    all.get(id)?.undo?.()
    return all.delete(id)
  }
  return {
    add: (fault) => {
      const live: Live = { id: `f${++count}`, fault, matched: 0, happened: 0, undo: undefined }
      all.set(live.id, live)
      if (fault.on === undefined) live.undo = beginState(world, fault)
      return live.id
    },
    remove,
    clear: () => {
      for (const id of [...all.keys()]) remove(id)
    },
    list: () => [...all.values()].map(({ id, fault, matched, happened }) => ({ id, fault, matched, happened })),
    http: httpHook(world, all),
    task: taskHook(all),
  }
}
