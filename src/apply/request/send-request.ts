import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { differenceOf, isCertainlySame } from '../../kinds/same-guest.ts'
import type { GuestRef } from '../../resource/guest.ts'
import { isUnreachable, type OutgoingRequest } from '../../resource/server.ts'
import { effectHolds } from '../effect/is-effect-present.ts'
import { changedGuest, effectOf, type RequestEffect, taskPlace, touchedKeys } from '../effect/request-effect.ts'
import type { RequestRecord } from '../journal.ts'
import { isRecreated } from '../observe/is-recreated.ts'
import { sinceOn } from '../observe/node-clock.ts'
import { ask, type GuestReading, readRunning, seenOf } from '../observe/read-guest.ts'
import type { JournalNotes } from './journal-notes.ts'
import { resolveRequest, takeOutput, withOutputs } from './resolve-request.ts'
import { currentView, knowledgeOf, lookAt, type RunContext } from './run-context.ts'
import {
  type Attempt,
  addressed,
  type FinalAttempt,
  isUpid,
  type RequestEnd,
  refusedHere,
  requestRecord,
  type StepRequest,
} from './step-request.ts'
import { changedMeanwhile, type Prepared, tryOnce } from './try-request.ts'

const unreadableHere = ({ message, diagnostic, unreachable }: GuestReading & { kind: 'unreadable' }): FinalAttempt => ({
  kind: 'failed',
  message,
  diagnostics: [diagnostic],
  effect: 'none',
  unreachable,
})

/** What it was to bring about may be so already; asked where neither a digest nor a task tells later. */
const heldBefore = async (
  ctx: RunContext,
  effect: RequestEffect,
  outgoing: OutgoingRequest,
): Promise<{ readonly held?: boolean }> => {
  if (effect.kind !== 'pool' && effect.kind !== 'pool-comment' && effect.kind !== 'membership') return {}
  const held = await effectHolds(ctx.asking, effect, outgoing)
  return held === undefined ? {} : { held }
}

/** Whether the guest runs, where the request is to change that. */
const runningBefore = async (ctx: RunContext, effect: RequestEffect): Promise<boolean | undefined> =>
  effect.kind === 'power' && effect.running !== undefined ? readRunning(ctx.asking, effect.guest) : undefined

const anotherGuest = ({ step }: StepRequest, { type, vmid, node }: GuestRef, why: string): Diagnostic =>
  diagnose('apply.not-ours', {
    address: step.address,
    detail: `"${step.summary}" was not carried out, because ${kindOfType(type).label} ${vmid} on ${node} is a different guest now: ${why}. It was not changed.`,
  })

/** Secrets and references in, digest of the configuration added, and what is there noted. */
const prepare = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  lost: boolean,
): Promise<Prepared | FinalAttempt> => {
  const { request, direction } = job
  const { request: resolved, diagnostics } = resolveRequest(request, ctx.world.secrets, ctx.outputs)
  if (!resolved) return refusedHere('not sent', diagnostics)
  const sent = withOutputs(request, ctx.outputs)
  const place = taskPlace(effect)
  const since = place ? await sinceOn(ctx, place.node) : 0
  const beforehand = { sent, since, lost, ...(await heldBefore(ctx, effect, resolved)) }
  const guest = effect.kind === 'guest-made' ? undefined : changedGuest(effect)
  if (!guest || request.method === 'GET')
    return { ...beforehand, outgoing: resolved, before: undefined, view: undefined }
  // Where no digest goes along, only a fresh look tells whose guest it is by now.
  const reading = await (request.digest ? currentView(ctx, guest) : lookAt(ctx, guest))
  if (reading.kind === 'unreadable' && (request.digest || reading.unreachable)) return unreadableHere(reading)
  if (reading.kind !== 'present') {
    if (request.digest) return refusedHere('the guest does not exist', [changedMeanwhile(job, ['existence'])])
    const before = reading.kind === 'absent' ? null : undefined
    return { ...beforehand, outgoing: resolved, before, view: undefined }
  }
  const { view } = reading
  const { foreign, identity } = knowledgeOf(ctx, guest)
  const stranger = identity && differenceOf(identity, view.identity)
  if (stranger !== undefined) return refusedHere('another guest', [anotherGuest(job, guest, stranger)])
  const isKnown = request.digest || ctx.made.has(guest.vmid) || (identity && isCertainlySame(identity, view.identity))
  const recreated = isKnown ? false : await isRecreated(ctx, guest, {})
  if (recreated === true) return refusedHere('another guest', [anotherGuest(job, guest, 'somebody has re-created it')])
  if (recreated !== false) return refusedHere('not sent', [addressed(recreated, job.step)])
  if (direction === 'forward' && (request.digest || effect.kind === 'guest-gone') && foreign.length > 0)
    return refusedHere('changed meanwhile', [changedMeanwhile(job, foreign)])
  const before = seenOf(view, touchedKeys(effect) ?? [], { running: await runningBefore(ctx, effect) })
  if (!request.digest) return { ...beforehand, outgoing: resolved, before, view }
  const outgoing = { ...resolved, params: { ...resolved.params, digest: view.digest } }
  return { ...beforehand, outgoing, before, view }
}

const outputsOf = (
  { outputs }: RunContext,
  { request }: StepRequest,
  data: unknown,
): Readonly<Record<string, string>> | undefined =>
  request.output ? takeOutput(request.output, data, outputs) : undefined

/** What was known before the request left; it stays in its record. */
type Beforehand = Pick<RequestRecord, 'before' | 'held' | 'since'>

/** Turns the last try into a record. */
export const finish = (ctx: RunContext, job: StepRequest, tried: FinalAttempt, kept: Beforehand = {}): RequestEnd => {
  if (tried.kind === 'failed') {
    const failed = requestRecord(ctx, job, 'failed', {
      message: tried.message,
      ...kept,
      ...(tried.upid !== undefined && { upid: tried.upid }),
    })
    return {
      kind: 'failed',
      record: failed,
      diagnostics: tried.diagnostics,
      effect: tried.effect,
      unreachable: tried.unreachable ?? false,
    }
  }
  const outputs = outputsOf(ctx, job, tried.data)
  if (outputs) ctx.outputs.set(job.step.id, { ...ctx.outputs.get(job.step.id), ...outputs })
  const upid = isUpid(tried.data) ? { upid: tried.data } : {}
  const done = requestRecord(ctx, job, 'done', { ...kept, ...upid, ...(outputs && { outputs }) })
  return { kind: 'done', record: done, diagnostics: tried.diagnostics }
}

/** Reading needs no intent: it can be done again as often as one likes. */
const readOnce = async (ctx: RunContext, { step }: StepRequest, { outgoing }: Prepared): Promise<FinalAttempt> => {
  const answer = await ask(ctx.asking, outgoing.path, outgoing.params)
  if (answer.kind === 'answered') return { kind: 'done', data: answer.data, diagnostics: [] }
  const message = answer.kind === 'refused' ? answer.message : 'no answer'
  const unreachable = isUnreachable(answer)
  return { kind: 'failed', message, diagnostics: [addressed(answer.diagnostic, step)], effect: 'none', unreachable }
}

const RESENDS = [0, 200, 1000]

/** How long to wait before another try; undefined: no more tries. */
const waitBefore = (
  ctx: RunContext,
  job: StepRequest,
  { kind }: Attempt,
  tries: Map<Attempt['kind'], number>,
): number | undefined => {
  const count = tries.get(kind) ?? 0
  tries.set(kind, count + 1)
  if (kind === 'locked') return ctx.patience.locks[job.direction][count]
  return kind === 'unreached' ? ctx.patience.unreachable[count] : RESENDS[count]
}

/**
 * Carries one request out: intent durable, request sent, task id durable, task waited for. Sends again only what the server said it did not
 * do. What was noted becomes durable together with the intent.
 */
export const sendRequest = async (ctx: RunContext, job: StepRequest, notes: JournalNotes): Promise<RequestEnd> => {
  const effect = effectOf(job.request)
  const tries = new Map<Attempt['kind'], number>()
  let lost = false
  for (;;) {
    const prepared = await prepare(ctx, job, effect, lost)
    if ('kind' in prepared) {
      await notes.flush()
      return finish(ctx, job, prepared)
    }
    if (job.request.method === 'GET') {
      await notes.flush()
      return finish(ctx, job, await readOnce(ctx, job, prepared))
    }
    const { before, since, held } = prepared
    const known = { since, ...(before !== undefined && { before }), ...(held !== undefined && { held }) }
    const intent = requestRecord(ctx, job, 'intent', known)
    await notes.flush({ type: 'request', record: intent })
    const tried = await tryOnce(ctx, job, effectOf(prepared.sent), prepared)
    if (tried.kind === 'done' || tried.kind === 'failed') return finish(ctx, job, tried, known)
    lost ||= tried.kind === 'again'
    const wait = waitBefore(ctx, job, tried, tries)
    const unreachable = tried.kind === 'unreached'
    if (wait === undefined) return finish(ctx, job, { ...tried, kind: 'failed', effect: 'none', unreachable }, known)
    await ctx.world.clock.sleep(wait)
  }
}
