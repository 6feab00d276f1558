import { isIgnored } from '../kinds/attribute-name.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { AttributeChange } from '../resource/change.ts'
import { isPropertyMap } from '../resource/config-value.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import { fieldChange } from './change-builder.ts'
import { attributeChanges, configDifferences, type Difference } from './config-difference.ts'
import { setSecret, updateConfig, updateMovedDisk, writeOf } from './config-steps.ts'
import { addDisk, detachDisk, moveDisk } from './disk-steps.ts'
import { growDisks, takeSnapshot } from './grow-steps.ts'
import type { GuestContext, PlanPart, Progress } from './guest-progress.ts'
import { type ConfigWrite, stateOf, waitsForStart } from './guest-state.ts'
import { changePool } from './membership-step.ts'
import { checkMigration, checkRestart, migrateGuest } from './migrate-step.ts'
import { resumeGuest, startGuest, stopGuest } from './power-steps.ts'
import { clearSnapshots } from './snapshot-obstacle.ts'
import { type SortedDifferences, sortDifferences } from './sort-differences.ts'
import type { StepDraft } from './step-chain.ts'
import { convertToTemplate } from './template-step.ts'
import { checkStaysTemplate, checkUpdate } from './update-check.ts'

export interface GuestUpdate {
  readonly attributes: readonly AttributeChange[]
  readonly drafts: readonly StepDraft[]
  /** PVE cannot change these on an existing guest. */
  readonly replacing: readonly string[]
}

/** Fields of the guest itself that differ from what is declared. */
interface FieldDifferences {
  readonly node?: string
  readonly pool?: { readonly from: string | undefined; readonly to: string | undefined }
  readonly power?: 'running' | 'stopped' | 'resume'
  readonly template?: true
}

const fieldDifferences = (
  { desired, world, kind }: GuestContext,
  observed: ObservedGuest,
  applied: AppliedResource | undefined,
): FieldDifferences => {
  const ignores = (name: string) => isIgnored(kind, desired.lifecycle.ignoreChanges, name)
  const drifted = applied?.guest?.node === desired.node && observed.node !== desired.node
  if (drifted && !ignores('node')) {
    world.report('plan.node-drift', {
      detail: `\`${desired.address}\` is declared on ${desired.node} but runs on ${observed.node}: somebody or high availability moved it. It stays there. Declare \`node = "${observed.node}"\` to agree, or migrate it back.`,
      address: desired.address,
      range: desired.rangeOf?.('node') ?? desired.range,
    })
  }
  const pool = desired.pool ?? (applied?.pool === observed.pool ? undefined : observed.pool)
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
            running ? (observed.type === 'lxc' ? 'restart' : 'live') : 'none',
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

/**
 * Some values may only be written when the devices are as declared: the boot order, and a protection, which forbids removing drives.
 * A protection that goes has to go first, by itself.
 */
const splitWrite = (context: GuestContext, write: ConfigWrite, { adds, detaches, moves }: SortedDifferences) => {
  const late = new Set<string>()
  const early = new Set<string>()
  const removesDrives =
    detaches.length + moves.length > 0 || write.remove.some((key) => context.kind.volumeProperty(key) !== undefined)
  if (adds.length + detaches.length > 0) late.add('boot')
  if (removesDrives) (write.set['protection'] === '1' ? late : early).add('protection')
  const part = (isIn: (key: string) => boolean): ConfigWrite => ({
    set: Object.fromEntries(Object.entries(write.set).filter(([key]) => isIn(key))),
    remove: write.remove.filter(isIn),
  })
  const last = part((key) => late.has(key))
  const names = [...Object.keys(last.set), ...last.remove].sort()
  return [
    { verb: 'unprotect', write: part((key) => early.has(key)) },
    { verb: 'update', write: part((key) => !early.has(key) && !late.has(key)) },
    { verb: `update-${names.join('-')}`, write: last },
  ] as const
}

const withSnapshot =
  (context: GuestContext, observed: ObservedGuest, { grows }: SortedDifferences, isAny: boolean): PlanPart =>
  (progress) => {
    const always = context.desired.lifecycle.snapshot === 'always' && isAny
    if (grows.length === 0 && !always) return progress
    const sizes = grows.map(({ key, declared }) => `${key} grows to ${isPropertyMap(declared) ? declared['size'] : ''}`)
    const why = grows.length === 0 ? 'the changes' : sizes.join(' and ')
    const taken = takeSnapshot(context, progress, observed.digest, why)
    return growDisks(grows, taken.snapshot)(taken.progress)
  }

/** Whether the guest is to be down while it is changed: it shall be off, or may be restarted for what would stay pending. */
const needsStop = (context: GuestContext, progress: Progress, sorted: SortedDifferences, fields: FieldDifferences) => {
  const { kind, desired } = context
  const { state, guest } = progress
  if (!state.running) return undefined
  if (fields.power === 'stopped') return ''
  if (fields.template) return ' to become a template'
  if (desired.lifecycle.reboot !== 'allowed') return undefined
  if (guest.type === 'lxc' && sorted.moves.length > 0) return ' to move its volumes'
  const write = writeOf(context, [...sorted.plain, ...sorted.movedOptions])
  const texts = [
    ...Object.entries(write.set),
    ...sorted.secrets.map(({ key }) => [key, '**********'] as const),
    ...write.remove.map((key) => [key, undefined] as const),
    ...sorted.adds.map(({ key, declared }) => [key, kind.encode(key, declared ?? '')] as const),
    ...sorted.detaches.map(({ key }) => [key, undefined] as const),
  ]
  return texts.some(([key, text]) => waitsForStart(state, kind, key, text))
    ? ' so that all changes take effect'
    : undefined
}

/** A VM moves while it runs; a container that is to stop anyway stops first, so that it is down once. */
const migrateAndStop =
  (context: GuestContext, node: string, stop: string | undefined): PlanPart =>
  (progress) => {
    const isFirst = progress.guest.type === 'lxc' && stop !== undefined
    return migrateGuest(context, node)(isFirst ? stopGuest(stop)(progress) : progress)
  }

const runParts = (progress: Progress, parts: readonly PlanPart[]): Progress =>
  parts.reduce((next, part) => part(next), progress)

const partsOf = (
  context: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
  fields: FieldDifferences,
  stop: string | undefined,
): readonly PlanPart[] => {
  const [early, main, late] = splitWrite(context, writeOf(context, sorted.plain), sorted)
  const isAny = Object.values(sorted).some((list) => list.length > 0)
  return [
    ...(stop === undefined ? [] : [stopGuest(stop)]),
    updateConfig(context, early.verb, early.write),
    updateConfig(context, main.verb, main.write),
    ...sorted.secrets.map((difference) => setSecret(context, difference)),
    ...sorted.moves.map((difference) => moveDisk(context, difference)),
    ...sorted.movedOptions.map((difference) => updateMovedDisk(context, difference)),
    withSnapshot(context, observed, sorted, isAny),
    ...sorted.adds.map((difference) => addDisk(context, difference)),
    ...sorted.detaches.map((difference) => detachDisk(context, difference)),
    updateConfig(context, late.verb, late.write),
    ...(fields.pool ? [changePool(fields.pool.from, fields.pool.to)] : []),
    ...(fields.template ? [convertToTemplate] : []),
    ...(fields.power === 'resume' ? [resumeGuest] : []),
    ...(fields.power === 'running' || (stop !== undefined && fields.power !== 'stopped' && !fields.template)
      ? [startGuest]
      : []),
  ]
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
  applied: AppliedResource | undefined,
): GuestUpdate => {
  const { kind, desired } = context
  const state = stateOf(observed)
  const start: Progress = {
    guest: { type: observed.type, node: observed.node, vmid: observed.vmid },
    state,
    drafts: [],
  }
  const ignored = desired.lifecycle.ignoreChanges
  const differences = configDifferences({
    kind,
    declared: desired.config,
    applied: applied?.config ?? {},
    state,
    ignored,
  })
  const fields = fieldDifferences(context, observed, applied)
  checkStaysTemplate(context, observed)
  if (differences.length === 0 && Object.keys(fields).length === 0) return { attributes: [], drafts: [], replacing: [] }
  const replacing = differences.flatMap(({ key, observed: was, declared }) =>
    kind.change(key, was, declared) === 'replace' ? [key] : [],
  )
  const attributes = [...fieldAttributes(fields, observed), ...namesOf(kind, start, differences)]
  if (replacing.length > 0) return { attributes, drafts: [], replacing }
  const node = fields.node ?? observed.node
  const sorted = sortDifferences(context, differences, node)
  checkUpdate(context, observed, sorted)
  const cleared = runParts(start, clearSnapshots(context, observed, sorted, fields))
  if (fields.node !== undefined && checkMigration(context, observed.node, state))
    checkRestart(context, observed.node, state)
  const stop = needsStop(context, cleared, sorted, fields)
  const moved = fields.node === undefined ? cleared : migrateAndStop(context, fields.node, stop)(cleared)
  return {
    attributes: stop === undefined ? attributes : attributes.map(takenByRestart),
    drafts: runParts(moved, partsOf(context, observed, sorted, fields, stop)).drafts,
    replacing,
  }
}
