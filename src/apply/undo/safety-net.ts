import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan, Step, StepId } from '../../plan/plan.ts'
import { isOutputRef } from '../../resource/request.ts'
import { presenceAfter } from '../effect/guest-after-run.ts'
import { effectOf } from '../effect/request-effect.ts'
import { sameIdentity } from '../observe/same-identity.ts'
import { lookAt, type RunContext } from '../request/run-context.ts'

const usesSnapshot = (step: Step, net: Step): boolean =>
  step.reversal.by === 'snapshot' &&
  step.guest?.vmid === net.guest?.vmid &&
  net.requests
    .map(effectOf)
    .some(
      (effect) =>
        effect.kind === 'snapshot' &&
        effect.present &&
        step.reversal.by === 'snapshot' &&
        effect.name === step.reversal.name,
    )

const usesBackup = (step: Step, net: Step): boolean =>
  step.reversal.by !== 'nothing' &&
  step.reversal.requests.some(({ params = {} }) =>
    Object.values(params).some((param) => isOutputRef(param) && param.fromStep === net.id),
  )

const destroys = (step: Step, { guest }: Step): boolean =>
  presenceAfter(step) === false && step.guest?.vmid === guest?.vmid

/** Steps of the plan that only this backup or snapshot can undo, or that leave nothing else of the guest. */
const usersOf = ({ steps }: Plan, net: Step): readonly Step[] => {
  if (net.action === 'snapshot') return steps.filter((step) => usesSnapshot(step, net))
  return net.action === 'backup' ? steps.filter((step) => usesBackup(step, net) || destroys(step, net)) : []
}

const kept = (net: Step, why: string): Diagnostic =>
  diagnose('apply.safety-kept', {
    address: net.address,
    detail: `What "${net.summary}" made is kept, because ${why}.`,
  })

/** Why a net is not taken away: it must stay, or nobody can be asked now. */
export type NetVerdict = { readonly stays: Diagnostic } | { readonly unreachable: Diagnostic }

/**
 * Why a backup or snapshot must stay although everything is being undone; undefined when it may go. It is what undoes other steps: it goes only
 * when those are undone, or never took effect, and the guest has been seen on the server. `standing`: steps that are still in effect.
 */
export const netStays = async (
  ctx: RunContext,
  net: Step,
  standing: ReadonlySet<StepId>,
): Promise<NetVerdict | undefined> => {
  const users = usersOf(ctx.plan, net)
  const needed = users.find(({ id }) => standing.has(id))
  if (needed) return { stays: kept(net, `"${needed.summary}" is still in effect, and nothing else holds the data`) }
  if (net.action !== 'backup' || users.length === 0 || !net.guest) return undefined
  const before = ctx.guests.get(net.guest.vmid)?.identity
  const reading = await lookAt(ctx, net.guest)
  if (reading.kind === 'unreadable')
    return reading.unreachable || reading.hidden
      ? { unreachable: reading.diagnostic }
      : { stays: kept(net, `the guest could not be read: ${reading.message}`) }
  if (reading.kind === 'absent')
    return {
      stays: diagnose('apply.guest-missing', {
        address: net.address,
        detail: `Guest ${net.guest.vmid} is not on ${net.guest.node} although the run did not destroy it, as far as is known. The backup ${ctx.outputs.get(net.id)?.['volid'] ?? 'that was made before'} is kept: restore the guest from it, or look for it in the task list of the node.`,
      }),
    }
  return before && !sameIdentity(before, reading.view.identity)
    ? { stays: kept(net, `guest ${net.guest.vmid} is a different guest now`) }
    : undefined
}
