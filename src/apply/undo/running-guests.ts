import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan, Step, StepId } from '../../plan/plan.ts'
import { placeAfter } from '../effect/guest-after-run.ts'
import { effectOf } from '../effect/request-effect.ts'
import type { RequestRecord } from '../journal.ts'
import { readRunning } from '../observe/read-guest.ts'
import { lookAt, type RunContext } from '../request/run-context.ts'
import type { StepResult } from '../run/step-result.ts'

/** A rollback that nobody asked for leaves such a step in effect when its guest runs. */
const sparesRunning = ({ reversal }: Step): boolean => {
  if (reversal.by === 'snapshot') return reversal.automatic !== 'always'
  return reversal.by === 'requests' && reversal.automatic === 'stopped'
}

/** Guests that an earlier, interrupted part of the rollback has shut down itself. */
const shutDownBefore = (prior: readonly RequestRecord[]): ReadonlySet<number> =>
  new Set(
    prior.flatMap(({ request }) => {
      const effect = effectOf(request)
      return effect.kind === 'power' && effect.running === false ? [effect.guest.vmid] : []
    }),
  )

/** Guests that were off before the run, and that the run itself has started: what they wrote came with the run. */
const broughtUp = (
  { plan }: RunContext,
  results: readonly StepResult[],
  prior: readonly RequestRecord[],
): ReadonlySet<number> => {
  const attempted = new Set([...results.map(({ step }) => step.id), ...prior.map(({ step }) => step)])
  const powers = plan.steps
    .filter(({ id }) => attempted.has(id))
    .flatMap(({ requests }) => requests.map(effectOf))
    .flatMap((effect) => (effect.kind === 'power' ? [effect] : []))
  const off = new Set<number>(powers.filter(({ running }) => running !== true).map(({ guest }) => guest.vmid))
  return new Set(powers.flatMap(({ guest, running }) => (running === true && !off.has(guest.vmid) ? [guest.vmid] : [])))
}

export interface RunningGuests {
  /** Steps that stay in effect, because their guest ran when the rollback began. */
  readonly spared: ReadonlySet<StepId>
  /** The server does not say whether a guest runs. */
  readonly unreachable?: Diagnostic
}

/**
 * Finds out, before anything is undone, which steps are left in effect: what a running guest wrote since a snapshot, and that it runs, is not the
 * rollback's to take, whoever else started it.
 */
export const findRunning = async (
  ctx: RunContext,
  results: readonly StepResult[],
  prior: readonly RequestRecord[],
): Promise<RunningGuests> => {
  const spared = new Set<StepId>()
  const [stopped, own] = [shutDownBefore(prior), broughtUp(ctx, results, prior)]
  for (const { step, outputs } of results) {
    const place = placeAfter(step)
    if (!place || !sparesRunning(step) || (own.has(place.vmid) && outputs['ran'] !== '1')) continue
    const now = stopped.has(place.vmid) || (await readRunning(ctx.asking, place))
    if (now !== false || outputs['ran'] === '1') spared.add(step.id)
    if (now !== undefined) continue
    const reading = await lookAt(ctx, place)
    if (reading.kind === 'unreadable' && (reading.unreachable || reading.hidden))
      return { spared, unreachable: reading.diagnostic }
  }
  return { spared }
}

/** Says of a step that it stays in effect, what undoing it would cost, and how to have it undone. */
export const staysInEffect = ({ address, reversal, summary }: Step, { id, origin }: Plan): Diagnostic => {
  const isSnapshot = reversal.by === 'snapshot'
  const cost = isSnapshot
    ? `roll it back to the snapshot ${reversal.name}: it would be restarted, and what it wrote since would be lost`
    : 'restart it'
  const command = `mpc revert ${id}${isSnapshot ? ' --allow-irreversible' : ''}`
  const again = origin.kind === 'revert' ? '' : ` To undo it at a time that suits you: ${command}.`
  return diagnose(isSnapshot ? 'apply.stays-grown' : 'apply.stays-in-effect', {
    address,
    detail: `"${summary}" stays in effect, because ${address} is running and undoing it would ${cost}.${again} A failed apply does so by itself only where the declaration says lifecycle { rollback = "allowed" }.`,
    ...(origin.kind === 'revert' ? {} : { hint: command }),
  })
}
