import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { TaskEntry } from '../../resource/server.ts'
import { configProgress, effectAppeared, withdrawnKeys } from '../effect/is-effect-present.ts'
import { type RequestEffect, taskPlace } from '../effect/request-effect.ts'
import type { SeenGuest } from '../journal.ts'
import { setBack } from '../observe/node-clock.ts'
import { lookAt, noteTask, type RunContext } from './run-context.ts'

/** What became of a request whose answer tells nothing: it never came, or was an error of the server's, or `null`. */
export type Settled =
  | { readonly kind: 'happened' }
  /** Some of the keys it was to change have changed. */
  | { readonly kind: 'partly' }
  /** The server began a task for it. */
  | { readonly kind: 'task'; readonly upid: string }
  | { readonly kind: 'did-not' }
  /** Nothing on the server can tell. */
  | { readonly kind: 'blind' }
  /** The server cannot be asked. */
  | { readonly kind: 'unknown'; readonly diagnostic: Diagnostic }

export interface UnclearRequest {
  /** Its path without references. */
  readonly request: ApiRequest
  readonly effect: RequestEffect
  /** The guest before the request left. */
  readonly before: SeenGuest | null | undefined
  /** What it was to bring about was so already. */
  readonly held: boolean | undefined
  /** Unix seconds by the clock of its node, not later than the request. */
  readonly since: number
}

const UPID_USER = 7

/** Tasks that can be the request's: of its kind, since it left, by us, and not known to belong to another request. */
const tasksOf = async (
  ctx: RunContext,
  { effect, since }: UnclearRequest,
): Promise<readonly TaskEntry[] | Diagnostic> => {
  const place = taskPlace(effect)
  if (!place || !('tasks' in effect) || effect.tasks.length === 0) return []
  const { server, journal } = ctx.world
  try {
    const tasks = await server.tasksSince(place.node, place.vmid, since - (await setBack(ctx, place.node)))
    const own = tasks.filter(
      ({ type, upid }) =>
        effect.tasks.includes(type) &&
        !ctx.tasks.has(upid) &&
        (server.principal === undefined || upid.split(':')[UPID_USER] === server.principal),
    )
    const known = await journal.knownTasks?.(
      ctx.run,
      own.map(({ upid }) => upid),
    )
    return own.filter(({ upid }) => known?.has(upid) !== true)
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
}

const lookAtConfig = async (ctx: RunContext, { effect, before, request }: UnclearRequest): Promise<Settled> => {
  if (effect.kind !== 'config' || !before) return { kind: 'blind' }
  const reading = await lookAt(ctx, effect.guest)
  if (reading.kind === 'unreadable') return { kind: 'unknown', diagnostic: reading.diagnostic }
  if (reading.kind === 'absent') return { kind: 'did-not' }
  const withdrawn = await withdrawnKeys(ctx.asking, effect.guest, request)
  const progress = configProgress(reading.view, effect, request, before, withdrawn)
  return { kind: progress === 'all' ? 'happened' : progress === 'some' ? 'partly' : 'did-not' }
}

const unreadable = ({ method, path }: ApiRequest): Diagnostic =>
  diagnose('apply.unreadable', { detail: `The server does not show the result of ${method} ${path}.` })

/** Whether the state of the server shows a request's effect: what a task does is shown by its task alone. */
const lookAtState = async (ctx: RunContext, unclear: UnclearRequest): Promise<Settled> => {
  const { effect, request } = unclear
  if (effect.kind === 'config') return lookAtConfig(ctx, unclear)
  if (effect.kind === 'other') return { kind: 'blind' }
  const appeared = await effectAppeared(ctx.asking, effect, request, unclear)
  if (appeared === true) return { kind: 'happened' }
  const hasTask = 'tasks' in effect && effect.tasks.length > 0
  // No task of it and nothing to see: it was not begun.
  return appeared === false || hasTask ? { kind: 'did-not' } : { kind: 'unknown', diagnostic: unreadable(request) }
}

/** Asks the server once what became of a request. */
export const lookFor = async (ctx: RunContext, unclear: UnclearRequest): Promise<Settled> => {
  const tasks = await tasksOf(ctx, unclear)
  if ('code' in tasks) return { kind: 'unknown', diagnostic: tasks }
  // Claimed at once: another lost answer being settled beside this one must not take it too.
  const [task] = tasks.toSorted((a, b) => a.starttime - b.starttime)
  if (!task) return lookAtState(ctx, unclear)
  noteTask(ctx, task.upid)
  return { kind: 'task', upid: task.upid }
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

export interface LostRequest extends UnclearRequest {
  /** How long ago it left, in milliseconds. */
  readonly age: number
  /** The request can be sent again without harm should the lost one still be under way. */
  readonly harmlessTwice: boolean
}

/** Asks the server, again and again while the request may still be under way, what became of it. */
export const settleRequest = async (ctx: RunContext, lost: LostRequest): Promise<Settled> => {
  const { clock } = ctx.world
  const end = clock.monotonic() + ctx.patience.settle - Math.max(0, lost.age)
  let pause = FIRST_PAUSE_MS
  for (;;) {
    const seen = await lookFor(ctx, lost)
    const isOpen = seen.kind === 'did-not' || seen.kind === 'unknown' || seen.kind === 'partly' || seen.kind === 'blind'
    if (!isOpen) return seen
    const late = clock.monotonic() >= end
    if (late || (seen.kind === 'did-not' && lost.harmlessTwice)) return seen
    await clock.sleep(pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}

export const lostAnswer = (request: ApiRequest, why: string): Diagnostic =>
  diagnose('apply.answer-lost', {
    detail: `The connection broke while ${request.method} ${request.path} was in progress, and the server could not be asked for its result: ${why} mpc asks again with its next command.`,
  })
