import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Step, StepAction, StepId } from '../../plan/plan.ts'
import type { Address } from '../../resource/address.ts'
import type { Applied, AppliedGuest, AppliedResource } from '../../resource/applied.ts'
import type { Change, Disruption } from '../../resource/change.ts'
import type { Config } from '../../resource/config-value.ts'
import { guestPath } from '../../resource/guest.ts'
import { type ApiRequest, isOutputRef, type OutputRef, type RequestParam } from '../../resource/request.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { placeAfter, presenceAfter, type StandingStep } from '../effect/guest-after-run.ts'
import { effectOf } from '../effect/request-effect.ts'
import type { StepRecord } from '../journal.ts'
import { titleOfUndoing } from './step-title.ts'

/** What steps of the run gave, by step. */
export type Given = ReadonlyMap<StepId, StepRecord['outputs']>

const OPPOSITE: Readonly<Record<StepAction, StepAction>> = {
  create: 'destroy',
  update: 'update',
  destroy: 'create',
  move: 'move',
  start: 'stop',
  stop: 'start',
  snapshot: 'snapshot',
  backup: 'backup',
  bind: 'forget',
  forget: 'bind',
}

/** Where references lead once the requests belong to another step. */
interface Renaming {
  readonly from: StepId
  readonly to: StepId
  /** What the requests give themselves, as opposed to what the run's steps gave. */
  readonly own: ReadonlySet<string>
  readonly given: Given
}

const renamed = <T>(value: T | OutputRef, { from, to, own, given }: Renaming): T | OutputRef | string => {
  if (!isOutputRef(value)) return value
  if (value.fromStep === from && own.has(value.output)) return { ...value, fromStep: to }
  const known = given.get(value.fromStep)?.[value.output]
  return known === undefined ? value : `${known}${value.suffix ?? ''}`
}

const renamedPath = (path: string, { from, to, own, given }: Renaming): string =>
  path.replace(/\{([^{}]+)\.([^{}.]+)\}/g, (whole, step: string, name: string) => {
    if (step === from && own.has(name)) return `{${to}.${name}}`
    const value = given.get(step)?.[name]
    return value === undefined ? whole : encodeURIComponent(value)
  })

const mapped = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

/** Requests of one step as those of another: references to what the run's steps gave become what they gave. */
export const transferred = (
  requests: readonly ApiRequest[],
  from: StepId,
  to: StepId,
  given: Given,
): readonly ApiRequest[] => {
  const own = new Set(requests.flatMap(({ output }) => (output ? [output.name] : [])))
  const renaming = { from, to, own, given }
  return requests.map((request) => ({
    ...request,
    path: renamedPath(request.path, renaming),
    ...(request.params && { params: mapped(request.params, (param) => renamed<RequestParam>(param, renaming)) }),
    ...(request.output && {
      output: {
        ...request.output,
        where: mapped(request.output.where, (value) => renamed<string | number | OutputRef>(value, renaming)),
      },
    }),
  }))
}

export const undoId = ({ id, address }: Step): StepId => `${address}/undo-${id.slice(address.length + 1)}`

const startsAgain = (requests: readonly ApiRequest[]): boolean =>
  requests.some(({ path, params }) => path.endsWith('/status/start') || params?.['start'] !== undefined)

/** A rollback stops the guest: when it ran before the step, undoing the step includes starting it. */
const reversalRequests = ({ step, record }: StandingStep, given: Given): readonly ApiRequest[] => {
  if (step.reversal.by === 'nothing') return []
  const requests = transferred(step.reversal.requests, step.id, undoId(step), given)
  const ran = step.reversal.by === 'snapshot' && record.outputs['ran'] === '1'
  if (!ran || !step.guest || startsAgain(requests)) return requests
  return [...requests, { method: 'POST', path: `${guestPath(step.guest)}/status/start` }]
}

const reversed = ({ address, attributes }: Change): Change => ({
  address,
  reason: 'revert',
  attributes: attributes.map(({ before, after, unknown: _chosen, ...rest }) => ({
    ...rest,
    ...(after !== undefined && { before: after }),
    ...(before !== undefined && { after: before }),
  })),
})

const stopsGuest = ({ path, params }: ApiRequest): boolean =>
  /\/status\/(?:shutdown|stop|reboot)$/.test(path) || params?.['restart'] === true

const disruptionOf = (step: Step): Disruption => {
  if (presenceAfter(step) === true || step.reversal.by === 'snapshot') return 'data-loss'
  if (step.reversal.by === 'backup') return 'recreate'
  if (step.reversal.by === 'requests' && step.reversal.requests.some(stopsGuest)) return 'restart'
  return step.disruption === 'restart' ? 'none' : step.disruption
}

const noteFor = (step: Step): { readonly note?: string } => {
  if (presenceAfter(step) === true) return { note: 're-created empty: the data of the guest is lost' }
  return { note: step.reversal.by === 'snapshot' ? 'what the rollback discarded stays lost' : 'do it again' }
}

/** The keys that mpc did not make, with what a step made of them taken back. */
const foundAgain = (
  current: AppliedGuest,
  before: AppliedGuest,
  after: AppliedGuest | undefined,
): Pick<AppliedGuest, 'found'> => {
  if (!before.found) return {}
  const own = Object.entries({ ...before.found, ...current.found }).flatMap(([key]) => {
    const isSame =
      canonicalJson([before.config[key], before.found?.[key]]) ===
      canonicalJson([after?.config[key], after?.found?.[key]])
    const set = isSame ? current.found?.[key] : before.found?.[key]
    return set === undefined ? [] : [[key, set] as const]
  })
  return { found: Object.fromEntries(own) }
}

/** What mpc applied, with the changes of one step taken back and everything later left alone. */
const takeBack = (current: AppliedResource, before: AppliedResource, after: AppliedResource): AppliedResource => {
  const [is, was] = [asGuest(current), asGuest(before)]
  if (is?.guest.vmid !== was?.guest.vmid) return before
  const keys = new Set([...Object.keys(before.config), ...Object.keys(after.config)])
  const config: Record<string, Config[string]> = { ...current.config }
  for (const key of keys) {
    const [old, made] = [before.config[key], after.config[key]]
    if (canonicalJson(old) === canonicalJson(made)) continue
    if (old === undefined) delete config[key]
    else config[key] = old
  }
  if (!is || !was) return { ...before, config }
  const { found: _then, ...rest } = was
  return { ...rest, config, ...foundAgain(is, was, asGuest(after)), ...(is.identity && { identity: is.identity }) }
}

/** The binding a step changes, seen from what is bound now. */
export const bindingFrom = (
  current: AppliedResource | undefined,
  from: AppliedResource | null,
  to: AppliedResource | null,
): NonNullable<Step['binding']> => ({
  before: current ?? null,
  after: from && to && current ? takeBack(current, to, from) : to,
})

/** The step that undoes a step. `current` is what its address is bound to when it runs. */
export const undoingStep = (
  standing: StandingStep,
  given: Given,
  needs: readonly StepId[],
  current: AppliedResource | undefined,
): Step => {
  const { step } = standing
  const { binding } = step
  const guest = placeAfter(step)
  const requests = reversalRequests(standing, given)
  return {
    id: undoId(step),
    action: OPPOSITE[step.action],
    address: step.address,
    ...(guest && { guest }),
    summary: titleOfUndoing(requests, step),
    requests,
    needs,
    disruption: disruptionOf(step),
    reversal: { by: 'requests', requests: transferred(step.requests, step.id, undoId(step), given), ...noteFor(step) },
    because: reversed(step.because),
    ...(binding && { binding: bindingFrom(current, binding.after, binding.before) }),
  }
}

/** Leaves out power requests that would change nothing, following the guest through the plan. Undefined: nothing is left of the step. */
export const withoutIdlePower = (step: Step, running: Map<number, boolean>): Step | undefined => {
  const requests = step.requests.filter((request) => {
    const effect = effectOf(request)
    if (effect.kind === 'guest-made') running.set(effect.guest.vmid, false)
    // A rollback stops the guest (seen on PVE 9.2).
    if (effect.kind === 'config' && request.path.endsWith('/rollback'))
      running.set(effect.guest.vmid, request.params?.['start'] === true)
    if (effect.kind !== 'power' || effect.running === undefined) return true
    const idle = running.get(effect.guest.vmid) === effect.running
    running.set(effect.guest.vmid, effect.running)
    return !idle
  })
  return requests.length > 0 || step.binding ? { ...step, requests } : undefined
}

/** Steps that undo a run, and what is told beside them. */
export interface Drafted {
  readonly steps: readonly Step[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Bindings as they will be while the plan runs. */
export const bindingsOf = (applied: Applied): Map<Address, AppliedResource | null> =>
  new Map(applied.map((resource) => [resource.address, resource]))
