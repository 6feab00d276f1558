import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Clock } from '../io/io.ts'
import type { Answer, Server, TaskEnd, TaskWait } from '../resource/server.ts'
import type { Redact } from './redact.ts'
import { reasonIn } from './refusal-reason.ts'
import { parseUpid, type UpidParts } from './upid.ts'

export interface TaskWorld {
  readonly send: Server['send']
  readonly clock: Clock
  /** How long the task may be out of sight. */
  readonly patienceMs: number
  readonly clean: Redact
}

/** The first look is at once: many tasks take no time. */
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 2_000
const LOG_PAGE = 500
/** Lines of the log that go with a failure. */
const TAIL = 30

interface LogReader {
  /** Gives the lines that are new, each once. */
  readonly read: () => Promise<void>
  readonly tail: () => readonly string[]
}

const field = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null && name in data ? Reflect.get(data, name) : undefined

const linesOf = (data: unknown): readonly string[] =>
  Array.isArray(data) ? data.map((entry) => String(field(entry, 't') ?? '')) : []

/** PVE answers an empty log with one line that is not there (seen on PVE 9.2: tasks/{upid}/log of a running task). */
const isEmptyLog = (lines: readonly string[], offset: number): boolean =>
  offset === 0 && lines.length === 1 && lines[0] === 'no content'

const logReader = (world: TaskWorld, path: string, onLine: (line: string) => void): LogReader => {
  let offset = 0
  const kept: string[] = []
  const page = async (): Promise<number> => {
    const params = { start: offset, limit: LOG_PAGE }
    const answer = await world.send({ method: 'GET', path: `${path}/log`, params })
    // A log that cannot be read now is read at the next look; it never decides how the task ended.
    if (answer.kind !== 'answered') return 0
    const lines = linesOf(answer.data)
    if (isEmptyLog(lines, offset)) return 0
    offset += lines.length
    for (const line of lines.map(world.clean)) {
      kept.push(line)
      onLine(line)
    }
    kept.splice(0, kept.length - TAIL)
    return lines.length
  }
  return {
    read: async () => {
      while ((await page()) === LOG_PAGE);
    },
    tail: () => [...kept],
  }
}

const lost = (upid: string, why: string): TaskEnd => ({
  kind: 'lost',
  diagnostic: diagnose('proxmox.task-lost', {
    detail: `${why}\nThe task is ${upid}. It may have succeeded or failed.`,
    hint: 'Look at the task list of the node; the next mpc apply or mpc recover asks the server what became of it.',
  }),
})

/** Stopping a task: PVE API, DELETE /nodes/{node}/tasks/{upid}. */
const stillRunning = (upid: string, { node, starttime, type, id }: UpidParts, quiet = 0): TaskEnd => ({
  kind: 'running',
  diagnostic: diagnose('proxmox.task-running', {
    detail: `The task ${type}${id === '' ? '' : ` of ${id}`} on ${node} has been running since ${new Date(starttime * 1000).toISOString()} and has not ended.${quiet < 1 ? '' : ` Its log has not grown for ${quiet === 1 ? 'a minute' : `${quiet} minutes`}, so it is waited for no longer.`}\nThe task is ${upid}.`,
    hint: `Look at it, or stop it, in the task list of the web interface, or on a node:\n  pvesh get '/nodes/${node}/tasks/${upid}/log'\n  pvesh delete '/nodes/${node}/tasks/${upid}'`,
  }),
})

const endOf = (exitstatus: string, log: readonly string[]): TaskEnd => {
  if (exitstatus === 'OK') return { kind: 'ok', warnings: 0 }
  const warnings = /^WARNINGS: (\d+)$/.exec(exitstatus)
  if (warnings) return { kind: 'ok', warnings: Number(warnings[1]) }
  const why = exitstatus || 'the task ended without an exit status'
  return { kind: 'failed', exitstatus: why, reason: reasonIn(why), log }
}

/** Answers that waiting will not change: the node has no such task, or we may not see it. */
const isFinal = (answer: Answer): boolean => answer.kind === 'refused' && [400, 401, 403, 501].includes(answer.status)

const cannotSee = (node: string, diagnostic: Diagnostic): string =>
  `The node "${node}" gave no information about the task: ${diagnostic.detail}`

/** How long to pause before the next look; undefined: the wait is over. `began` is the wait, `heard` the last that the task logged since. */
const pauseWithin = (
  clock: Clock,
  pause: number,
  { began, heard }: { readonly began: number; readonly heard: number },
  { signal, atMost, quiet }: TaskWait,
): number | undefined => {
  if (signal?.aborted) return undefined
  const now = clock.monotonic()
  const left = Math.min(
    atMost === undefined ? Number.POSITIVE_INFINITY : atMost - (now - began),
    quiet === undefined ? Number.POSITIVE_INFINITY : quiet - (now - heard),
  )
  return left > 0 ? Math.min(pause, left) : undefined
}

/** Sleeps until the pause is over or the wait is aborted. */
const rest = async ({ clock }: TaskWorld, pause: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await clock.sleep(pause, signal)
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

/** Watches a task to its end (PVE API: GET /nodes/{node}/tasks/{upid}/status and …/log). */
export const followTask =
  (world: TaskWorld): Server['waitForTask'] =>
  async (upid, onLine, wait = {}) => {
    const { clock } = world
    const parts = parseUpid(upid)
    if (parts === undefined) return lost(upid, 'The server gave a task id that cannot be read.')
    const path = `/nodes/${parts.node}/tasks/${encodeURIComponent(upid)}`
    const began = clock.monotonic()
    let heard = began
    const log = logReader(world, path, (line) => {
      heard = clock.monotonic()
      onLine(line)
    })
    let seen = began
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      const answer = await world.send({ method: 'GET', path: `${path}/status`, params: {} })
      if (answer.kind === 'answered') {
        seen = clock.monotonic()
        const ended = field(answer.data, 'status') === 'stopped'
        await log.read()
        if (ended) return endOf(world.clean(String(field(answer.data, 'exitstatus') ?? '')), log.tail())
      } else if (isFinal(answer) || clock.monotonic() - seen > world.patienceMs) {
        return lost(upid, cannotSee(parts.node, answer.diagnostic))
      }
      const next = pauseWithin(clock, pause, { began, heard }, wait)
      if (next === undefined)
        return answer.kind === 'answered'
          ? stillRunning(upid, parts, Math.floor((clock.monotonic() - heard) / 60_000))
          : lost(upid, cannotSee(parts.node, answer.diagnostic))
      await rest(world, next, wait.signal)
    }
  }
