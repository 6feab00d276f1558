import { attributeName } from '../../kinds/attribute-name.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import { writtenBlocks } from '../binding/written-blocks.ts'
import type { Difference } from '../state/config-difference.ts'
import type { GuestContext } from '../state/guest-progress.ts'
import { type GuestState, keysOf, textOf } from '../state/guest-state.ts'
import { volumeOf } from '../step/disk-steps.ts'
import type { SortedDifferences } from '../step/sort-differences.ts'

/** A slot that loses its volume, and the one that gets another or an empty one instead. */
interface Exchange {
  readonly from: string
  readonly to: string
  readonly old: string
  /** What stands there then, to follow "will be". */
  readonly next: string
  /** The old one is declared no more, and stays where it is. */
  readonly stays?: true
}

const BUSES = ['ide', 'scsi', 'virtio', 'sata'] as const

/** The disk PVE boots from where no order is given. PVE: the first one, by bus and number. */
const firstDisk = ({ kind }: GuestContext, state: GuestState): string | undefined =>
  BUSES.flatMap((bus) =>
    keysOf(state)
      .filter((key) => new RegExp(`^${bus}\\d+$`).test(key))
      .sort((a, b) => Number(a.slice(bus.length)) - Number(b.slice(bus.length))),
  ).find((key) => kind.isVolume(key, kind.decodeValue(key, textOf(state, key) ?? '')))

/** The guest starts from the volume in this slot. */
const startsFrom = (context: GuestContext, state: GuestState, key: string): boolean => {
  if (key === 'rootfs') return true
  const order = /^order=(.*)$/.exec(textOf(state, 'boot') ?? '')?.[1]?.split(';')
  if (order) return order.includes(key)
  return key === (textOf(state, 'bootdisk') ?? firstDisk(context, state))
}

const nextOf = ({ kind }: GuestContext, { key, declared }: Difference): string => {
  if (!isPropertyMap(declared)) return 'nothing'
  const named = declared[kind.volumeProperty(key) ?? '']
  if (named !== undefined) return String(named)
  return declared['import-from'] === undefined ? 'a new, empty volume' : `a copy of ${declared['import-from']}`
}

/** An added disk that looks like the one that goes: of the same size, or the only one, where the guest starts from it. */
const standIn = (context: GuestContext, state: GuestState, gone: Difference, adds: readonly Difference[]) => {
  const size = isPropertyMap(gone.observed) ? gone.observed['size'] : undefined
  const alike = adds.find(({ declared }) => isPropertyMap(declared) && declared['size'] === size)
  return alike ?? (startsFrom(context, state, gone.key) ? adds[0] : undefined)
}

/** An added disk that takes the place of one that stays, but is declared no more: of the same size, or named by the declared boot order. */
const standInOfLeft = (
  { desired, kind }: GuestContext,
  state: GuestState,
  key: string,
  adds: readonly Difference[],
) => {
  const boot = desired.config['boot']
  const order = isPropertyMap(boot) ? String(boot['order'] ?? '').split(';') : []
  const old = kind.decodeValue(key, textOf(state, key) ?? '')
  const size = isPropertyMap(old) ? old['size'] : undefined
  return adds.find((add) => order.includes(add.key) || (isPropertyMap(add.declared) && add.declared['size'] === size))
}

const exchangesOf = (
  context: GuestContext,
  state: GuestState,
  sorted: SortedDifferences,
  left: readonly string[],
): readonly Exchange[] => {
  const { kind } = context
  const old = ({ key, text = '' }: Difference) => volumeOf(context, key, text)
  const inPlace = [...sorted.detaches, ...sorted.plain].flatMap((gone): readonly Exchange[] => {
    const next = gone.key === 'rootfs' ? gone : sorted.adds.find(({ key }) => key === gone.key)
    const isOther = gone.properties.includes(kind.volumeProperty(gone.key) ?? '')
    if (!next || !kind.isVolume(gone.key, gone.observed ?? '') || (gone.key === 'rootfs' && !isOther)) return []
    return [{ from: gone.key, to: gone.key, old: old(gone), next: nextOf(context, next) }]
  })
  const gone = sorted.detaches.filter(({ key }) => !inPlace.some(({ from }) => from === key))
  const kept = new Set(sorted.adds.map((each) => nextOf(context, each)))
  const fresh = sorted.adds.filter(
    ({ key, declared }) =>
      !inPlace.some(({ to }) => to === key) &&
      isPropertyMap(declared) &&
      declared[kind.volumeProperty(key) ?? ''] === undefined,
  )
  const elsewhere = gone.flatMap((each): readonly Exchange[] => {
    const next = kept.has(old(each)) ? undefined : standIn(context, state, each, fresh)
    return next ? [{ from: each.key, to: next.key, old: old(each), next: nextOf(context, next) }] : []
  })
  const besides = left.flatMap((key): readonly Exchange[] => {
    const text = textOf(state, key) ?? ''
    const next = startsFrom(context, state, key) ? standInOfLeft(context, state, key, fresh) : undefined
    const isVolume = kind.isVolume(key, kind.decodeValue(key, text)) && !kept.has(volumeOf(context, key, text))
    return next && isVolume
      ? [{ from: key, to: next.key, old: volumeOf(context, key, text), next: nextOf(context, next), stays: true }]
      : []
  })
  return [...inPlace, ...elsewhere, ...besides]
}

const keepIt = ({ kind }: GuestContext, { from, to, old }: Exchange): string => {
  const property = kind.volumeProperty(to) ?? 'file'
  if (from === to) return `To keep the current one, leave \`${property}\` out, or write \`${property} = "${old}"\`.`
  return `To keep the data, add the block below, or write \`${property} = "${old}"\` in \`${attributeName(kind, to)}\`.`
}

const movedBlock = ({ kind, desired }: GuestContext, { from, to }: Exchange, filename: string | undefined): string => {
  const nameOf = (key: string) => `${desired.address}.${attributeName(kind, key)}`
  return writtenBlocks('moved', [{ from: nameOf(from), to: nameOf(to) }], filename)
}

/** A disk the guest starts from goes, and nothing comes in its place. */
const checkBootDiskStays = (
  context: GuestContext,
  state: GuestState,
  { adds, detaches }: SortedDifferences,
  exchanges: readonly Exchange[],
): void => {
  const { kind, world, desired } = context
  const boot = desired.config['boot']
  // A declared order says what it boots from then.
  const isDeclared = isPropertyMap(boot) && boot['order'] !== undefined
  if (world.options.allowDiskReplacement === true || isDeclared) return
  const kept = new Set(adds.map((each) => nextOf(context, each)))
  for (const { key, text = '' } of detaches) {
    const old = volumeOf(context, key, text)
    if (kept.has(old) || exchanges.some(({ from }) => from === key) || !startsFrom(context, state, key)) continue
    const name = attributeName(kind, key)
    world.report('plan.boot-disk-removed', {
      detail: `\`${name}\` of \`${desired.address}\` is to go, and the VM boots from it: its volume, ${old}, is detached and kept as unused. To keep the disk, declare \`${name}\`. To detach it, add \`--allow-disk-replacement\`.`,
      address: desired.address,
      range: desired.rangeOf?.(name) ?? desired.range,
    })
  }
}

/**
 * Another or an empty volume in the place of one that exists is no change of it: said before anybody approves, and refused without consent where
 * the guest starts from it. `left`: keys that were declared, are no more, and stay.
 */
export const checkOtherVolumes = (
  context: GuestContext,
  state: GuestState,
  sorted: SortedDifferences,
  left: readonly string[],
): void => {
  const { kind, world, desired } = context
  const exchanges = exchangesOf(context, state, sorted, left)
  checkBootDiskStays(context, state, sorted, exchanges)
  for (const exchange of exchanges) {
    const { from, to, old, next } = exchange
    const name = attributeName(kind, to)
    const isStart = startsFrom(context, state, from)
    const isRefused = isStart && world.options.allowDiskReplacement !== true
    // PVE writes another rootfs over the old one, whose volume then stands in no configuration (pve-container: `vmconfig_apply_pending`).
    const fate =
      from === 'rootfs'
        ? 'stays on its storage, named by no configuration'
        : exchange.stays
          ? 'stays attached'
          : 'is detached and kept as unused'
    const place = from === to ? '' : `, in the place of \`${attributeName(kind, from)}\``
    const start = isStart ? ` \`${desired.address}\` boots from it: at the next start it would find ${next}.` : ''
    const consent = isRefused ? ' To allow this, add `--allow-disk-replacement`.' : ''
    const range = desired.rangeOf?.(name) ?? desired.range
    world.report(isRefused ? 'plan.boot-disk-replaced' : 'plan.disk-replaced', {
      detail: `\`${name}\` of \`${desired.address}\` will be ${next}${place}; the current volume, ${old}, ${fate}.${start} ${keepIt(context, exchange)}${consent}`,
      address: desired.address,
      range,
      ...(from !== to && { hint: movedBlock(context, exchange, range?.filename) }),
    })
  }
}
