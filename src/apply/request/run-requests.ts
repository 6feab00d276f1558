import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { effectOf, taskPlace } from '../effect/request-effect.ts'
import type { Direction, RequestRecord } from '../journal.ts'
import { sinceOn } from '../observe/node-clock.ts'
import { seenOf } from '../observe/read-guest.ts'
import { waitForEnd } from './follow-task.ts'
import type { JournalNotes } from './journal-notes.ts'
import { withOutputs } from './resolve-request.ts'
import { lookAt, noteTask, type RunContext } from './run-context.ts'
import { finish, sendRequest } from './send-request.ts'
import { settleRequest } from './settle-request.ts'
import { type Attempt, isUndecided, type RequestEnd, type StepRequest } from './step-request.ts'
import { afterLook } from './try-request.ts'

/** How a list of requests ended. What became of the last one is noted for the journal, not yet in it. */
export interface Requested {
  readonly kind: 'done' | 'failed'
  /** What became of each, as far as it is known. */
  readonly records: readonly RequestRecord[]
  readonly diagnostics: readonly Diagnostic[]
  /** What was changed on the server: `maybe` when only the request that failed can have changed something. */
  readonly effect: 'none' | 'maybe' | 'certain'
  /** The request that failed. */
  readonly failed?: RequestRecord
  readonly unreachable: boolean
  /** What became of the last request is not known and can still be found out; its record says that it is under way. */
  readonly undecided?: true
}

export interface Requests {
  readonly step: Step
  readonly direction: Direction
  readonly requests: readonly ApiRequest[]
  /** What the journal knows of them from before a crash. */
  readonly prior: readonly RequestRecord[]
  /** False: only find out what became of those that were sent. */
  readonly sendMore: boolean
}

const notMade = ({ step, request }: StepRequest): Diagnostic =>
  diagnose('apply.task-failed', {
    address: step.address,
    detail: `${request.method} ${request.path} succeeded, but the guest does not exist. Somebody may have destroyed it already.`,
  })

/** A guest that was just made gets to be known, so that undoing destroys this one and no other. */
const meetNewGuest = async (ctx: RunContext, job: StepRequest, sent: RequestEnd): Promise<RequestEnd> => {
  const effect = effectOf(job.request)
  if (sent.kind !== 'done' || effect.kind !== 'guest-made') return sent
  const reading = await lookAt(ctx, effect.guest)
  if (reading.kind === 'present') {
    const { upid } = sent.record
    const after = seenOf(reading.view, [])
    const identity = { ...after.identity, ...(upid !== undefined && { event: upid }) }
    ctx.made.set(effect.guest.vmid, identity)
    return { ...sent, record: { ...sent.record, after: { ...after, identity } } }
  }
  const unreachable = reading.kind === 'unreadable' && reading.unreachable
  const diagnostics = reading.kind === 'unreadable' ? [reading.diagnostic] : [notMade(job)]
  return { kind: 'failed', record: sent.record, diagnostics, effect: 'maybe', unreachable }
}

/** Finds out what became of a request that was under way when the process ended. Undefined: the server did nothing. */
const settlePrior = async (
  ctx: RunContext,
  job: StepRequest,
  prior: RequestRecord,
): Promise<RequestEnd | undefined> => {
  const request = withOutputs(job.request, ctx.outputs)
  const effect = effectOf(request)
  const end = (tried: Attempt): RequestEnd | undefined =>
    tried.kind === 'done' || tried.kind === 'failed' ? finish(ctx, job, tried, keptOf(prior)) : undefined
  if (prior.status === 'sent' && prior.upid !== undefined) {
    noteTask(ctx, prior.upid)
    return end(await waitForEnd(ctx, job, effect, prior.upid, 'earlier'))
  }
  const place = taskPlace(effect)
  const since = prior.since ?? (place ? (await sinceOn(ctx, place.node)) - LONG_AGO : 0)
  const age = ctx.world.clock.now().getTime() - Date.parse(prior.at)
  const { before, held } = prior
  const settled = await settleRequest(ctx, { request, effect, before, held, since, age, harmlessTwice: false })
  if (settled.kind === 'did-not') return undefined
  return end(await afterLook(ctx, job, settled, keptOf(prior)))
}

/** For runs of an mpc that did not write the server's time down. Seconds. */
const LONG_AGO = 300

const keptOf = ({ before, held, since }: RequestRecord): Pick<RequestRecord, 'before' | 'held' | 'since'> => ({
  ...(before !== undefined && { before }),
  ...(held !== undefined && { held }),
  ...(since !== undefined && { since }),
})

const resume = (
  ctx: RunContext,
  job: StepRequest,
  prior: RequestRecord | undefined,
): Promise<RequestEnd | undefined> => {
  if (!prior || (prior.status === 'failed' && job.direction === 'reverse')) return Promise.resolve(undefined)
  if (job.request.method === 'GET' && prior.status !== 'done') return Promise.resolve(undefined)
  if (prior.status === 'intent' || prior.status === 'sent') return settlePrior(ctx, job, prior)
  if (prior.outputs) ctx.outputs.set(job.step.id, { ...ctx.outputs.get(job.step.id), ...prior.outputs })
  const known = { record: prior, diagnostics: [] }
  // A failed request is known to have ended; whether it changed something is seen when its step is undone.
  const failed = { kind: 'failed', ...known, effect: 'maybe', unreachable: false } as const
  return Promise.resolve(prior.status === 'done' ? { kind: 'done', ...known } : failed)
}

const effectAfter = (so: Requested['effect'], sent: RequestEnd): Requested['effect'] => {
  if (sent.record.request.method === 'GET') return so
  if (sent.kind === 'done') return 'certain'
  return so === 'none' ? sent.effect : so
}

/** Carries requests out one after the other until one fails. */
export const runRequests = async (
  ctx: RunContext,
  { step, direction, requests, prior, sendMore }: Requests,
  notes: JournalNotes,
): Promise<Requested> => {
  let effect: Requested['effect'] = 'none'
  const records: RequestRecord[] = []
  const diagnostics: Diagnostic[] = []
  for (const [index, request] of requests.entries()) {
    const job = { step, direction, index, request }
    const known = prior.find((record) => record.index === index)
    const settled = await resume(ctx, job, known)
    // Reading changes nothing, and what it gives may be needed to undo the step.
    const maySend = sendMore || request.method === 'GET'
    if (!settled && !maySend) return { kind: 'failed', records, diagnostics, effect, unreachable: false }
    const first = settled ?? (await sendRequest(ctx, job, notes))
    const sent = known?.status === 'done' && known.after !== undefined ? first : await meetNewGuest(ctx, job, first)
    const undecided = isUndecided(sent)
    if (!undecided || sent.record.status !== 'failed') {
      notes.note({ type: 'request', record: sent.record })
      records.push(sent.record)
    }
    diagnostics.push(...sent.diagnostics)
    effect = effectAfter(effect, sent)
    if (sent.kind === 'failed')
      return {
        kind: 'failed',
        records,
        diagnostics,
        effect,
        failed: sent.record,
        unreachable: sent.unreachable,
        ...(undecided && { undecided }),
      }
  }
  return { kind: 'done', records, diagnostics, effect, unreachable: false }
}
