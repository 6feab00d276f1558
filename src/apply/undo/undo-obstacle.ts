import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { isCertainlySame } from '../../kinds/same-guest.ts'
import type { Step } from '../../plan/plan.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'
import { placeAfter } from '../effect/guest-after-run.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { RequestRecord } from '../journal.ts'
import { addedMeanwhile, attachedMeanwhile } from '../measure/added-meanwhile.ts'
import { attachedElsewhere } from '../measure/attached-elsewhere.ts'
import { type HoldersNow, holderNames } from '../measure/volume-holders.ts'
import { isRecreated } from '../observe/is-recreated.ts'
import { type GuestView, readRunning } from '../observe/read-guest.ts'
import { sameIdentity } from '../observe/same-identity.ts'
import { startedByOthers } from '../observe/started-since.ts'
import { knowledgeOf, lookAt, type RunContext } from '../request/run-context.ts'
import type { StepResult } from '../run/step-result.ts'
import { nodeOf } from './pool-check.ts'

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

const notOurs = (step: Step, guest: GuestRef, why: string): Diagnostic =>
  diagnose('apply.not-ours', {
    address: step.address,
    detail: `Undoing "${step.summary}" would change guest ${guest.vmid} on ${guest.node}, and ${why}. It was not changed; check it first.`,
  })

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
    detail: `"${step.summary}" was not undone, because somebody else has changed ${keys.join(', ')} since: their change stays. Decide which value is right, then run mpc plan.`,
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
    ...(added.length > 0 ? [`guest ${guest.vmid} now has ${added.join(', ')}`] : []),
    ...(holding.length > 0 ? [`volumes of guest ${guest.vmid} are attached to ${holderNames(holding)}`] : []),
  ]
  const lost = isMade ? 'would be removed with the guest' : 'would be rolled back with it'
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
    detail: `"${step.summary}" was not undone, because it would attach a volume twice: ${elsewhere.join(', ')}. Decide where it belongs, then run mpc plan.`,
    hint: 'mpc plan',
  })
}

/** Why a step is not undone now: its guest must still be the one the run had to do with, and as the step left it. Undefined: the way is free. */
export const checkGuest = async (
  ctx: RunContext,
  result: StepResult,
  undoing: Undoing,
): Promise<Undone | undefined> => {
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
    return { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'it is a different guest now')] }
  const isOurs =
    ctx.made.has(guest.vmid) || (identity !== undefined && isCertainlySame(identity, reading.view.identity))
  const recreated = !making && isOurs ? false : await isRecreated(ctx, guest, identity ?? reading.view.identity)
  if (recreated !== false)
    return recreated === true
      ? { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'somebody has re-created it since')] }
      : { status: 'suspended', diagnostics: [recreated] }
  if (making && (await readRunning(ctx.asking, guest)) === true)
    return { status: 'undo-failed', diagnostics: [notOurs(step, guest, 'it is running, so somebody may be using it')] }
  const ran = await ranForOthers(ctx, step, guest)
  if (ran) return ran
  const used = await usedByOthers(ctx, result, reading.view, undoing)
  if (used) return { status: 'undo-failed', diagnostics: [used] }
  const twice = await attachedSince(ctx, step, reading.view, undoing)
  if (twice) return { status: 'undo-failed', diagnostics: [twice] }
  const changed = changedSince(ctx, result, reading.view, undoing.prior)
  return changed.length > 0 ? { status: 'undo-failed', diagnostics: [changedByOthers(step, changed)] } : undefined
}
