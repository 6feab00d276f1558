import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import { afterRestore, restoredLater } from '../../plan/state/after-restore.ts'
import type { AppliedResource } from '../../resource/applied.ts'
import { guestPath } from '../../resource/guest.ts'
import { type ApiRequest, isOutputRef } from '../../resource/request.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import type { OutcomeStatus } from '../apply-event.ts'
import { placeAfter } from '../effect/guest-after-run.ts'
import { effectAppeared } from '../effect/is-effect-present.ts'
import { effectOf } from '../effect/request-effect.ts'
import type { JournalEntry, RequestRecord } from '../journal.ts'
import { type GuestView, readRunning } from '../observe/read-guest.ts'
import { type JournalNotes, journalNotes } from '../request/journal-notes.ts'
import { resolvePath, withOutputs } from '../request/resolve-request.ts'
import { currentView, lookAt, type RunContext, record } from '../request/run-context.ts'
import { runRequests } from '../request/run-requests.ts'
import { requestRecord } from '../request/step-request.ts'
import { seenAfter } from '../run/run-step.ts'
import { emitEnded, emitStarted, type StepResult } from '../run/step-result.ts'
import { poolsOfOthers } from './pool-check.ts'
import { checkGuest, type Undoing, type Undone } from './undo-obstacle.ts'

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
  const request = withOutputs(failed.request, ctx.outputs)
  const effect = effectOf(request)
  if ('guest' in effect) {
    const place = effect.kind === 'moved' ? { ...effect.guest, node: effect.node } : effect.guest
    const reading = await lookAt(ctx, place)
    if (reading.kind === 'unreadable') return reading.unreachable ? 'unreachable' : true
    if (effect.kind === 'guest-made') return reading.kind === 'present' && adopt(ctx, failed, reading.view)
  }
  return (await effectAppeared(ctx.asking, effect, request, failed)) ?? true
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
  notes: JournalNotes,
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
  await notes.flush(ended)
}

const sendReversal = async (
  ctx: RunContext,
  result: StepResult,
  requests: readonly ApiRequest[],
  prior: readonly RequestRecord[],
  notes: JournalNotes,
): Promise<Undone> => {
  const { step } = result
  const send = (list: readonly ApiRequest[], known: readonly RequestRecord[]) =>
    runRequests(ctx, { step, direction: 'reverse', requests: list, prior: known, sendMore: true }, notes)
  const planned = await send(requests, prior)
  const again = planned.kind === 'done' ? await startAgain(ctx, result) : []
  const all = [...requests, ...again]
  const done = requests.map((request, index) =>
    requestRecord(ctx, { step, direction: 'reverse', index, request }, 'done'),
  )
  const sent = again.length === 0 ? planned : await send(all, done)
  if (sent.kind === 'done') return { status: 'undone', diagnostics: sent.diagnostics }
  if (sent.unreachable) return { status: 'suspended', diagnostics: sent.diagnostics }
  const diagnostics = [...sent.diagnostics, notUndone(ctx, step, all)]
  return { status: 'undo-failed', diagnostics }
}

const undo = async (ctx: RunContext, result: StepResult, undoing: Undoing): Promise<Undone> => {
  const { step } = result
  const notes = journalNotes(ctx)
  if (step.reversal.by === 'nothing') {
    const undone: Undone = { status: 'undo-failed', diagnostics: [irreversible(step, step.reversal.reason)] }
    await endUndo(ctx, result, undone, notes)
    return undone
  }
  if (step.reversal.requests.length === 0) {
    await endUndo(ctx, result, { status: 'undone', diagnostics: [] }, notes)
    return { status: 'undone', diagnostics: [] }
  }
  const pools = await poolsOfOthers(ctx.asking, step)
  const obstacle: Undone | undefined = pools
    ? { status: 'undo-failed', diagnostics: [pools] }
    : await checkGuest(ctx, result, undoing)
  const undone = obstacle ?? (await sendReversal(ctx, result, step.reversal.requests, undoing.prior, notes))
  if (undone.status === 'suspended') await notes.flush()
  else await endUndo(ctx, result, undone, notes)
  return undone
}

const UNDONE_STATUS = {
  undone: 'undone',
  'nothing-to-undo': 'undo-failed',
  'undo-failed': 'undo-failed',
  suspended: 'unknown',
} as const satisfies Record<Undone['status'], OutcomeStatus>

/** A guest that has come back from its backup has other volumes than the plan names. */
const asRestored = (ctx: RunContext, result: StepResult): StepResult => {
  const { step } = result
  const restored = ctx.made.has(step.guest?.vmid ?? 0) ? restoredLater(ctx.plan.steps, step) : undefined
  return restored ? { ...result, step: afterRestore(step, restored) } : result
}

/** Undoes a step that was carried out, wholly or in part, by the requests the plan decided on. */
export const undoStep = async (ctx: RunContext, given: StepResult, undoing: Undoing): Promise<Undone> => {
  const result = asRestored(ctx, given)
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
  await endUndo(ctx, result, undone, journalNotes(ctx))
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
