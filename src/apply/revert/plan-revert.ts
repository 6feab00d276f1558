import { type Checked, type Diagnostic, diagnose, hasErrors } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { orderSteps } from '../../plan/order/order-steps.ts'
import { sealPlan } from '../../plan/order/seal-plan.ts'
import type { Plan, ResourceChange, Step, StepId } from '../../plan/plan.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../plan/plan-options.ts'
import { type PlanningContext, planningContext } from '../../plan/planning-context.ts'
import { afterRestore, restoredLater, withoutLacking } from '../../plan/state/after-restore.ts'
import { boundIdentity, expectedIdentity } from '../../plan/state/guest-identity.ts'
import { sharedBefore } from '../../plan/state/held-volumes.ts'
import { expectedPower } from '../../plan/state/power-dependence.ts'
import type { Address } from '../../resource/address.ts'
import type { Applied, AppliedGuest } from '../../resource/applied.ts'
import { DISRUPTIONS } from '../../resource/change.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import {
  isUndoPlan,
  type LeftGuest,
  leftBy,
  presenceAfter,
  type StandingStep,
  standingSteps,
} from '../effect/guest-after-run.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { FinishedRun, RecordedRun } from '../journal.ts'
import { addedSince } from './added-since.ts'
import { judgeAgain } from './judge-again.ts'
import { poolObstacles } from './pool-obstacles.ts'
import { draftRedo } from './redo-run.ts'
import { revertObstacles } from './revert-obstacles.ts'
import { bindingsOf, type Drafted, type Given, undoId, undoingStep, withoutIdlePower } from './revert-steps.ts'
import { statesByThen } from './state-by-then.ts'

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const staysAsItIs = ({ address, summary, reversal }: Step): Diagnostic =>
  diagnose('apply.revert-irreversible', {
    address,
    detail: `"${summary}" cannot be undone: ${sentence(reversal.by === 'nothing' ? reversal.reason : 'there is no way back')} The rest is undone.`,
  })

/** The guest comes back from its backup, and what was not in that does not. */
const comesBackLess = ({ address, summary, reversal }: Step): readonly Diagnostic[] =>
  reversal.by === 'backup' && reversal.lost !== undefined
    ? [
        diagnose('apply.revert-irreversible', {
          address,
          detail: `"${summary}" cannot be undone completely: ${sentence(reversal.lost)} The rest is restored.`,
        }),
      ]
    : []

/** For each step the undoing of those that needed it: that comes first. */
const undoneFirst = ({ steps }: Plan, included: ReadonlySet<StepId>): ReadonlyMap<StepId, readonly StepId[]> => {
  const dependents = new Map<StepId, StepId[]>()
  for (const step of steps.filter(({ id }) => included.has(id)))
    for (const need of step.needs) {
      const known = dependents.get(need)
      if (known) known.push(undoId(step))
      else dependents.set(need, [undoId(step)])
    }
  return dependents
}

/** Guests that were destroyed without a way back: nothing that was done to them before can be undone either. */
const goneForGood = (standing: readonly StandingStep[]): ReadonlySet<number | undefined> =>
  new Set(
    standing.flatMap(({ step }) =>
      step.guest && step.reversal.by === 'nothing' && presenceAfter(step) === false ? [step.guest.vmid] : [],
    ),
  )

const poolsMade = (standing: readonly StandingStep[]): ReadonlySet<string> =>
  new Set(
    standing.flatMap(({ step }) =>
      step.requests
        .map(effectOf)
        .flatMap((effect) => (effect.kind === 'pool' && effect.present ? [effect.poolid] : [])),
    ),
  )

/** Keys of a step's guest that steps of the run have changed, and that were undone when it failed. */
const undoneKeys = (run: RecordedRun, { guest }: Step): ReadonlySet<string> => {
  const keysOf = (steps: readonly Step[]) =>
    steps
      .filter((step) => step.guest !== undefined && step.guest.vmid === guest?.vmid)
      .flatMap(({ requests }) => requests.flatMap((request) => touchedKeys(effectOf(request)) ?? []))
  const undone = new Set(run.steps.flatMap(({ step, status }) => (status === 'undone' ? [step] : [])))
  const standing = new Set(keysOf(standingSteps(run).map(({ step }) => step)))
  return new Set(keysOf(run.plan.steps.filter(({ id }) => undone.has(id))).filter((key) => !standing.has(key)))
}

/** Steps that were carried out, also those that were undone when the run failed: a guest was restored then. */
const carriedOut = ({ plan, steps }: RecordedRun): readonly Step[] => {
  const done = new Set(steps.flatMap(({ step, status }) => (status === 'failed' ? [] : [step])))
  return plan.steps.filter(({ id }) => done.has(id))
}

/** Undoes the steps that stand, last first. */
const draftUndo = (run: RecordedRun, applied: Applied, world: PlanningContext): Drafted => {
  const standing = standingSteps(run)
  const given: Given = new Map(run.steps.map(({ step, outputs }) => [step, outputs]))
  const bindings = bindingsOf(applied)
  const made = new Set(standing.flatMap(({ step }) => (presenceAfter(step) === true ? [step.guest?.vmid] : [])))
  const lost = goneForGood(standing)
  const undoable = ({ step }: StandingStep) =>
    !step.optional && step.reversal.by !== 'nothing' && !lost.has(step.guest?.vmid)
  const covered = ({ step }: StandingStep) => step.guest !== undefined && made.has(step.guest.vmid)
  const included = new Set(standing.filter(undoable).map(({ step }) => step.id))
  const dependents = undoneFirst(run.plan, included)
  const endingPools = poolsMade(standing.filter(undoable))
  const diagnostics = standing
    .filter(({ step }) => step.reversal.by === 'nothing')
    .filter((one) => !covered(one))
    .map(({ step }) => staysAsItIs(step))
  const less = standing.filter(undoable).flatMap(({ step }) => comesBackLess(step))
  const states = statesByThen(world)
  const begun = carriedOut(run)
  const steps = standing
    .filter(undoable)
    .toReversed()
    .flatMap((one) => {
      const { step } = one
      const bound = bindings.get(step.address) ?? undefined
      const restored = restoredLater(begun, step)
      const asRestored = restored ? { ...one, step: afterRestore(step, restored) } : one
      const drafted = undoingStep(asRestored, given, dependents.get(step.id) ?? [], bound)
      const undoing = { ...drafted, because: withoutLacking(drafted.because, step.guest, restored) }
      if (undoing.binding) bindings.set(step.address, undoing.binding.after)
      const judged = judgeAgain(world, {
        done: step,
        undoing,
        bound,
        state: states.of(undoing),
        undone: undoneKeys(run, step),
        endingPools,
      })
      for (const each of judged) states.follow(each)
      return judged
    })
  return { steps, diagnostics: [...diagnostics, ...less, ...world.diagnostics] }
}

const deletesBackup = ({ action, requests }: Step): boolean =>
  action === 'backup' && requests.every(({ method }) => method === 'DELETE')

/**
 * Backups are deleted when all else is done, and nothing fails for it: while another step may still fail they are what this can be tried again with,
 * and none can be made again under its name.
 */
const backupsLast = (steps: readonly Step[]): readonly Step[] => {
  const deletions = steps.filter(deletesBackup)
  const others = steps.filter((step) => !deletesBackup(step))
  if (deletions.length === 0 || others.length === 0) return steps
  const late = new Set(deletions.map(({ id }) => id))
  return [
    ...others.map((step) => ({ ...step, needs: step.needs.filter((need) => !late.has(need)) })),
    ...deletions.map(
      (step): Step => ({
        ...step,
        reversal: { by: 'requests', requests: [], note: 'nothing: the backup stays deleted' },
        optional: true,
      }),
    ),
  ]
}

/** Steps of one guest follow one another, whatever was left out between them. */
const chained = (steps: readonly Step[]): readonly Step[] => {
  const last = new Map<number, StepId>()
  const kept = new Set(steps.map(({ id }) => id))
  return steps.map((step) => {
    const before = step.guest && last.get(step.guest.vmid)
    if (step.guest) last.set(step.guest.vmid, step.id)
    const needs = new Set([...step.needs.filter((need) => kept.has(need)), ...(before === undefined ? [] : [before])])
    return { ...step, needs: [...needs].sort() }
  })
}

/** The first step on each guest says how the guest must be found. `drafted`: the steps before those were left out that its power makes idle. */
const expecting = (
  steps: readonly Step[],
  left: ReadonlyMap<number, LeftGuest>,
  observed: Observed,
  drafted: readonly Step[],
): readonly Step[] => {
  const guests = new Map<number, ObservedGuest>(observed.guests.map((guest) => [guest.vmid, guest]))
  const byGuest = new Map<number, Step[]>()
  for (const step of drafted) {
    if (!step.guest) continue
    const own = byGuest.get(step.guest.vmid)
    if (own) own.push(step)
    else byGuest.set(step.guest.vmid, [step])
  }
  const seen = new Set<number>()
  return steps.map((step) => {
    const vmid = step.guest?.vmid
    const known = vmid === undefined ? undefined : left.get(vmid)
    if (vmid === undefined || !known || seen.has(vmid) || step.requests.length === 0) return step
    seen.add(vmid)
    if (!known.present) return { ...step, expects: { absent: true } }
    const guest = guests.get(vmid)
    if (!guest) return step
    const identity = expectedIdentity(known.identity, guest)
    const power = expectedPower(kindOfType(guest.type), guest, byGuest.get(vmid) ?? [])
    return { ...step, expects: { digest: guest.digest, identity, ...power } }
  })
}

const actionOf = (steps: readonly Step[]): ResourceChange['action'] => {
  const presences = steps.map(presenceAfter).filter((presence) => presence !== undefined)
  if (presences.includes(true) && presences.includes(false)) return 'replace'
  if (presences.length > 0) return presences[0] ? 'create' : 'destroy'
  const [first] = steps
  const onlyBinds = steps.every(({ action }) => action === 'bind' || action === 'forget')
  return onlyBinds && (first?.action === 'bind' || first?.action === 'forget') ? first.action : 'update'
}

const kindOf = (steps: readonly Step[]): ResourceChange['kind'] => {
  const type = steps.find(({ guest }) => guest)?.guest?.type
  return type === undefined ? 'pool' : kindOfType(type).name
}

/** Steps of one resource share the difference that asked for them; it is shown once. */
const differencesOf = (steps: readonly Step[]) => {
  // The server never tells a secret, so one secret cannot become another again.
  const all = steps
    .flatMap(({ because }) => because.attributes)
    .filter(({ sensitive, before, after }) => !(sensitive && before !== undefined && after !== undefined))
  return [...new Map(all.map((attribute) => [attribute.name, attribute])).values()]
}

const changesOf = (steps: readonly Step[], before: Plan): readonly ResourceChange[] => {
  const byAddress = new Map<Address, readonly Step[]>()
  for (const step of steps) byAddress.set(step.address, [...(byAddress.get(step.address) ?? []), step])
  return [...byAddress].map(([address, own]) => {
    const name = before.changes.find((change) => change.address === address)?.name
    const guest = own.find((step) => step.guest)?.guest
    const worst = Math.max(...own.map(({ disruption }) => DISRUPTIONS.indexOf(disruption)))
    return {
      address,
      kind: kindOf(own),
      action: actionOf(own),
      ...(guest && { guest }),
      ...(name !== undefined && { name }),
      change: { address, reason: 'revert', attributes: differencesOf(own) },
      disruption: DISRUPTIONS[worst] ?? 'none',
      steps: own.map(({ id }) => id),
    }
  })
}

const refusal = (run: FinishedRun): Diagnostic | undefined => {
  const { id, status } = run.run
  if (run.revertedBy !== undefined)
    return diagnose('apply.revert-done', {
      detail: `Run ${id} was undone by run ${run.revertedBy}. To do it again, revert that one.`,
      hint: `mpc revert ${run.revertedBy.slice(0, run.revertedBy.lastIndexOf('.'))}`,
    })
  if (standingSteps(run).length > 0) return undefined
  const why = status === 'rolled-back' ? 'failed and was rolled back' : 'changed nothing'
  return diagnose('apply.revert-nothing', {
    detail: `Run ${id} ${why}, so there is nothing to undo.`,
    hint: 'mpc history',
  })
}

/** A guest that is bound is known by its binding, which later runs have kept up. */
const knownNow = (left: ReadonlyMap<number, LeftGuest>, applied: Applied): ReadonlyMap<number, LeftGuest> => {
  const bound = new Map<number, AppliedGuest>(
    applied.filter(isOfGuest).map((resource) => [resource.guest.vmid, resource]),
  )
  return new Map(
    [...left].map(([vmid, guest]) => {
      const resource = bound.get(vmid)
      const identity = guest.present && resource ? boundIdentity(resource) : undefined
      return [vmid, identity ? { ...guest, identity } : guest]
    }),
  )
}

/**
 * Plans the undoing of a run that ended: its standing steps' reversals, last first, or, when the run was itself an undoing, the original steps
 * again. Pure. Refuses, with one diagnostic for each guest, when something is not as the run left it; steps that cannot be undone are named in
 * warnings beside the plan.
 */
export const planRevert = (
  run: FinishedRun,
  observed: Observed,
  applied: Applied,
  options: Pick<PlanOptions, 'backupStorage' | 'safetySnapshots'> = {},
): Checked<Plan> => {
  const refused = refusal(run)
  if (refused) return { value: undefined, diagnostics: [refused] }
  const original = isUndoPlan(run.plan) ? run.original : undefined
  const world = planningContext(observed, { ...DEFAULT_PLAN_OPTIONS, ...options })
  const drafted = original ? draftRedo(run, original, applied) : draftUndo(run, applied, world)
  const left = knownNow(leftBy(run), applied)
  const obstacles = [
    ...revertObstacles(run.plan, left, drafted.steps, observed, {
      standing: options.safetySnapshots,
      before: run.before,
    }),
    ...poolObstacles(run, drafted.steps, observed),
  ]
  const added = original ? [] : addedSince(run, observed)
  if (obstacles.length + added.length > 0) return { value: undefined, diagnostics: [...obstacles, ...added] }
  if (hasErrors(drafted.diagnostics)) return { value: undefined, diagnostics: drafted.diagnostics }
  const running = new Map<number, boolean>(observed.guests.map(({ vmid, status }) => [vmid, status === 'running']))
  const steps = backupsLast(drafted.steps.flatMap((step) => withoutIdlePower(step, running) ?? []))
  const whole = orderSteps(expecting(chained(steps), left, observed, drafted.steps))
  const sharedVolumes = sharedBefore(whole, observed.guests)
  const plan = sealPlan({
    format_version: '1.0',
    origin: { kind: 'revert', plan: run.plan.id, run: run.run.id },
    cluster: run.plan.cluster,
    changes: changesOf(whole, run.plan),
    steps: whole,
    unchanged: 0,
    ...(sharedVolumes.length > 0 && { sharedVolumes }),
    outputs: [],
  })
  return { value: plan, diagnostics: drafted.diagnostics }
}
