import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { isCertainlySame } from '../../kinds/same-guest.ts'
import type { Step } from '../../plan/plan.ts'
import type { AppliedResource } from '../../resource/applied.ts'
import { type GuestIdentity, type GuestRef, guestPath } from '../../resource/guest.ts'
import { type ApiRequest, isOutputRef } from '../../resource/request.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import type { OutcomeStatus } from '../apply-event.ts'
import { placeAfter } from '../effect/guest-after-run.ts'
import { effectAppeared } from '../effect/is-effect-present.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { JournalEntry, RequestRecord } from '../journal.ts'
import { addedMeanwhile, attachedMeanwhile } from '../measure/added-meanwhile.ts'
import { attachedElsewhere } from '../measure/attached-elsewhere.ts'
import { type HoldersNow, holderNames } from '../measure/volume-holders.ts'
import { madeAnew } from '../observe/made-anew.ts'
import { type GuestView, readRunning } from '../observe/read-guest.ts'
import { sameIdentity } from '../observe/same-identity.ts'
import { startedByOthers } from '../observe/started-since.ts'
import { requestRecord } from '../request/request-job.ts'
import { resolvePath } from '../request/resolve-request.ts'
import { currentView, knowledgeOf, lookAt, type RunContext, record } from '../request/run-context.ts'
import { runRequests } from '../request/run-requests.ts'
import { seenAfter } from '../run/run-step.ts'
import { emitEnded, emitStarted, type StepResult } from '../run/step-result.ts'
import { nodeOf, poolsOfOthers } from './pool-check.ts'

/** `suspended`: the server does not answer; the rest is undone when it does. */
export interface Undone {
  readonly status: 'undone' | 'nothing-to-undo' | 'undo-failed' | 'suspended'
  readonly diagnostics: readonly Diagnostic[]
}

/** What undoing a step must know besides the step. */
export interface Undoing {
  /** Who its guest was when the run touched it. */
  readonly identity: GuestIdentity | undefined
  /** What the journal knows of an earlier attempt. */
  readonly prior: readonly RequestRecord[]
  /** All steps of the run. */
  readonly results: readonly StepResult[]
  readonly holders: HoldersNow
}

const NOTHING: Undone = { status: 'nothing-to-undo', diagnostics: [] }

const irreversible = (step: Step, reason: string): Diagnostic =>
  diagnose('apply.irreversible', {
    address: step.address,
    detail: `"${step.summary}" was carried out and cannot be undone: ${reason}`,
  })

/** A request as a person would send it; undefined where it needs what an earlier step did not give. */
const shown = ({ outputs }: RunContext, { method, path, params = {} }: ApiRequest): string | undefined => {
  const whole = resolvePath(path, outputs)
  const given = Object.entries(params).map(([name, param]) => {
    if (!isOutputRef(param)) return [name, param] as const
    const value = outputs.get(param.fromStep)?.[param.output]
    return [name, value === undefined ? undefined : `${value}${param.suffix ?? ''}`] as const
  })
  if (/[{}]/.test(whole) || given.some(([, value]) => value === undefined)) return undefined
  return `  ${method} ${whole} ${given.length > 0 ? JSON.stringify(Object.fromEntries(given)) : ''}`.trimEnd()
}

const notUndone = (ctx: RunContext, step: Step, requests: readonly ApiRequest[]): Diagnostic => {
  const known = requests.flatMap((request) => shown(ctx, request) ?? [])
  const by = known.length > 0 ? ' To undo it by hand, send what mpc would have sent:' : ''
  return diagnose('apply.not-undone', {
    address: step.address,
    detail: [`"${step.summary}" is still in effect, at least in part.${by}`, ...known].join('\n'),
  })
}

const notOurs = (step: Step, guest: GuestRef, why: string): Diagnostic =>
  diagnose('apply.not-ours', {
    address: step.address,
    detail: `Undoing "${step.summary}" would change guest ${guest.vmid} on ${guest.node}, and ${why}. It is left alone; look at it before you do anything to it.`,
  })

/**
 * PVE reserves the VMID before it begins the task (seen on PVE 9.2: a second create is refused at once), so what a task of ours left under it is
 * ours, unless the task failed because the guest was there already.
 */
const adopt = (ctx: RunContext, { upid, message }: RequestRecord, { guest, identity }: GuestView): true => {
  if (upid !== undefined && !/already exists/.test(message ?? '')) ctx.made.set(guest.vmid, identity)
  return true
}

/** Whether the request that failed has left a trace; also true where nothing can tell. */
const leftTrace = async (ctx: RunContext, failed: RequestRecord): Promise<boolean | 'unreachable'> => {
  const request = { ...failed.request, path: resolvePath(failed.request.path, ctx.outputs) }
  const effect = effectOf(request)
  if ('guest' in effect) {
    const place = effect.kind === 'moved' ? { ...effect.guest, node: effect.node } : effect.guest
    const reading = await lookAt(ctx, place)
    if (reading.kind === 'unreadable') return reading.unreachable ? 'unreachable' : true
    if (effect.kind === 'guest-made') return reading.kind === 'present' && adopt(ctx, failed, reading.view)
  }
  return (await effectAppeared(ctx.asking, effect, request, failed)) ?? true
}

/**
 * Keys that undoing would set back, and that are not as the step left them. What an earlier attempt at undoing it sent was ours: its keys may
 * have changed.
 */
const changedSince = (
  ctx: RunContext,
  { step, after }: StepResult,
  view: GuestView,
  prior: readonly RequestRecord[],
): readonly string[] => {
  if (!after || step.reversal.by === 'nothing') return []
  const { foreign, rewritten } = knowledgeOf(ctx, view.guest)
  if (step.reversal.by === 'snapshot' && foreign.length > 0) return foreign
  const keys = step.reversal.requests.flatMap((request) => touchedKeys(effectOf(request)) ?? [])
  const own = new Set([...rewritten, ...prior.flatMap(({ request }) => touchedKeys(effectOf(request)) ?? [])])
  return [...new Set(keys)]
    .filter((key) => !own.has(key) && key in after.values && (view.raw[key] ?? null) !== after.values[key])
    .sort()
}

const changedByOthers = (step: Step, keys: readonly string[]): Diagnostic =>
  diagnose('apply.not-undone', {
    address: step.address,
    detail: `"${step.summary}" was not undone, because somebody else has changed ${keys.join(', ')} since: what they did stays. Decide which value is right, then run mpc plan.`,
    hint: 'mpc plan',
  })

/** Undoing would take from others what they have put on the guest, or written to volumes of it, since. */
const usedByOthers = async (
  ctx: RunContext,
  result: StepResult,
  view: GuestView,
  { results, holders }: Undoing,
): Promise<Diagnostic | undefined> => {
  const { step } = result
  const { guest } = view
  const isMade = step.requests.some((request) => effectOf(request).kind === 'guest-made')
  if (!isMade && step.reversal.by !== 'snapshot') return undefined
  const added = await (isMade ? addedMeanwhile : attachedMeanwhile)(ctx, result, view, results)
  const holding = await holders.ofGuest(guest.vmid)
  if (added.length === 0 && holding.length === 0) return undefined
  const what = [
    ...(added.length > 0 ? [`guest ${guest.vmid} has by now ${added.join(', ')}`] : []),
    ...(holding.length > 0 ? [`volumes of guest ${guest.vmid} are attached to ${holderNames(holding)}`] : []),
  ]
  const lost = isMade ? 'would go with the guest' : 'would be set back with it'
  const command = `mpc revert ${ctx.plan.id}${isMade ? '' : ' --allow-irreversible'}`
  const canRevert = ctx.plan.origin.kind !== 'revert'
  return diagnose('apply.not-undone', {
    address: step.address,
    detail: `"${step.summary}" was not undone: ${what.join(', and ')}. The run did not do that, and it ${lost}. Take it away first${canRevert ? `, then undo what is left: ${command}` : ''}.`,
    ...(canRevert && { hint: command }),
  })
}

/** Undoing would erase, or set back, what a guest has written that somebody else has started since. */
const ranForOthers = async (ctx: RunContext, step: Step, guest: GuestRef): Promise<Undone | undefined> => {
  const isMade = step.requests.some((request) => effectOf(request).kind === 'guest-made')
  const isSetBack = step.reversal.by === 'snapshot' && step.reversal.automatic !== 'always'
  if (!isMade && !isSetBack) return undefined
  const started = await startedByOthers(ctx, guest)
  if ('code' in started) return { status: 'suspended', diagnostics: [started] }
  if (started.length === 0) return undefined
  const lost = isMade ? 'erased' : 'lost'
  const why = `somebody has started it meanwhile (${started.join(', ')}), and what it wrote would be ${lost}`
  if (isMade) return { status: 'undo-failed', diagnostics: [notOurs(step, guest, why)] }
  const command = `mpc revert ${ctx.plan.id} --allow-irreversible`
  const again = ctx.plan.origin.kind === 'revert' ? '' : ` To have it undone all the same: ${command}.`
  const stays = diagnose('apply.stays-grown', {
    address: step.address,
    detail: `"${step.summary}" stays in effect: undoing it would set guest ${guest.vmid} back to a snapshot; ${why}.${again}`,
    ...(again !== '' && { hint: command }),
  })
  return { status: 'undo-failed', diagnostics: [stays] }
}

/** Undoing would attach volumes that are attached somewhere else by now. */
const attachedSince = async (
  ctx: RunContext,
  step: Step,
  view: GuestView,
  { holders }: Undoing,
): Promise<Diagnostic | undefined> => {
  if (step.reversal.by === 'nothing') return undefined
  const elsewhere = await attachedElsewhere(ctx.plan, view, step.reversal.requests, holders)
  if (elsewhere.length === 0) return undefined
  return diagnose('apply.not-undone', {
    address: step.address,
    detail: `"${step.summary}" was not undone, because that would attach a volume twice: ${elsewhere.join(', ')}. Decide where it belongs, then run mpc plan.`,
    hint: 'mpc plan',
  })
}

/** The guest must still be the one the run had to do with, and as the step left it. */
const checkGuest = async (ctx: RunContext, result: StepResult, undoing: Undoing): Promise<Undone | undefined> => {
  const { step } = result
  const identity = undoing.identity ?? ctx.made.get(step.guest?.vmid ?? 0)
  const guest = placeAfter(step)
  const removed = step.requests.some((request) => effectOf(request).kind === 'guest-gone')
  if (!guest || removed || step.requests.length === 0) return undefined
  const reading = await lookAt(ctx, guest)
  if (reading.kind === 'unreadable')
    return {
      status: reading.unreachable || reading.hidden ? 'suspended' : 'undo-failed',
      diagnostics: [reading.diagnostic],
    }
  const making = step.requests.some((request) => effectOf(request).kind === 'guest-made')
  if (reading.kind === 'absent') {
    const node = await nodeOf(ctx.asking, guest)
    if (node !== undefined && node !== guest.node && node !== step.guest?.node)
      return {
        status: 'undo-failed',
        diagnostics: [notOurs(step, guest, `somebody has moved it to ${node} meanwhile`)],
      }
    return making ? { status: 'undone', diagnostics: [] } : undefined
  }
  if (making && !identity)
    return { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'mpc cannot tell whether it made it')] }
  if (identity && !sameIdentity(identity, reading.view.identity))
    return { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'it is another guest by now')] }
  const isOurs =
    ctx.made.has(guest.vmid) || (identity !== undefined && isCertainlySame(identity, reading.view.identity))
  const anew = !making && isOurs ? false : await madeAnew(ctx, guest, identity ?? reading.view.identity)
  if (anew !== false)
    return anew === true
      ? { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'somebody has made it anew meanwhile')] }
      : { status: 'suspended', diagnostics: [anew] }
  if (making && (await readRunning(ctx.asking, guest)) === true)
    return { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'it runs, so somebody may be using it')] }
  const ran = await ranForOthers(ctx, step, guest)
  if (ran) return ran
  const used = await usedByOthers(ctx, result, reading.view, undoing)
  if (used) return { status: 'undo-failed', diagnostics: [used] }
  const twice = await attachedSince(ctx, step, reading.view, undoing)
  if (twice) return { status: 'undo-failed', diagnostics: [twice] }
  const changed = changedSince(ctx, result, reading.view, undoing.prior)
  return changed.length > 0 ? { status: 'undo-failed', diagnostics: [changedByOthers(step, changed)] } : undefined
}

/** A rollback without memory state stops the guest: it is started again when it ran. */
const startAgain = async (ctx: RunContext, { step, outputs }: StepResult): Promise<readonly ApiRequest[]> => {
  const { guest, reversal } = step
  if (reversal.by !== 'snapshot' || !guest || outputs['ran'] !== '1') return []
  const running = await readRunning(ctx.asking, guest)
  return running === false ? [{ method: 'POST', path: `${guestPath(guest)}/status/start` }] : []
}

/** The binding from before the step; a guest that was restored from its backup is known by what it is now. */
const bindingBefore = (ctx: RunContext, { binding }: Step): { readonly binding?: AppliedResource | null } => {
  if (!binding) return {}
  const { before } = binding
  const guest = asGuest(before)
  const restored = guest && ctx.made.get(guest.guest.vmid)
  return { binding: guest && restored ? { ...guest, identity: restored } : before }
}

const endUndo = async (
  ctx: RunContext,
  { step, outputs, after }: StepResult,
  undone: Undone,
  closing: readonly JournalEntry[],
): Promise<void> => {
  const failed = undone.status === 'undo-failed'
  // A guest that was made and could not be taken away again stays managed, so that the next plan knows of it.
  const orphan = failed && step.guest && ctx.made.get(step.guest.vmid)
  const kept = orphan && step.binding?.after ? { binding: { ...step.binding.after, identity: orphan } } : {}
  const ended: JournalEntry = {
    type: 'step-ended',
    record: {
      run: ctx.run,
      step: step.id,
      status: failed ? 'undo-failed' : 'undone',
      outputs,
      // A later revert starts from what is there.
      ...(failed && after !== undefined && { after }),
    },
    step,
    direction: 'reverse',
    ...(failed ? kept : bindingBefore(ctx, step)),
  }
  await record(ctx, [...closing, ended])
}

const sendReversal = async (
  ctx: RunContext,
  result: StepResult,
  requests: readonly ApiRequest[],
  prior: readonly RequestRecord[],
): Promise<{ readonly undone: Undone; readonly closing: readonly JournalEntry[] }> => {
  const { step } = result
  const send = (list: readonly ApiRequest[], known: readonly RequestRecord[], opening: readonly JournalEntry[]) =>
    runRequests(ctx, { step, direction: 'reverse', requests: list, prior: known, sendMore: true }, opening)
  const planned = await send(requests, prior, [])
  const again = planned.kind === 'done' ? await startAgain(ctx, result) : []
  const all = [...requests, ...again]
  const done = requests.map((request, index) =>
    requestRecord(ctx, { step, direction: 'reverse', index, request }, 'done'),
  )
  const sent = again.length === 0 ? planned : await send(all, done, planned.closing)
  if (sent.kind === 'done')
    return { undone: { status: 'undone', diagnostics: sent.diagnostics }, closing: sent.closing }
  if (sent.unreachable) return { undone: { status: 'suspended', diagnostics: sent.diagnostics }, closing: sent.closing }
  const diagnostics = [...sent.diagnostics, notUndone(ctx, step, all)]
  return { undone: { status: 'undo-failed', diagnostics }, closing: sent.closing }
}

const undo = async (ctx: RunContext, result: StepResult, undoing: Undoing): Promise<Undone> => {
  const { step } = result
  if (step.reversal.by === 'nothing') {
    const undone: Undone = { status: 'undo-failed', diagnostics: [irreversible(step, step.reversal.reason)] }
    await endUndo(ctx, result, undone, [])
    return undone
  }
  if (step.reversal.requests.length === 0) {
    await endUndo(ctx, result, { status: 'undone', diagnostics: [] }, [])
    return { status: 'undone', diagnostics: [] }
  }
  const pools = await poolsOfOthers(ctx.asking, step)
  const obstacle: Undone | undefined = pools
    ? { status: 'undo-failed', diagnostics: [pools] }
    : await checkGuest(ctx, result, undoing)
  const { undone, closing } = obstacle
    ? { undone: obstacle, closing: [] }
    : await sendReversal(ctx, result, step.reversal.requests, undoing.prior)
  if (undone.status === 'suspended') await record(ctx, closing)
  else await endUndo(ctx, result, undone, closing)
  return undone
}

const UNDONE_STATUS = {
  undone: 'undone',
  'nothing-to-undo': 'undo-failed',
  'undo-failed': 'undo-failed',
  suspended: 'unknown',
} as const satisfies Record<Undone['status'], OutcomeStatus>

/** Undoes a step that was carried out, wholly or in part, by the requests the plan decided on. */
export const undoStep = async (ctx: RunContext, result: StepResult, undoing: Undoing): Promise<Undone> => {
  if (result.effect === 'none' && result.status === 'failed') return NOTHING
  const { step } = result
  const startedAt = ctx.world.clock.monotonic()
  if (result.effect === 'maybe' && result.failed && undoing.prior.length === 0) {
    const trace = await leftTrace(ctx, result.failed)
    if (trace === false) return NOTHING
  }
  emitStarted(ctx, step, 'reverse')
  const undone = await undo(ctx, result, undoing)
  emitEnded(ctx, step, 'reverse', UNDONE_STATUS[undone.status], startedAt, undone.diagnostics)
  return undone
}

/** Leaves a step in effect, for a reason that is told. */
export const leaveStep = async (ctx: RunContext, result: StepResult, reason: Diagnostic): Promise<Undone> => {
  const startedAt = ctx.world.clock.monotonic()
  const undone: Undone = { status: 'undo-failed', diagnostics: [reason] }
  emitStarted(ctx, result.step, 'reverse')
  await endUndo(ctx, result, undone, [])
  emitEnded(ctx, result.step, 'reverse', 'undo-failed', startedAt, undone.diagnostics)
  return undone
}

/** Writes down how the guests of steps that are still in effect are now, so that these steps can be undone later. */
export const recordLeft = async (ctx: RunContext, left: readonly StepResult[]): Promise<void> => {
  for (const { step, outputs } of left) {
    const place = placeAfter(step)
    const reading = place && (await currentView(ctx, place))
    if (reading?.kind !== 'present') continue
    const after = await seenAfter(ctx, step, reading.view, 'as it ended')
    await record(ctx, [
      {
        type: 'step-ended',
        record: { run: ctx.run, step: step.id, status: 'undo-failed', outputs, after },
        step,
        direction: 'reverse',
      },
    ])
  }
}
