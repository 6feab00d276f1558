import { attributeName } from '../../kinds/attribute-name.ts'
import { parseSize } from '../../kinds/value/size.ts'
import { volumeOwner } from '../../kinds/value/volume.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { Difference } from '../state/config-difference.ts'
import { hasForeign } from '../state/foreign-volumes.ts'
import type { GuestContext } from '../state/guest-progress.ts'

/** What a new disk lacks, as a reported problem; true when it is whole. */
export const checkNewDisk = (
  context: GuestContext,
  { key, declared }: Difference,
  { isMade }: { readonly isMade: boolean },
): boolean => {
  const { kind, world, desired } = context
  if (!isPropertyMap(declared)) return true
  const name = attributeName(kind, key)
  const volume = kind.volumeProperty(key) ?? 'file'
  const place = { address: desired.address, range: desired.rangeOf?.(name) ?? desired.range }
  if (declared[volume] !== undefined) return true
  const wantsSize =
    kind.factsFor(key)?.properties?.['size'] !== undefined &&
    declared['media'] !== 'cloudinit' &&
    declared['import-from'] === undefined
  const missing = [
    ...(declared['storage'] === undefined ? ['storage'] : []),
    ...(wantsSize && declared['size'] === undefined ? ['size'] : []),
  ]
  if (missing.length === 0) return true
  world.report('plan.disk-incomplete', {
    detail: `\`${name}\` ${isMade ? 'will be made' : 'does not exist yet, so it has to be made'}, and for that needs ${missing
      .map((each) => `\`${each}\``)
      .join(
        ' and ',
      )}. Add ${missing.includes('size') ? '`size = "32G"`' : '`storage = "local-lvm"`'} or the like, or name an existing volume with \`${volume}\`.`,
    ...place,
  })
  return false
}

/** A volume of another guest has the size that one gives it: PVE writes a new size into the configuration of the guest that grows it only. */
const checkOwnSize = (context: GuestContext, key: string, observed: Difference['observed']): boolean => {
  const { kind, world, desired, find } = context
  const volume = isPropertyMap(observed) ? String(observed[kind.volumeProperty(key) ?? ''] ?? '') : ''
  const owner = volumeOwner(volume)
  const own = find?.(desired.address)?.vmid
  // A clone that is still to be made is compared with its source.
  if (owner === undefined || own === undefined || !hasForeign(world, own, volume) || !world.guests.has(owner))
    return true
  const name = attributeName(kind, key, 'size')
  world.report('plan.foreign-size', {
    detail: `\`${name}\` of \`${desired.address}\` is declared as another size than its volume has, and ${volume} belongs to ${owner}. Leave \`size\` out here, and grow it on ${owner}.`,
    address: desired.address,
    range: desired.rangeOf?.(name) ?? desired.rangeOf?.(attributeName(kind, key)) ?? desired.range,
  })
  return false
}

/** Whether a size difference asks for growing; a shrink is reported. */
export const checkSize = (context: GuestContext, { key, declared, observed }: Difference): boolean => {
  const { kind, world, desired } = context
  const [want, have] = [
    isPropertyMap(declared) ? declared['size'] : undefined,
    isPropertyMap(observed) ? observed['size'] : undefined,
  ]
  if (want === undefined || have === undefined) return want !== undefined
  if (!checkOwnSize(context, key, observed)) return false
  if ((parseSize(String(want)) ?? 0) >= (parseSize(String(have)) ?? 0)) return true
  const name = attributeName(kind, key, 'size')
  world.report('plan.cannot-shrink', {
    detail: `\`${name}\` is declared as ${want}, but the disk has ${have}, and Proxmox VE cannot shrink a disk. Declare ${have}, or make a smaller disk beside it, copy the data and detach this one.`,
    address: desired.address,
    range: desired.rangeOf?.(name) ?? desired.rangeOf?.(attributeName(kind, key)) ?? desired.range,
  })
  return false
}
