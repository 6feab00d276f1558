import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { differenceOf } from '../../kinds/same-guest.ts'
import type { Step } from '../../plan/plan.ts'
import type { GuestReading } from '../observe/read-guest.ts'
import { addressed } from '../request/request-job.ts'
import { lookAt, type RunContext } from '../request/run-context.ts'

const stale = (step: Step, what: string): Diagnostic =>
  diagnose('apply.stale-plan', {
    address: step.address,
    detail: `${what} The plan was made for another state of the cluster. Make a new one: mpc sync, then mpc plan.`,
    hint: 'mpc plan',
  })

const compare = (step: Step, reading: GuestReading & { kind: 'present' | 'absent' }): readonly Diagnostic[] => {
  const { expects, guest } = step
  if (!expects || !guest) return []
  const name = `${guest.type === 'qemu' ? 'VM' : 'Container'} ${guest.vmid} on ${guest.node}`
  if (expects.absent)
    return reading.kind === 'absent' ? [] : [stale(step, `${name} was to be made by the plan, and one exists already.`)]
  if (reading.kind === 'absent') return [stale(step, `${name} no longer exists there.`)]
  const { view } = reading
  const difference = expects.identity && differenceOf(expects.identity, view.identity)
  if (difference !== undefined)
    return [stale(step, `${name} is not the guest the plan is about: another one has taken its VMID (${difference}).`)]
  if (expects.digest !== undefined && expects.digest !== view.digest)
    return [stale(step, `The configuration of ${name} has changed since the plan was made.`)]
  return []
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
      diagnostics: [stale(step, `VMID ${step.guest.vmid} is taken by a guest that the login may not see.`)],
      unreachable: false,
    }
  if (reading.kind === 'unreadable')
    return { diagnostics: [addressed(reading.diagnostic, step)], unreachable: reading.unreachable }
  return { diagnostics: compare(step, reading), unreachable: false }
}
