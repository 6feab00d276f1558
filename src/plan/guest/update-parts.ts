import { attributeName, isIgnored } from '../../kinds/attribute-name.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { Difference } from '../state/config-difference.ts'
import type { GuestContext, PlanPart, Progress } from '../state/guest-progress.ts'
import { afterWrite, type ConfigWrite, isCdDrive, stateOf, textOf, waitsForStart } from '../state/guest-state.ts'
import { ejectCloudInit, movedCloudInit } from '../step/cloud-init-step.ts'
import { declaredText, setSecret, updateConfig, updateMovedDisk, writeOf } from '../step/config-steps.ts'
import { addDisk, detachDisk, moveDisk, volumeOf } from '../step/disk-steps.ts'
import { growDisks, takeSnapshot } from '../step/grow-steps.ts'
import { changePool } from '../step/membership-step.ts'
import { resumeGuest, startGuest, stopGuest } from '../step/power-steps.ts'
import { protectAgain, unprotect } from '../step/protection-step.ts'
import type { SortedDifferences } from '../step/sort-differences.ts'
import { convertToTemplate } from '../step/template-step.ts'

/** Fields of the guest itself that differ from what is declared. */
export interface FieldDifferences {
  readonly node?: string
  readonly pool?: { readonly from: string | undefined; readonly to: string | undefined }
  readonly power?: 'running' | 'stopped' | 'resume'
  readonly template?: true
}

/** What is written before devices come and go, and the boot order, which may only name devices that are there, and which PVE appends CD drives to. */
const splitWrite = (given: ConfigWrite, isBootLate: boolean, kept: string | undefined) => {
  const isWritten = 'boot' in given.set || given.remove.includes('boot')
  const write = kept === undefined || isWritten ? given : { ...given, set: { ...given.set, boot: kept } }
  const isLate = (key: string) => key === 'boot' && isBootLate
  const part = (isIn: (key: string) => boolean): ConfigWrite => ({
    set: Object.fromEntries(Object.entries(write.set).filter(([key]) => isIn(key))),
    remove: write.remove.filter(isIn),
  })
  return { main: part((key) => !isLate(key)), boot: part(isLate) }
}

/** Disks that can only be attached once others are detached: into a slot that is taken, or a volume that has one. */
const inOrder = (context: GuestContext, { adds, detaches }: SortedDifferences) => {
  const freed = new Map(detaches.map(({ key, text = '' }) => [volumeOf(context, key, text), key]))
  const taken = new Set(detaches.map(({ key }) => key))
  const volume = ({ key, declared }: Difference): string =>
    isPropertyMap(declared) ? String(declared[context.kind.volumeProperty(key) ?? ''] ?? '') : ''
  const late = adds.filter((each) => taken.has(each.key) || freed.has(volume(each)))
  const renamed = late.map((each) => [taken.has(each.key) ? each.key : freed.get(volume(each)), each.key] as const)
  return { early: adds.filter((each) => !late.includes(each)), late, renamed: new Map(renamed) }
}

/** The boot order with disks in their new slots: PVE takes a disk that goes out of it, and none in. Undefined where it names none. */
const keptBoot = (boot: string | undefined, renamed: ReadonlyMap<string | undefined, string>): string | undefined => {
  const order = /^order=(.*)$/.exec(boot ?? '')?.[1]?.split(';')
  if (!order?.some((key) => renamed.has(key))) return undefined
  return `order=${[...new Set(order.map((key) => renamed.get(key) ?? key))].join(';')}`
}

/** The declared boot order, where there is one, for when PVE appends a CD drive that it does not name. */
const declaredBoot = ({ kind, desired }: GuestContext, drives: readonly string[]): string | undefined => {
  const boot = desired.config['boot']
  if (boot === undefined || !isPropertyMap(boot) || isIgnored(kind, desired.lifecycle.ignoreChanges, 'boot'))
    return undefined
  const order = String(boot['order'] ?? '').split(';')
  return boot['order'] === undefined || drives.every((key) => order.includes(key))
    ? undefined
    : kind.encode('boot', boot)
}

/** The slots of CD drives that are written. */
const drivesIn = ({ kind }: GuestContext, { set }: ConfigWrite, { adds }: SortedDifferences): readonly string[] =>
  [
    ...Object.entries(set),
    ...adds.map(({ key, declared }) => [key, kind.encode(key, declared ?? '')] as const),
  ].flatMap(([key, text]) => (isCdDrive(kind, key, text) ? [key] : []))

/** Whether the guest is to be down while it is changed: it shall be off, or may be restarted for what would stay pending. */
export const needsStop = (
  context: GuestContext,
  progress: Progress,
  sorted: SortedDifferences,
  fields: FieldDifferences,
  waiting: readonly string[],
) => {
  const { kind, desired } = context
  const { state } = progress
  if (!state.running) return undefined
  if (fields.power === 'stopped') return ''
  if (fields.template) return ' to become a template'
  if (desired.lifecycle.reboot !== 'allowed') return undefined
  if (kind.volumeMove.stops && sorted.moves.length > 0) return ' to move its volumes'
  const write = writeOf(context, [...sorted.plain, ...sorted.movedOptions])
  const written = [
    ...Object.entries(write.set),
    ...sorted.secrets.map(({ key }) => [key, '**********'] as const),
    ...write.remove.map((key) => [key, undefined] as const),
  ]
  const plugged = [
    ...sorted.adds.map(({ key, declared }) => [key, kind.encode(key, declared ?? '')] as const),
    ...sorted.detaches.map(({ key }) => [key, undefined] as const),
  ]
  // Disks come and go after the rest is written, and `hotplug` may be part of that.
  const then = afterWrite(state, kind, write)
  const waits =
    written.some(([key, text]) => waitsForStart(state, kind, key, text)) ||
    plugged.some(([key, text]) => waitsForStart(then, kind, key, text))
  if (waits) return ' so that all changes take effect'
  if (waiting.length === 0) return undefined
  return ` so that ${waiting.map((key) => attributeName(kind, key)).join(', ')} ${waiting.length === 1 ? 'takes' : 'take'} effect`
}

const sizesOf = (grows: readonly Difference[]): string =>
  grows.map(({ key, declared }) => `${key} grows to ${isPropertyMap(declared) ? declared['size'] : ''}`).join(' and ')

/** Whether a change leaves the guest's volumes what they are, so that it can be written again after a rollback. */
const keepsVolumes = (context: GuestContext, difference: Difference): boolean => {
  const { key, text = '' } = difference
  if (context.kind.volumeProperty(key) === undefined) return true
  return volumeOf(context, key, declaredText(context, difference) ?? '') === volumeOf(context, key, text)
}

/**
 * The snapshots of an update. One is taken before anything is changed, as far as PVE allows: it moves no volume while there is one. The same brings
 * the sizes of grown disks back where the other changes can be written again after a rollback to it; volumes that came or went in between cannot,
 * so that growing gets a snapshot of its own then.
 */
const snapshotsOf = (
  context: GuestContext,
  { digest }: ObservedGuest,
  sorted: SortedDifferences,
  isTemplate: boolean,
): { readonly first: readonly PlanPart[]; readonly beforeGrowth: readonly PlanPart[] } => {
  const { grows, adds, detaches, movedOptions, plain } = sorted
  const isAlways = context.desired.lifecycle.snapshot === 'always'
  const isAny = Object.values(sorted).some((list) => list.length > 0)
  const obstacle = isTemplate ? 'Proxmox VE converts no VM with snapshots to a template' : ''
  const before = (why: string): readonly PlanPart[] => [takeSnapshot(context, { digest, why, obstacle })]
  if (grows.length === 0) return { first: isAlways && isAny ? before('the changes') : [], beforeGrowth: [] }
  const isOneEnough =
    adds.length + detaches.length + movedOptions.length === 0 && plain.every((each) => keepsVolumes(context, each))
  if (isOneEnough) return { first: before(sizesOf(grows)), beforeGrowth: [] }
  return { first: isAlways ? before('the changes') : [], beforeGrowth: before(sizesOf(grows)) }
}

const afterwards = (fields: FieldDifferences, isStopped: boolean): readonly PlanPart[] => {
  if (fields.power === 'resume') return [resumeGuest]
  const isRestarted = isStopped && fields.power !== 'stopped' && !fields.template
  return fields.power === 'running' || isRestarted ? [startGuest] : []
}

/** What is done only to a guest that runs by then, or only to one that does not. */
const when =
  (isRunning: boolean, part: PlanPart): PlanPart =>
  (progress: Progress) =>
    progress.state.running === isRunning ? part(progress) : progress

/** The steps from a guest as it is to one as declared, in the order of `PHASES` as far as one does not need another. */
export const updateParts = (
  context: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
  fields: FieldDifferences,
  stop: string | undefined,
): readonly PlanPart[] => {
  const { early, late, renamed } = inOrder(context, sorted)
  const write = writeOf(
    context,
    sorted.plain.filter(({ key }) => key !== 'protection'),
  )
  const drives = drivesIn(context, write, sorted)
  const { main, boot } = splitWrite(
    write,
    sorted.adds.length + sorted.detaches.length + drives.length > 0,
    keptBoot(textOf(stateOf(observed), 'boot'), renamed) ?? declaredBoot(context, drives),
  )
  const snapshots = snapshotsOf(context, observed, sorted, fields.template === true)
  const growth = growDisks(context, sorted.grows)
  return [
    // Down before the snapshot is taken: nothing is written then that a rollback would lose.
    ...(stop === undefined ? [] : [stopGuest(stop)]),
    ...(sorted.moves.length === 0 ? snapshots.first : []),
    unprotect(context, sorted),
    ...sorted.moves.map((difference) => moveDisk(context, difference)),
    ...(sorted.moves.length === 0 ? [] : snapshots.first),
    ...movedCloudInit(sorted.plain).map((key) => ejectCloudInit(context, key)),
    updateConfig(context, 'update', main),
    ...sorted.movedOptions.map((difference) => updateMovedDisk(context, difference)),
    ...early.map((difference) => addDisk(context, difference)),
    ...sorted.detaches.map((difference) => detachDisk(context, difference)),
    ...late.map((difference) => addDisk(context, difference)),
    updateConfig(context, 'update-boot', boot),
    ...(fields.pool ? [changePool(fields.pool.from, fields.pool.to)] : []),
    // What a secret was cannot be had again: nothing else of the guest waits for it that can be done before.
    ...sorted.secrets.map((difference) => setSecret(context, difference)),
    ...snapshots.beforeGrowth,
    when(false, growth),
    ...afterwards(fields, stop !== undefined),
    ...(stop === undefined && fields.power !== 'running' ? [when(true, growth)] : []),
    ...(fields.template ? [convertToTemplate] : []),
    protectAgain(context, sorted),
  ]
}
