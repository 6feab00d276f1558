import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { ApiRequest } from '../resource/request.ts'
import type { TaskEntry } from '../resource/server.ts'
import { effectHolds } from './effect-holds.ts'
import type { Seen } from './journal.ts'
import type { GuestView } from './read-guest.ts'
import { type Effect, taskPlace, touchedKeys } from './request-effect.ts'
import { lookAt, noteTask, type RunContext } from './run-context.ts'

/** What became of a request whose answer never came. */
export type Settled =
  | { readonly kind: 'happened' }
  /** The server began a task for it. */
  | { readonly kind: 'task'; readonly upid: string }
  | { readonly kind: 'did-not' }
  | { readonly kind: 'unknown'; readonly diagnostic: Diagnostic }

export interface LostRequest {
  readonly request: ApiRequest
  readonly effect: Effect
  /** The guest before the request left. */
  readonly before: Seen | null | undefined
  /** Unix seconds by the server's clock, not later than the request. */
  readonly since: number
  /** Milliseconds since 1970, by our clock: when it left. */
  readonly at: number
  /** The request can be sent again without harm should the lost one still be under way. */
  readonly harmlessTwice: boolean
}

type Look = Settled | { readonly kind: 'no-trace' }

const tasksOf = async (ctx: RunContext, { effect, since }: LostRequest): Promise<readonly TaskEntry[] | Diagnostic> => {
  const place = taskPlace(effect)
  if (!place || !('tasks' in effect) || effect.tasks.length === 0) return []
  try {
    const tasks = await ctx.world.server.tasksSince(place.node, place.vmid, since)
    return tasks.filter(({ type, upid }) => effect.tasks.includes(type) && !ctx.tasks.has(upid))
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
}

const changedBy = (before: Seen, view: GuestView, effect: Effect): boolean => {
  if (before.digest === view.digest) return false
  const keys = touchedKeys(effect)
  return keys === undefined || keys.some((key) => (view.raw[key] ?? null) !== (before.values[key] ?? null))
}

const lookAtConfig = async (ctx: RunContext, lost: LostRequest): Promise<Look> => {
  const { effect, before } = lost
  if (effect.kind !== 'config' || !before) return { kind: 'no-trace' }
  const reading = await lookAt(ctx, effect.guest)
  if (reading.kind === 'unreadable') return { kind: 'unknown', diagnostic: reading.diagnostic }
  if (reading.kind === 'present' && changedBy(before, reading.view, effect)) return { kind: 'happened' }
  return { kind: 'no-trace' }
}

const look = async (ctx: RunContext, lost: LostRequest): Promise<Look> => {
  const tasks = await tasksOf(ctx, lost)
  if ('code' in tasks) return { kind: 'unknown', diagnostic: tasks }
  // Claimed at once: another lost answer being settled beside this one must not take it too.
  const [task] = tasks.toSorted((a, b) => a.starttime - b.starttime)
  if (task) {
    noteTask(ctx, task.upid)
    return { kind: 'task', upid: task.upid }
  }
  if (lost.effect.kind === 'config') return lookAtConfig(ctx, lost)
  const happened = await effectHolds(ctx.asking, lost.effect, lost.request)
  return { kind: happened ? 'happened' : 'no-trace' }
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/** Asks the server, again and again while the request may still be under way, what became of it. */
export const settleRequest = async (ctx: RunContext, lost: LostRequest): Promise<Settled> => {
  const { clock } = ctx.world
  let pause = FIRST_PAUSE_MS
  for (;;) {
    const seen = await look(ctx, lost)
    if (seen.kind !== 'no-trace' && seen.kind !== 'unknown') return seen
    const late = clock.now().getTime() - lost.at >= ctx.patience.settle
    if (seen.kind === 'no-trace' && (late || lost.harmlessTwice)) return { kind: 'did-not' }
    if (seen.kind === 'unknown' && late) return seen
    await clock.sleep(pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}

export const lostAnswer = (request: ApiRequest, why: string): Diagnostic =>
  diagnose('apply.answer-lost', {
    detail: `The connection broke while ${request.method} ${request.path} was under way, and the server could not be asked what came of it: ${why} mpc asks again with its next command.`,
  })
