import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Answer, OutgoingRequest } from '../resource/server.ts'
import { effectHolds } from './effect-holds.ts'
import { followTask } from './follow-task.ts'
import type { Seen } from './journal.ts'
import type { GuestView } from './read-guest.ts'
import { changedGuest, type Effect, foreignKeys, touchedKeys } from './request-effect.ts'
import { addressed, isUpid, type Job, refusedHere, type Tried } from './request-job.ts'
import { isoNow, lookAt, noteWrite, type RunContext } from './run-context.ts'
import { isHeldByTask, isLockTimeout, isStaleDigest, isUnreachable } from './server-words.ts'
import { lostAnswer, settleRequest } from './settle-request.ts'

/** A request ready to leave, and what is known of its guest. */
export interface Prepared {
  readonly outgoing: OutgoingRequest
  readonly before: Seen | null | undefined
  readonly view: GuestView | undefined
  /** An earlier try broke off and seems not to have arrived. */
  readonly lost: boolean
}

export const changedMeanwhile = ({ step }: Job, keys: readonly string[]): Diagnostic =>
  diagnose('apply.changed-meanwhile', {
    address: step.address,
    detail: `Somebody else changed ${keys.length > 0 ? keys.join(', ') : 'the configuration'} of ${step.guest ? `guest ${step.guest.vmid}` : step.address} while the plan was running, so the step "${step.summary}" was not carried out. See what it is with mpc sync and mpc plan, then apply again.`,
    hint: 'mpc plan',
  })

const differing = (a: GuestView, b: GuestView, keys: readonly string[]): readonly string[] =>
  keys.filter((key) => a.raw[key] !== b.raw[key])

/**
 * The server says the configuration is not the one we know. Going forward that stops the step, unless nothing in it differs. Undoing goes on when
 * the keys to be restored are as we left them: what somebody else did to others stays. `lost`: an earlier try broke off, so the change may be our own.
 */
const afterStaleDigest = async (
  ctx: RunContext,
  job: Job,
  effect: Effect,
  old: GuestView,
  message: string,
  lost: boolean,
): Promise<Tried> => {
  const reading = await lookAt(ctx, old.guest)
  if (reading.kind !== 'present') return refusedHere(message, [changedMeanwhile(job, [])])
  const { view } = reading
  const keys = [...new Set([...Object.keys(old.raw), ...Object.keys(view.raw)])].filter((key) => key !== 'lock').sort()
  const touched = touchedKeys(effect) ?? keys
  const changed = differing(old, view, job.direction === 'forward' ? keys : touched)
  const isOurs = lost && foreignKeys(old.raw, view.raw, touched).length === 0
  if (isOurs && changed.length > 0) return { kind: 'done', data: null, diagnostics: [] }
  if (changed.length === 0) return { kind: 'again', message, diagnostics: [changedMeanwhile(job, [])] }
  return refusedHere(message, [changedMeanwhile(job, changed)])
}

const keptPending = ({ step }: Job, detail: string): Diagnostic =>
  diagnose('apply.kept-pending', {
    address: step.address,
    detail: `The running guest did not take the change at once (${detail.trim()}). It is written and takes effect at the guest's next start.`,
  })

/** A refusal is not always one: PVE refuses to hot-plug and keeps the change for the next start (seen on PVE 9.2). */
const afterRefusal = async (
  ctx: RunContext,
  job: Job,
  effect: Effect,
  { before, view, lost }: Prepared,
  answer: Answer & { kind: 'refused' },
): Promise<Tried> => {
  const { message, diagnostic } = answer
  const diagnostics = [addressed(diagnostic, job.step)]
  if (isUnreachable(answer)) return { kind: 'unreached', message, diagnostics }
  if (isStaleDigest(message) && view) return afterStaleDigest(ctx, job, effect, view, message, lost)
  if (isLockTimeout(message) || (job.direction === 'reverse' && isHeldByTask(message)))
    return { kind: 'locked', message, diagnostics }
  if (effect.kind === 'config' && before && effect.keys !== 'all') {
    const reading = await lookAt(ctx, effect.guest)
    const kept = reading.kind === 'present' && reading.view.digest !== before.digest
    if (kept && effect.keys.some((key) => (reading.view.raw[key] ?? null) !== (before.values[key] ?? null)))
      return { kind: 'done', data: null, diagnostics: [keptPending(job, diagnostic.detail)] }
  }
  if (job.direction === 'reverse' && (await effectHolds(ctx.asking, effect, job.request)))
    return { kind: 'done', data: null, diagnostics: [] }
  return refusedHere(message, diagnostics)
}

const afterLostAnswer = async (
  ctx: RunContext,
  job: Job,
  effect: Effect,
  { before }: Prepared,
  since: number,
): Promise<Tried> => {
  const { request } = job
  const at = ctx.world.clock.now().getTime()
  const harmlessTwice = request.method === 'GET' || (request.digest === true && before != null)
  const settled = await settleRequest(ctx, { request, effect, before, since, at, harmlessTwice })
  switch (settled.kind) {
    case 'happened':
      return { kind: 'done', data: null, diagnostics: [] }
    case 'task':
      return followTask(ctx, job, settled.upid, before)
    case 'did-not':
      return {
        kind: 'again',
        message: 'answer lost',
        diagnostics: [lostAnswer(request, 'it seems never to have arrived.')],
      }
    case 'unknown': {
      const diagnostics = [addressed(lostAnswer(request, settled.diagnostic.detail), job.step)]
      return { kind: 'failed', message: 'answer lost', diagnostics, effect: 'maybe', unreachable: true }
    }
  }
}

/** Sends a request once, and finds out what came of it. */
export const tryOnce = async (
  ctx: RunContext,
  job: Job,
  effect: Effect,
  prepared: Prepared,
  since: number,
): Promise<Tried> => {
  const guest = changedGuest(effect)
  if (guest && job.request.method !== 'GET') noteWrite(ctx, guest, effect)
  const { method, path } = prepared.outgoing
  ctx.emit({ type: 'request-sent', at: isoNow(ctx), step: job.step.id, method, path })
  const answer = await ctx.world.server.send(prepared.outgoing)
  if (answer.kind === 'unknown') return afterLostAnswer(ctx, job, effect, prepared, since)
  if (answer.kind === 'refused') return afterRefusal(ctx, job, effect, prepared, answer)
  if (!isUpid(answer.data)) return { kind: 'done', data: answer.data, diagnostics: [] }
  const tried = await followTask(ctx, job, answer.data, prepared.before)
  const { view, lost } = prepared
  const isStale = tried.kind === 'failed' && view !== undefined && isStaleDigest(tried.message)
  return isStale ? afterStaleDigest(ctx, job, effect, view, tried.message, lost) : tried
}
