import type { GuestKind } from '../../kinds/kind.ts'
import { type Config, type ConfigValue, isPropertyMap, type PropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { PLACING } from './config-difference.ts'
import { type GuestState, textOf } from './guest-state.ts'

/** What the volume is attached with in its new slot: its options from the old one that this slot knows, and what is declared. */
const movedMap = (kind: GuestKind, to: string, old: PropertyMap, declared: PropertyMap): PropertyMap => {
  const properties = kind.factsFor(to)?.properties ?? {}
  const volume = kind.volumeProperty(to) ?? ''
  const isOption = (name: string) => !PLACING.includes(name) && name !== volume && name !== 'media'
  const kept = Object.entries(old).filter(([name]) => isOption(name) && name in properties)
  const own = Object.entries(declared).filter(([name]) => isOption(name))
  return Object.fromEntries([...kept, ...own, [volume, old[volume] ?? '']])
}

/**
 * The configuration with volumes that are declared to move from slot to slot (`moved { from = vm.web.disk.virtio0 … }`): the new slot names
 * the volume of the old one, which is to go. A move that has been made already changes nothing.
 */
export const withMovedSlots = (kind: GuestKind, desired: DesiredGuest, state: GuestState): Config => {
  const config: Record<string, ConfigValue> = { ...desired.config }
  for (const { from, to } of desired.movedSlots ?? []) {
    const [text, declared] = [textOf(state, from), config[to]]
    const isOpen = config[from] === undefined || config[from] === ''
    if (text === undefined || textOf(state, to) !== undefined || !isOpen || !isPropertyMap(declared ?? '')) continue
    const old = kind.decodeValue(from, text)
    if (!isPropertyMap(old) || !kind.isVolume(from, old) || !isPropertyMap(declared as ConfigValue)) continue
    config[to] = movedMap(kind, to, old, declared as PropertyMap)
    config[from] = ''
  }
  return config
}
