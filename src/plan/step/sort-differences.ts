import { attributeName } from '../../kinds/attribute-name.ts'
import { isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { checkContents } from '../check/content-check.ts'
import { checkNewDisk, checkSize } from '../check/disk-check.ts'
import { warnOfRootOnly } from '../check/root-only-check.ts'
import { checkStorage } from '../check/storage-check.ts'
import { type Difference, PLACING } from '../state/config-difference.ts'
import { checkMovable } from '../state/foreign-volumes.ts'
import type { GuestContext } from '../state/guest-progress.ts'

/** A guest's differences by the kind of step they need. */
export interface SortedDifferences {
  readonly plain: readonly Difference[]
  readonly secrets: readonly Difference[]
  readonly adds: readonly Difference[]
  readonly grows: readonly Difference[]
  readonly moves: readonly Difference[]
  /** Options of disks that move: their volumes get new names. */
  readonly movedOptions: readonly Difference[]
  readonly detaches: readonly Difference[]
}

/** The difference as if nothing stood there yet. */
const asNew = ({ key, declared }: Difference): Difference => ({
  key,
  ...(declared !== undefined && { declared }),
  dropped: [],
  properties: isPropertyMap(declared) ? Object.keys(declared).sort() : [],
})

type Sorted = { [K in keyof SortedDifferences]: Difference[] }

const rangeOf = ({ kind, desired }: GuestContext, key: string, property?: string) =>
  desired.rangeOf?.(attributeName(kind, key, property)) ?? desired.rangeOf?.(attributeName(kind, key)) ?? desired.range

/** Checks the storage a new or moved volume goes to. */
export const checkVolumeStorage = (context: GuestContext, { key, declared }: Difference, node: string): boolean => {
  const { kind, world, desired } = context
  if (!isPropertyMap(declared)) return true
  const volume = declared[kind.volumeProperty(key) ?? '']
  const isMedium = declared['media'] === 'cdrom'
  const storage =
    volume === undefined ? declared['storage'] : String(volume).includes(':') ? String(volume).split(':')[0] : undefined
  if (storage === undefined || (isMedium && volume === undefined)) return true
  return checkStorage(world, {
    storage: String(storage),
    node,
    content: isMedium ? 'iso' : kind.volumeContent,
    what: `\`${attributeName(kind, key)}\``,
    address: desired.address,
    range: rangeOf(context, key, 'storage'),
  })
}

const reportFixed = (context: GuestContext, key: string, property: string): void => {
  const { kind, world, desired } = context
  const name = attributeName(kind, key, property)
  world.report('plan.fixed-property', {
    detail: `\`${name}\` is fixed when the volume is made; Proxmox VE writes another value into the configuration but leaves the volume as it is. Keep the old value, or remove the whole \`${attributeName(kind, key)}\`, apply, and declare it again.`,
    address: desired.address,
    range: rangeOf(context, key, property),
  })
}

const sortVolume = (context: GuestContext, difference: Difference, node: string, sorted: Sorted): void => {
  const { kind } = context
  const { key, declared, observed, properties, dropped } = difference
  if (!isPropertyMap(declared) || !isPropertyMap(observed)) return
  for (const property of properties) if (kind.isFixed(key, property)) reportFixed(context, key, property)
  const volume = kind.volumeProperty(key) ?? ''
  const isOther = properties.includes(volume)
  const is = (property: string) => !isOther && properties.includes(property) && property in declared
  if (is('size') && checkSize(context, difference)) sorted.grows.push(difference)
  const moves = is('storage') || is('format')
  if (moves && checkMovable(context, difference) && checkVolumeStorage(context, difference, node))
    sorted.moves.push(difference)
  const rest = properties.filter((property) => isOther || !PLACING.includes(property))
  if (rest.length > 0 || dropped.length > 0) {
    sorted[moves ? 'movedOptions' : 'plain'].push({ ...difference, properties: rest })
  }
}

/** Another volume, or something else than a volume, is to stand where something stands: that goes, and the other comes as if it was new. */
const sortExchange = (context: GuestContext, difference: Difference, node: string, sorted: Sorted): void => {
  const { kind } = context
  const { declared: _other, ...gone } = difference
  const next = asNew(difference)
  const isWhole = checkNewDisk(context, next, { isMade: true })
  if (!checkVolumeStorage(context, next, node) || !isWhole) return
  sorted[kind.isVolume(gone.key, gone.observed ?? '') ? 'detaches' : 'plain'].push(gone)
  sorted.adds.push(next)
}

const isExchange = ({ kind }: GuestContext, { key, declared, observed, properties }: Difference): boolean => {
  const [was, is] = [kind.isVolume(key, observed ?? ''), kind.isVolume(key, declared ?? '')]
  if (was !== is) return true
  return was && properties.includes(kind.volumeProperty(key) ?? '') && !kind.isUndeletable(key)
}

const sortOne = (context: GuestContext, difference: Difference, node: string, sorted: Sorted): void => {
  const { kind } = context
  const { key, declared, observed } = difference
  if (isSecret(declared)) sorted.secrets.push(difference)
  else if (kind.volumeProperty(key) === undefined) sorted.plain.push(difference)
  else if (declared === undefined || declared === '') {
    sorted[observed !== undefined && kind.isVolume(key, observed) ? 'detaches' : 'plain'].push(difference)
  } else if (observed === undefined) {
    const isWhole = checkNewDisk(context, difference, { isMade: false })
    if (checkVolumeStorage(context, difference, node) && isWhole) {
      sorted[kind.isVolume(key, declared) ? 'adds' : 'plain'].push(difference)
    }
  } else if (isExchange(context, difference)) sortExchange(context, difference, node, sorted)
  else if (kind.isVolume(key, observed)) {
    sortVolume(context, difference, node, sorted)
  } else if (checkVolumeStorage(context, difference, node)) sorted.plain.push(difference)
}

/** Sorts differences by the steps they need; what cannot be carried out is reported and left out. */
export const sortDifferences = (
  context: GuestContext,
  differences: readonly Difference[],
  node: string,
): SortedDifferences => {
  const sorted: Sorted = {
    plain: [],
    secrets: [],
    adds: [],
    grows: [],
    moves: [],
    movedOptions: [],
    detaches: [],
  }
  for (const difference of differences) sortOne(context, difference, node, sorted)
  checkContents(context, differences, node)
  warnOfRootOnly(context, differences)
  return sorted
}
