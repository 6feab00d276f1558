import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { differenceOf, isCertainlySame } from '../../kinds/same-guest.ts'
import type { Step } from '../../plan/plan.ts'
import { capitalized } from '../../util/capitalized.ts'
import { isRecreated } from '../observe/is-recreated.ts'
import { sinceOn } from '../observe/node-clock.ts'
import { type GuestReading, type GuestView, readPower } from '../observe/read-guest.ts'
import { lookAt, type RunContext } from '../request/run-context.ts'
import { addressed } from '../request/step-request.ts'

const stale = (step: Step, what: string): Diagnostic =>
  diagnose('apply.stale-plan', {
    address: step.address,
    detail: `${what} The cluster has changed since the plan was made. Make a new plan: mpc plan.`,
    hint: 'mpc plan',
  })

const compare = (step: Step, reading: GuestReading & { kind: 'present' | 'absent' }): readonly Diagnostic[] => {
  const { expects, guest } = step
  if (!expects || !guest) return []
  const name = `${capitalized(kindOfType(guest.type).label)} ${guest.vmid} on ${guest.node}`
  if (expects.absent)
    return reading.kind === 'absent'
      ? []
      : [stale(step, `${name} was to be created by the plan, but it exists already.`)]
  if (reading.kind === 'absent') return [stale(step, `${name} no longer exists there.`)]
  const { view } = reading
  const difference = expects.identity && differenceOf(expects.identity, view.identity)
  if (difference !== undefined)
    return [
      stale(step, `${name} is not the guest the plan is about: another guest has taken its VMID (${difference}).`),
    ]
  if (expects.digest !== undefined && expects.digest !== view.digest)
    return [stale(step, `The configuration of ${name} has changed since the plan was made.`)]
  return []
}

/** Somebody may have started or stopped the guest, which its configuration does not show. */
const powered = async (ctx: RunContext, step: Step): Promise<readonly Diagnostic[]> => {
  const { expects, guest } = step
  if (!guest || expects?.power === undefined) return []
  const power = await readPower(ctx.asking, guest)
  if (power === undefined || power === expects.power) return []
  const name = `${capitalized(kindOfType(guest.type).label)} ${guest.vmid} on ${guest.node}`
  return [stale(step, `${name} is ${power} and was ${expects.power} when the plan was made.`)]
}

/** Nothing of a guest without a UUID shows that it was re-created since the plan was made: the task list of its node does. */
const remade = async (ctx: RunContext, step: Step, { identity }: GuestView): Promise<readonly Diagnostic[]> => {
  const { expects, guest } = step
  if (!guest || !expects?.identity || identity.uuid !== undefined || isCertainlySame(expects.identity, identity))
    return []
  await sinceOn(ctx, guest.node)
  const recreated = await isRecreated(ctx, guest, expects.identity)
  if (recreated === false) return []
  const name = `${capitalized(kindOfType(guest.type).label)} ${guest.vmid} on ${guest.node}`
  return [
    recreated === true
      ? stale(step, `${name} was destroyed or re-created since the plan was made, as the task list of its node shows.`)
      : addressed(recreated, step),
  ]
}

/** Looks at a step's guest and says what is not as the plan expects. `unreachable`: the server did not answer. */
export const checkExpectation = async (
  ctx: RunContext,
  step: Step,
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly unreachable: boolean }> => {
  if (!step.expects || !step.guest) return { diagnostics: [], unreachable: false }
  const reading = await lookAt(ctx, step.guest)
  if (reading.kind === 'unreadable' && reading.hidden && step.expects.absent)
    return {
      diagnostics: [stale(step, `VMID ${step.guest.vmid} is taken by a guest that your user or token cannot see.`)],
      unreachable: false,
    }
  if (reading.kind === 'unreadable')
    return { diagnostics: [addressed(reading.diagnostic, step)], unreachable: reading.unreachable }
  const differences = compare(step, reading)
  if (differences.length > 0 || reading.kind === 'absent') return { diagnostics: differences, unreachable: false }
  const recreated = await remade(ctx, step, reading.view)
  return { diagnostics: recreated.length > 0 ? recreated : await powered(ctx, step), unreachable: false }
}
