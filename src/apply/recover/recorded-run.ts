import { requiredSteps } from '../../plan/plan.ts'
import type { GuestIdentity } from '../../resource/guest.ts'
import { effectOf, taskPlace } from '../effect/request-effect.ts'
import type { RequestRecord, UnfinishedRun } from '../journal.ts'
import { subjectOf } from '../measure/measured.ts'
import { TOLERANCE } from '../observe/node-clock.ts'
import { knowledgeOf, noteTask, noteUndoing, type RunContext } from '../request/run-context.ts'

/** What is written down is not later than the request, by so much; see `sinceOn`. */
const noteBegin = ({ began }: RunContext, { request, since }: RequestRecord): void => {
  const place = taskPlace(effectOf(request))
  if (!place || !since) return
  began.set(place.node, Math.min(began.get(place.node) ?? Number.POSITIVE_INFINITY, since + TOLERANCE))
}

/** Brings back what the executor knew, as far as the journal says. */
export const remember = (
  ctx: RunContext,
  { steps: records, requests, before = [] }: UnfinishedRun,
): ReadonlyMap<number, GuestIdentity> => {
  const identities = new Map<number, GuestIdentity>()
  const steps = new Map(ctx.plan.steps.map((step) => [step.id, step]))
  for (const measure of before) ctx.before.set(subjectOf(measure), Promise.resolve(measure))
  for (const record of requests) {
    noteBegin(ctx, record)
    if (record.upid !== undefined) noteTask(ctx, record.upid)
    const effect = effectOf(record.request)
    const step = steps.get(record.step)
    if (step && record.direction === 'reverse') noteUndoing(ctx, step, effect)
    if (effect.kind === 'guest-made' && record.after) ctx.made.set(effect.guest.vmid, record.after.identity)
    const seen = record.after ?? record.before
    if ('guest' in effect && seen && effect.kind !== 'guest-made') identities.set(effect.guest.vmid, seen.identity)
  }
  for (const { step, outputs, after } of records) {
    ctx.outputs.set(step, outputs)
    const guest = steps.get(step)?.guest
    if (guest && after) identities.set(guest.vmid, after.identity)
  }
  const expected = ctx.plan.steps.flatMap(({ guest: planned, expects }) =>
    planned && expects?.identity ? [[planned.vmid, expects.identity] as const] : [],
  )
  for (const [vmid, identity] of [...expected, ...ctx.made, ...identities])
    knowledgeOf(ctx, { vmid }).identity = identity
  return identities
}

export const forwardRecords = (requests: readonly RequestRecord[], step: string): readonly RequestRecord[] =>
  requests.filter((record) => record.step === step && record.direction === 'forward')

/** Why an unfinished run can only be undone; undefined: it can be finished. */
export const whyNotFinish = ({ plan, steps, requests }: UnfinishedRun): string | undefined => {
  const undone = steps.find(({ status }) => status === 'undone' || status === 'undo-failed')
  if (undone || requests.some(({ direction, step }) => direction === 'reverse' && !isSweep(step)))
    return 'undoing it had begun before its process ended.'
  const required = new Set(requiredSteps(plan).map(({ id }) => id))
  const failed = steps.find(({ step, status }) => status === 'failed' && required.has(step))
  return failed && `its step ${failed.step} failed.`
}

/** An earlier mpc removed old safety snapshots outside of the plan and wrote that down as a reversal; it undoes nothing of the run. */
const isSweep = (step: string): boolean => /\/sweep-[^/]*$/.test(step)
