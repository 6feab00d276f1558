import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { type Answer, isUnreachable, type OutgoingRequest } from '../../resource/server.ts'
import { effectHolds } from '../effect/is-effect-present.ts'
import {
  changedGuest,
  foreignKeys,
  isTaskDue,
  type RequestEffect,
  saysOther,
  touchedKeys,
} from '../effect/request-effect.ts'
import type { RequestRecord, SeenGuest } from '../journal.ts'
import type { GuestView } from '../observe/read-guest.ts'
import { followTask, isWaitable } from './follow-task.ts'
import { isoNow, lookAt, noteUndoing, noteWrite, type RunContext } from './run-context.ts'
import { lookFor, lostAnswer, type Settled, settleRequest, type UnclearRequest } from './settle-request.ts'
import { type Attempt, addressed, isUpid, refusedHere, type StepRequest } from './step-request.ts'

/** A request ready to leave, and what is known of its guest. */
export interface Prepared {
  readonly outgoing: OutgoingRequest
  /** The request as planned, its path without references. */
  readonly sent: ApiRequest
  /** Unix seconds by the clock of its node, not later than now; 0 where it has no task. */
  readonly since: number
  /** What it is to bring about is so already. */
  readonly held?: boolean
  readonly before: SeenGuest | null | undefined
  readonly view: GuestView | undefined
  /** An earlier try broke off and seems not to have arrived. */
  readonly lost: boolean
}

export const changedMeanwhile = ({ step }: StepRequest, keys: readonly string[]): Diagnostic =>
  diagnose('apply.changed-meanwhile', {
    address: step.address,
    detail: `Somebody else changed ${keys.length > 0 ? keys.join(', ') : 'the configuration'} of ${step.guest ? `guest ${step.guest.vmid}` : step.address} while the plan was running, so the step "${step.summary}" was not carried out. See what it is with mpc sync and mpc plan, then apply again.`,
    hint: 'mpc plan',
  })

const differing = (a: GuestView, b: GuestView, keys: readonly string[]): readonly string[] =>
  keys.filter((key) => saysOther(a.guest.type, key, a.raw[key], b.raw[key]))

/**
 * The server says the configuration is not the one we know. Going forward that stops the step, unless nothing in it differs. Undoing goes on when
 * the keys to be restored are as we left them: what somebody else did to others stays. `lost`: an earlier try broke off, so the change may be our own.
 */
const afterStaleDigest = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  old: GuestView,
  message: string,
  lost: boolean,
): Promise<Attempt> => {
  const reading = await lookAt(ctx, old.guest)
  if (reading.kind !== 'present') return refusedHere(message, [changedMeanwhile(job, [])])
  const { view } = reading
  const keys = [...new Set([...Object.keys(old.raw), ...Object.keys(view.raw)])].filter((key) => key !== 'lock').sort()
  const touched = touchedKeys(effect) ?? keys
  const changed = differing(old, view, job.direction === 'forward' ? keys : touched)
  const isOurs = lost && foreignKeys(old.guest.type, old.raw, view.raw, touched).length === 0
  if (isOurs && changed.length > 0) return { kind: 'done', data: null, diagnostics: [] }
  if (changed.length === 0) return { kind: 'again', message, diagnostics: [changedMeanwhile(job, [])] }
  return refusedHere(message, [changedMeanwhile(job, changed)])
}

const keptPending = ({ step }: StepRequest, detail: string): Diagnostic =>
  diagnose('apply.kept-pending', {
    address: step.address,
    detail: `The running guest did not take the change at once (${detail.trim()}). It is written and takes effect at the guest's next start.`,
  })

const doneAllTheSame = ({ step, request }: StepRequest, detail: string): Diagnostic =>
  diagnose('apply.done-all-the-same', {
    address: step.address,
    detail: `${request.method} ${request.path} was answered with an error, but the server shows that it was carried out: ${detail.trim()}`,
  })

const nothingDone = ({ step, request }: StepRequest): Diagnostic =>
  diagnose('apply.not-carried-out', {
    address: step.address,
    detail: `${request.method} ${request.path} was answered with success, but the server shows no effect of it, so "${step.summary}" was not carried out.`,
  })

const keptFor = ({ before, since, held }: Prepared): Pick<RequestRecord, 'before' | 'held' | 'since'> => ({
  since,
  ...(before !== undefined && { before }),
  ...(held !== undefined && { held }),
})

const unclear = (effect: RequestEffect, { sent, before, since, held }: Prepared): UnclearRequest => ({
  request: sent,
  effect,
  before,
  held,
  since,
})

/** Goes on from what a look at the server has shown of a request; `did-not` is the caller's to judge. */
export const afterLook = async (
  ctx: RunContext,
  job: StepRequest,
  settled: Exclude<Settled, { kind: 'did-not' }>,
  kept: Pick<RequestRecord, 'before' | 'held' | 'since'>,
): Promise<Attempt> => {
  switch (settled.kind) {
    case 'happened':
      return { kind: 'done', data: null, diagnostics: [] }
    case 'task':
      return followTask(ctx, job, settled.upid, kept)
    case 'partly':
    case 'blind': {
      const diagnostics = [addressed(lostAnswer(job.request, 'nothing there tells.'), job.step)]
      return { kind: 'failed', message: 'answer lost', diagnostics, effect: 'maybe' }
    }
    case 'unknown': {
      const diagnostics = [addressed(lostAnswer(job.request, settled.diagnostic.detail), job.step)]
      return { kind: 'failed', message: 'answer lost', diagnostics, effect: 'maybe', unreachable: true }
    }
  }
}

/** What a server's error may have done all the same: PVE may fail after the work, or between its parts. */
const afterServerError = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
  { message, diagnostic, status }: Answer & { kind: 'refused' },
): Promise<Attempt> => {
  const diagnostics = [addressed(diagnostic, job.step)]
  const seen = await lookFor(ctx, unclear(effect, prepared))
  switch (seen.kind) {
    case 'happened': {
      const said = status === 400 ? keptPending(job, diagnostic.detail) : doneAllTheSame(job, diagnostic.detail)
      return { kind: 'done', data: null, diagnostics: [said] }
    }
    case 'task': {
      const tried = await followTask(ctx, job, seen.upid, keptFor(prepared))
      const said = doneAllTheSame(job, diagnostic.detail)
      return tried.kind === 'done' ? { ...tried, diagnostics: [...tried.diagnostics, said] } : tried
    }
    case 'partly':
      // A hot-plug that was refused is kept for the next start (seen on PVE 9.2); anything else is undone.
      return status === 400
        ? { kind: 'done', data: null, diagnostics: [keptPending(job, diagnostic.detail)] }
        : { kind: 'failed', message, diagnostics, effect: 'maybe' }
    case 'unknown':
      return { kind: 'failed', message, diagnostics, effect: 'maybe', unreachable: true }
    case 'did-not':
    case 'blind': {
      const isSo = job.direction === 'reverse' && (await effectHolds(ctx.asking, effect, job.request)) === true
      return isSo ? { kind: 'done', data: null, diagnostics: [] } : refusedHere(message, diagnostics)
    }
  }
}

/** Nobody should have taken the request. A look makes sure before it is sent again. */
const afterUnreached = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
  { message, diagnostic, status }: Answer & { kind: 'refused' },
): Promise<Attempt> => {
  const unreached: Attempt = { kind: 'unreached', message, diagnostics: [addressed(diagnostic, job.step)] }
  if (status === 0) return unreached
  const seen = await lookFor({ ...ctx, asking: { ...ctx.asking, waits: [] } }, unclear(effect, prepared))
  if (seen.kind === 'happened' || seen.kind === 'task') return afterLook(ctx, job, seen, keptFor(prepared))
  return unreached
}

/** Refused by PVE before anything was done: who asks, what is asked for, or how, is wrong. */
const REFUSED_FOR_SURE: ReadonlySet<number> = new Set([0, 401, 403, 404, 501])

const afterRefusal = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
  answer: Answer & { kind: 'refused' },
): Promise<Attempt> => {
  const { message, diagnostic, status, reason } = answer
  const { view, lost } = prepared
  const diagnostics = [addressed(diagnostic, job.step)]
  if (isUnreachable(answer)) return afterUnreached(ctx, job, effect, prepared, answer)
  if (reason === 'stale-digest' && view) return afterStaleDigest(ctx, job, effect, view, message, lost)
  if (isWaitable(job, reason)) return { kind: 'locked', message, diagnostics }
  // What the run was allowed to do it may be allowed to undo again: a login that counts no more is waited for.
  if (status === 401 && job.direction === 'reverse')
    return { kind: 'failed', message, diagnostics, effect: 'none', unreachable: true }
  const isSure = REFUSED_FOR_SURE.has(status) || (status === 400 && effect.kind !== 'config')
  return isSure ? refusedHere(message, diagnostics) : afterServerError(ctx, job, effect, prepared, answer)
}

const afterLostAnswer = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
): Promise<Attempt> => {
  const { request } = job
  const harmlessTwice = request.method === 'GET' || (request.digest === true && prepared.before != null)
  const settled = await settleRequest(ctx, { ...unclear(effect, prepared), age: 0, harmlessTwice })
  if (settled.kind !== 'did-not') return afterLook(ctx, job, settled, keptFor(prepared))
  const diagnostics = [lostAnswer(request, 'it seems never to have arrived.')]
  return { kind: 'again', message: 'answer lost', diagnostics }
}

/** An answer without a task id is held against what the server shows: where a task was due it says nothing, and elsewhere it may be wrong. */
const afterPlainAnswer = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
  data: unknown,
): Promise<Attempt> => {
  const done: Attempt = { kind: 'done', data, diagnostics: [] }
  const seen = await lookFor(ctx, unclear(effect, prepared))
  switch (seen.kind) {
    case 'happened':
    case 'partly':
      return done
    case 'blind':
      return isTaskDue(effect, job.request) ? afterLook(ctx, job, seen, keptFor(prepared)) : done
    case 'did-not': {
      const isSo = (await effectHolds(ctx.asking, effect, prepared.sent)) === true
      return isSo && !isTaskDue(effect, job.request) ? done : refusedHere('not carried out', [nothingDone(job)])
    }
    case 'task':
    case 'unknown':
      return afterLook(ctx, job, seen, keptFor(prepared))
  }
}

/** Sends a request once, and finds out what came of it. */
export const tryOnce = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  prepared: Prepared,
): Promise<Attempt> => {
  const guest = changedGuest(effect)
  if (guest && job.request.method !== 'GET') noteWrite(ctx, guest, effect)
  if (job.direction === 'reverse') noteUndoing(ctx, job.step, effect)
  const { method, path } = prepared.outgoing
  ctx.emit({ type: 'request-sent', at: isoNow(ctx), step: job.step.id, method, path })
  const answer = await ctx.world.server.send(prepared.outgoing)
  if (answer.kind === 'unknown') return afterLostAnswer(ctx, job, effect, prepared)
  if (answer.kind === 'refused') return afterRefusal(ctx, job, effect, prepared, answer)
  if (!isUpid(answer.data)) return afterPlainAnswer(ctx, job, effect, prepared, answer.data)
  const tried = await followTask(ctx, job, answer.data, keptFor(prepared))
  const { view, lost } = prepared
  const isStale = tried.kind === 'failed' && tried.isStale
  return isStale && view ? afterStaleDigest(ctx, job, effect, view, tried.message, lost) : tried
}
