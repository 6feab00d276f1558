import { isIgnored } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest, FoundKeys } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { clearSnapshots } from '../check/snapshot-obstacle.ts'
import { checkStaysTemplate, checkUpdate } from '../check/update-check.ts'
import type { StepDraft } from '../order/step-chain.ts'
import { fieldChange } from '../state/change-builder.ts'
import { markOutside } from '../state/changed-outside.ts'
import { attributeChanges, configDifferences, type Difference } from '../state/config-difference.ts'
import { comparedFound, foundKeys, foundOf, foundPool, rememberedFound } from '../state/found-keys.ts'
import { type GuestContext, type PlanPart, type Progress, runParts } from '../state/guest-progress.ts'
import { stateOf, textOf } from '../state/guest-state.ts'
import { withMovedSlots } from '../state/moved-slots.ts'
import { restartFor, waitingAttributes } from '../state/waiting.ts'
import { checkMigration, checkRestart, migrateGuest } from '../step/migrate-step.ts'
import { stopGuest } from '../step/power-steps.ts'
import { sortDifferences } from '../step/sort-differences.ts'
import { checkOtherVolumes } from './other-volume-check.ts'
import { type FieldDifferences, needsStop, updateParts } from './update-parts.ts'

export interface GuestUpdate {
  readonly attributes: readonly AttributeChange[]
  readonly drafts: readonly StepDraft[]
  /** PVE cannot change these on an existing guest. */
  readonly replacing: readonly string[]
  /** What is to be remembered of what mpc did not make; undefined where mpc made the guest from nothing. */
  readonly found: FoundKeys | undefined
}

const fieldDifferences = (
  { desired, world, kind }: GuestContext,
  observed: ObservedGuest,
  applied: AppliedGuest | undefined,
): FieldDifferences => {
  const ignores = (name: string) => isIgnored(kind, desired.lifecycle.ignoreChanges, name)
  const drifted = applied?.guest.node === desired.node && observed.node !== desired.node
  if (drifted && !ignores('node')) {
    world.report('plan.node-drift', {
      detail: `\`${desired.address}\` is declared on ${desired.node} but runs on ${observed.node}: somebody or high availability moved it. It stays there. Declare \`node = "${observed.node}"\` to agree, or migrate it back.`,
      address: desired.address,
      range: desired.rangeOf?.('node') ?? desired.range,
    })
  }
  const isGiven = applied?.pool === observed.pool && applied?.found?.['pool'] === undefined
  const left = desired.noPool || isGiven ? undefined : observed.pool
  const pool = desired.pool ?? left
  const power = powerDifference(desired.power, observed)
  return {
    ...(!drifted && observed.node !== desired.node && !ignores('node') && { node: desired.node }),
    ...(pool !== observed.pool && !ignores('pool') && { pool: { from: observed.pool, to: pool } }),
    ...(power && !ignores('power') && { power }),
    ...(desired.template === true && !observed.template && !ignores('template') && { template: true as const }),
  }
}

const powerDifference = (power: 'running' | 'stopped' | undefined, { status, template }: ObservedGuest) => {
  if (power === undefined || template) return undefined
  if (power === 'running') return status === 'stopped' ? 'running' : status === 'paused' ? 'resume' : undefined
  return status === 'stopped' ? undefined : 'stopped'
}

const fieldAttributes = (fields: FieldDifferences, observed: ObservedGuest): readonly AttributeChange[] => {
  const running = observed.status === 'running' || observed.status === 'paused'
  return [
    ...(fields.node
      ? [
          fieldChange(
            'node',
            observed.node,
            fields.node,
            running ? (kindOfType(observed.type).migration.restarts ? 'restart' : 'live') : 'none',
          ),
        ]
      : []),
    ...(fields.pool ? [fieldChange('pool', fields.pool.from, fields.pool.to)] : []),
    ...(fields.power
      ? [
          fieldChange(
            'power',
            observed.status,
            fields.power === 'stopped' ? 'stopped' : 'running',
            fields.power === 'stopped' ? 'restart' : 'none',
          ),
        ]
      : []),
    ...(fields.template ? [fieldChange('template', false, true)] : []),
  ]
}

/** A guest that is to stop anyway, and would be restarted on the way, stops first, so that it is down once. */
const migrateAndStop =
  (context: GuestContext, node: string, stop: string | undefined): PlanPart =>
  (progress) => {
    const isFirst = context.kind.migration.restarts && stop !== undefined
    return migrateGuest(context, node)(isFirst ? stopGuest(stop)(progress) : progress)
  }

const namesOf = (kind: GuestContext['kind'], progress: Progress, differences: readonly Difference[]) =>
  differences.flatMap((difference) => attributeChanges(kind, progress.state, difference))

/** What would stay pending takes effect with a restart that the plan makes. */
const takenByRestart = (attribute: AttributeChange): AttributeChange =>
  attribute.disruption === 'pending' ? { ...attribute, disruption: 'restart' } : attribute

/** Compares an existing guest with its declaration and plans the way from one to the other. */
export const updateGuest = (
  context: GuestContext,
  observed: ObservedGuest,
  applied: AppliedGuest | undefined,
): GuestUpdate => {
  const { kind, desired } = context
  const state = stateOf(observed)
  const start: Progress = {
    guest: { type: observed.type, node: observed.node, vmid: observed.vmid },
    state,
    drafts: [],
  }
  const ignored = desired.lifecycle.ignoreChanges
  const declared = withMovedSlots(kind, desired, state)
  const [last, before] = [applied?.config ?? {}, foundOf(context.world, kind, applied)]
  const differences = configDifferences({
    kind,
    declared,
    applied: last,
    found: comparedFound(before, applied, declared),
    state,
    ignored,
    caseSensitiveTags: context.world.observed.cluster.caseSensitiveTags === true,
  })
  const fields = fieldDifferences(context, observed, applied)
  const seen = { kind, desired, state, differences, applied: last, found: before }
  const found = rememberedFound({ ...foundKeys(seen), ...foundPool(desired, observed, applied) }, applied)
  checkStaysTemplate(context, observed)
  const waiting = restartFor(context, observed)
  if (differences.length + waiting.length === 0 && Object.keys(fields).length === 0)
    return { attributes: [], drafts: [], replacing: [], found }
  const replacing = differences.flatMap(({ key, observed: was, declared }) =>
    kind.change(key, was, declared) === 'replace' ? [key] : [],
  )
  // A run that was cut short may have written down what it did not come to do.
  const settled = context.world.options.unsettled?.has(desired.address) ? undefined : applied
  const attributes = markOutside(kind, { applied: settled, observed }, differences, [
    ...fieldAttributes(fields, observed),
    ...namesOf(kind, start, differences),
  ])
  if (replacing.length > 0) return { attributes, drafts: [], replacing, found }
  const node = fields.node ?? observed.node
  const sorted = sortDifferences(context, differences, node)
  checkUpdate(context, observed, sorted)
  const left = Object.keys(before).filter((key) => declared[key] === undefined && textOf(state, key) !== undefined)
  checkOtherVolumes(context, state, sorted, left)
  const cleared = runParts(start, clearSnapshots(context, observed, sorted, fields))
  if (fields.node !== undefined && checkMigration(context, observed.node, state))
    checkRestart(context, observed.node, state)
  const others = waiting.filter((key) => !differences.some((difference) => difference.key === key))
  const brought = waitingAttributes(context, observed, others)
  const stop = needsStop(context, cleared, sorted, fields, waiting)
  const moved = fields.node === undefined ? cleared : migrateAndStop(context, fields.node, stop)(cleared)
  return {
    attributes: stop === undefined ? attributes : [...attributes.map(takenByRestart), ...brought],
    drafts: runParts(moved, updateParts(context, observed, sorted, fields, stop)).drafts,
    replacing,
    found,
  }
}
