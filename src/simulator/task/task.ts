import { errorText, raise } from '../api/error.ts'
import type { Clock } from './clock.ts'
import { printUpid, type Upid } from './upid.ts'

/** What the body of a task may do. */
export type Worker = {
  readonly upid: string
  readonly log: (line: string) => void
  /** Counts a warning: the task ends with `WARNINGS: n`. The line is logged as PVE does, with `WARN: ` before it. */
  readonly warn: (line: string) => void
  /** Lets `seconds` of model time pass. Ends the task with `received interrupt` when it is stopped meanwhile. */
  readonly work: (seconds: number) => Promise<void>
  /** Rejects when the task is stopped: race it against a wait of your own. */
  readonly stopped: Promise<never>
}

export type Task = Upid & {
  readonly upid: string
  readonly text: string[]
  /** Model milliseconds since 1970; nothing while it runs. */
  endtime: number | undefined
  exitstatus: string | undefined
  readonly stop: () => void
}

/** A task that is to fail with `text`: before its body (0), at its nth step (a log line or a piece of work), or when all is done. */
export type TaskFault = { readonly step: number | 'end'; readonly text: string }

/** Called before a task's body runs: the place for faults. 'hang' keeps the task running until it is stopped. */
export type TaskHook = (task: Task) => 'hang' | TaskFault | undefined

export type Tasks = {
  /** Starts a task at once (its body runs from the next turn on) and returns its UPID. */
  readonly start: (
    node: string,
    type: string,
    id: string | number,
    user: string,
    body: (worker: Worker) => Promise<void> | void,
  ) => string
  readonly find: (upid: string) => Task | undefined
  /** Tasks of a node, newest first. */
  readonly list: (node?: string) => readonly Task[]
  /** Resolves when the task has ended, with its exit status. */
  readonly ended: (upid: string) => Promise<string>
  readonly hooks: TaskHook[]
}

class Interrupted extends Error {}

const neverEnds = () => new Promise<never>(() => undefined)

type NodeClock = (node: string) => number

const finish = (task: Task, now: NodeClock, exitstatus: string, lastLine: string): void => {
  if (task.endtime !== undefined) return
  task.text.push(...lastLine.split('\n'))
  task.exitstatus = exitstatus
  task.endtime = now(task.node)
}

/** Counts the steps of a task and fails it at the one it is to fail at; a step that never comes is the end. */
const makeFault = () => {
  let wanted: TaskFault | undefined
  let steps = 0
  const fail = (): void => {
    const { text } = wanted ?? { text: '' }
    wanted = undefined
    raise(text)
  }
  return {
    arm: (fault: TaskFault): void => {
      wanted = fault
      if (fault.step === 0) fail()
    },
    step: (): void => {
      steps++
      if (wanted?.step === steps) fail()
    },
    end: (): void => {
      if (wanted !== undefined) fail()
    },
  }
}

const runBody = async (
  task: Task,
  clock: Clock,
  now: NodeClock,
  stopped: Promise<never>,
  hooks: readonly TaskHook[],
  body: (worker: Worker) => Promise<void> | void,
): Promise<void> => {
  let warnings = 0
  const fault = makeFault()
  const worker: Worker = {
    upid: task.upid,
    log: (line) => {
      task.text.push(...line.split('\n'))
      fault.step()
    },
    warn: (line) => {
      warnings++
      task.text.push(`WARN: ${line}`)
    },
    work: async (seconds) => {
      await Promise.race([clock.sleep(seconds * 1000), stopped])
      fault.step()
    },
    stopped,
  }
  try {
    for (const hook of hooks) {
      const wanted = hook(task)
      if (wanted === 'hang') await Promise.race([neverEnds(), stopped])
      else if (wanted !== undefined) fault.arm(wanted)
    }
    await body(worker)
    fault.end()
    if (warnings > 0) finish(task, now, `WARNINGS: ${warnings}`, `TASK WARNINGS: ${warnings}`)
    else finish(task, now, 'OK', 'TASK OK')
  } catch (error) {
    if (error instanceof Interrupted) return finish(task, now, 'received interrupt', 'TASK ERROR: received interrupt')
    const text = errorText(error).replace(/\n$/, '').replace(/\n/g, ' ')
    finish(task, now, text, `TASK ERROR: ${text}`)
  }
}

const keepTasks = 20_000

/** The task list of a cluster: every worker PVE would fork, with its log and exit status. `now` tells the time of a node's own clock. */
export const makeTasks = (clock: Clock, now: NodeClock = clock.now, firstPid = 0x3000): Tasks => {
  const byUpid = new Map<string, Task>()
  const waiting = new Map<string, Promise<void>>()
  const hooks: TaskHook[] = []
  let pid = firstPid
  const start: Tasks['start'] = (node, type, id, user, body) => {
    pid += 7
    const parts: Upid = {
      node,
      pid,
      pstart: 0xc0000 + Math.floor(clock.elapsed() / 10),
      starttime: Math.floor(now(node) / 1000),
      type,
      id: String(id),
      user,
    }
    const upid = printUpid(parts)
    let stop: (error: Error) => void = () => undefined
    const stopped = new Promise<never>((_, refuse) => {
      stop = refuse
    })
    stopped.catch(() => undefined)
    const task: Task = {
      ...parts,
      upid,
      text: [],
      endtime: undefined,
      exitstatus: undefined,
      stop: () => {
        if (task.endtime === undefined) stop(new Interrupted())
      },
    }
    byUpid.set(upid, task)
    if (byUpid.size > keepTasks)
      for (const [old, one] of byUpid) if (one.endtime !== undefined && byUpid.delete(old)) break
    waiting.set(
      upid,
      Promise.resolve()
        .then(() => runBody(task, clock, now, stopped, hooks, body))
        .finally(() => waiting.delete(upid)),
    )
    return upid
  }
  return {
    start,
    find: (upid) => byUpid.get(upid),
    list: (node) => [...byUpid.values()].filter((task) => node === undefined || task.node === node).reverse(),
    ended: async (upid) => {
      await waiting.get(upid)
      return byUpid.get(upid)?.exitstatus ?? 'unknown'
    },
    hooks,
  }
}
