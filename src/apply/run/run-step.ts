import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { AppliedResource } from '../../resource/applied.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import { placeAfter } from '../effect/guest-after-run.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { JournalEntry, RequestRecord, SeenGuest } from '../journal.ts'
import { madeVolumes } from '../measure/added-meanwhile.ts'
import { measureBefore } from '../measure/measure-before.ts'
import { type GuestView, readRunning, seenOf } from '../observe/read-guest.ts'
import { type JournalNotes, journalNotes } from '../request/journal-notes.ts'
import { currentView, type RunContext } from '../request/run-context.ts'
import { type Requested, type Requests, runRequests } from '../request/run-requests.ts'
import { checkExpectation } from './check-expectation.ts'
import { tidyingFailed } from './optional-step.ts'
import { emitEnded, emitStarted, type StepResult, statusOf } from './step-result.ts'

/** Keys a step's requests may change, as far as they can be named. */
const keysOf = ({ requests }: Step): readonly string[] => [
  ...new Set(requests.flatMap((request) => touchedKeys(effectOf(request)) ?? [])),
]

/** A guest as a step left it: one that was made with its volumes. */
export const seenAfter = async (
  ctx: RunContext,
  step: Step,
  view: GuestView,
  learnt: StepEnd['learnt'],
): Promise<SeenGuest> => {
  const isMade = step.requests.some((request) => effectOf(request).kind === 'guest-made')
  return seenOf(view, [...keysOf(step), ...(isMade ? await madeVolumes(ctx, step, view, learnt) : [])])
}

/** The guest as the step leaves it; undefined when the step has none or the server does not say. */
const guestAfter = async (
  ctx: RunContext,
  step: Step,
  learnt: StepEnd['learnt'],
): Promise<SeenGuest | null | undefined> => {
  const place = placeAfter(step)
  if (!place || step.requests.length === 0) return undefined
  const reading = await currentView(ctx, place)
  if (reading.kind === 'unreadable') return undefined
  return reading.kind === 'absent' ? null : seenAfter(ctx, step, reading.view, learnt)
}

/** The binding after a step, with who the guest turned out to be. */
const bindingAfter = (
  ctx: RunContext,
  { binding, guest }: Step,
  after: SeenGuest | null | undefined,
): { readonly binding?: AppliedResource | null } => {
  if (!binding) return {}
  if (!binding.after) return { binding: null }
  const bound = asGuest(binding.after)
  if (!bound) return { binding: binding.after }
  // Which task made it is not to be read off the guest.
  const made = ctx.made.get(bound.guest.vmid)?.event
  const event = made ?? bound.identity?.event
  // A step may bind the address to another guest than the one it changes.
  const isSame = bound.guest.vmid === guest?.vmid
  const seen = (isSame ? after?.identity : undefined) ?? bound.identity
  const identity = seen && event !== undefined ? { ...seen, event } : seen
  return { binding: { ...bound, ...(identity && { identity }) } }
}

/** Whether the guest ran before a step that is undone by a snapshot: a rollback stops it (seen on PVE 9.2). */
const outputsBefore = async (ctx: RunContext, step: Step): Promise<Readonly<Record<string, string>>> => {
  if (step.reversal.by !== 'snapshot' || !step.guest) return {}
  const running = await readRunning(ctx.asking, step.guest)
  return running === undefined ? {} : { ran: running ? '1' : '0' }
}

const REFUSED: Requested = { kind: 'failed', records: [], diagnostics: [], effect: 'none', unreachable: false }

/** The step stays as running in the journal, so that a recovery asks what became of it. */
const leaveOpen = async (
  step: Step,
  { diagnostics }: Requested,
  outputs: Readonly<Record<string, string>>,
  notes: JournalNotes,
): Promise<StepResult> => {
  await notes.flush()
  return { step, status: 'failed', diagnostics, effect: 'maybe', undecided: true, outputs }
}

/** What is known of a step when its requests have ended. */
interface StepEnd {
  readonly outputs: Readonly<Record<string, string>>
  /** When the end was learnt: found out later, others may have been there since. */
  readonly learnt: 'as it ended' | 'later'
}

const endStep = async (
  ctx: RunContext,
  step: Step,
  requested: Requested,
  { outputs, learnt }: StepEnd,
  notes: JournalNotes,
): Promise<StepResult> => {
  const status = requested.kind
  if (requested.undecided && !step.optional) return leaveOpen(step, requested, outputs, notes)
  const after = status === 'done' ? await guestAfter(ctx, step, learnt) : undefined
  const all = { ...outputs, ...ctx.outputs.get(step.id) }
  const ended: JournalEntry = {
    type: 'step-ended',
    record: { run: ctx.run, step: step.id, status, outputs: all, ...(after !== undefined && { after }) },
    step,
    direction: 'forward',
    ...(status === 'done' && bindingAfter(ctx, step, after)),
  }
  await notes.flush(ended)
  const { effect, failed } = requested
  const diagnostics =
    step.optional && status === 'failed' ? [tidyingFailed(step, requested.diagnostics)] : requested.diagnostics
  return {
    step,
    status,
    diagnostics,
    effect,
    outputs: all,
    ...(failed && { failed }),
    ...(after !== undefined && { after }),
  }
}

/**
 * Carries a step out: checks what it expects, sends its requests, and writes its end down together with its binding. `expects`: what is known
 * better than the plan did.
 */
export const runStep = async (ctx: RunContext, step: Step, expects = step.expects): Promise<StepResult> => {
  const startedAt = ctx.world.clock.monotonic()
  emitStarted(ctx, step, 'forward')
  const { diagnostics } = await checkExpectation(ctx, expects ? { ...step, expects } : step)
  const isRefused = diagnostics.length > 0
  const measured = isRefused ? [] : await measureBefore(ctx, step)
  const outputs = isRefused ? {} : await outputsBefore(ctx, step)
  const opening: JournalEntry = { type: 'step-started', run: ctx.run, step, direction: 'forward', outputs }
  const notes = journalNotes(ctx)
  notes.note(opening, ...measured)
  const requested: Requested = isRefused
    ? { ...REFUSED, diagnostics }
    : await runRequests(ctx, forwardOf(step, [], true), notes)
  const result = await endStep(ctx, step, requested, { outputs, learnt: 'as it ended' }, notes)
  emitEnded(ctx, step, 'forward', statusOf(result), startedAt, result.diagnostics)
  return result
}

const forwardOf = (step: Step, prior: readonly RequestRecord[], sendMore: boolean): Requests => ({
  step,
  direction: 'forward',
  requests: step.requests,
  prior,
  sendMore,
})

/** Finds out how far a step had come when its process ended; nothing is sent, and what is found only noted. */
export const lookAtStep = (
  ctx: RunContext,
  step: Step,
  prior: readonly RequestRecord[],
  notes = journalNotes(ctx),
): Promise<Requested> => runRequests(ctx, forwardOf(step, prior, false), notes)

/**
 * Finds out how far a step had come when its process ended, and writes that down; nothing is sent. Undefined, with the reasons, when that cannot
 * be known yet.
 */
export const settleStep = async (
  ctx: RunContext,
  step: Step,
  prior: readonly RequestRecord[],
  outputs: Readonly<Record<string, string>>,
): Promise<{ readonly result: StepResult | undefined; readonly diagnostics: readonly Diagnostic[] }> => {
  const notes = journalNotes(ctx)
  const requested = await lookAtStep(ctx, step, prior, notes)
  if (requested.unreachable) return { result: undefined, diagnostics: requested.diagnostics }
  return { result: await endStep(ctx, step, requested, { outputs, learnt: 'later' }, notes), diagnostics: [] }
}

/** Goes on with a step where its process left off; one of which nothing was done starts again. */
export const resumeStep = async (
  ctx: RunContext,
  step: Step,
  prior: readonly RequestRecord[],
  outputs: Readonly<Record<string, string>>,
): Promise<StepResult> => {
  const notes = journalNotes(ctx)
  const settled = await lookAtStep(ctx, step, prior, notes)
  const isCut = settled.kind === 'failed' && !settled.failed && !settled.undecided
  if (isCut && settled.effect === 'none') return runStep(ctx, step)
  const startedAt = ctx.world.clock.monotonic()
  emitStarted(ctx, step, 'forward')
  let requested = settled
  if (isCut) {
    await notes.flush()
    const known = new Map([...prior, ...settled.records].map((one) => [one.index, one]))
    const done = [...known.values()].filter(({ status }) => status === 'done')
    requested = await runRequests(ctx, forwardOf(step, done, true), notes)
  }
  const result = await endStep(ctx, step, requested, { outputs, learnt: 'later' }, notes)
  emitEnded(ctx, step, 'forward', statusOf(result), startedAt, result.diagnostics)
  return result
}
