import type { Config } from '../resource/config-value.ts'
import { type ConfigValue, isPropertyMap, isSecret } from '../resource/config-value.ts'
import type { KeyFacts } from './facts/key-facts.ts'
import type { KindDefinition } from './kind-definition.ts'
import { isMedium } from './value/allocation.ts'

export type ChangeEffect = 'live' | 'reboot' | 'replace'

/** Device families PVE plugs into a running VM only while `hotplug` names their feature. */
const HOTPLUG: { readonly [name: string]: string } = {
  'net[n]': 'network',
  'scsi[n]': 'disk',
  'virtio[n]': 'disk',
  tablet: 'usb',
}

/** USB devices are plugged into Linux and Windows from 8 on. PVE source: `vmconfig_hotplug_pending`. */
const plugsUsb = (config: Config | undefined, isNamed: boolean): boolean =>
  ['l26', 'win8', 'win10', 'win11'].includes(String(config?.['ostype'])) &&
  (isNamed || config?.['hotplug'] === undefined)

/** `vcpus` and `memory` become live where the VM was set up for it. PVE: `hotplug` needs `numa` for memory. */
const pluggable = (name: string, config: Config | undefined): ChangeEffect | undefined => {
  const features = config?.['hotplug']
  const has = (feature: string) => Array.isArray(features) && features.includes(feature)
  if (name === 'vcpus') return has('cpu') ? 'live' : undefined
  if (name === 'memory') return has('memory') && config?.['numa'] === true ? 'live' : undefined
  if (name === 'usb[n]') return plugsUsb(config, has('usb')) ? 'live' : 'reboot'
  const feature = HOTPLUG[name]
  return feature !== undefined && features !== undefined && !has(feature) ? 'reboot' : undefined
}

/** Processors and memory: that they can be plugged is decided when the VM starts. */
const plugsPartsOfTheBoard = (hotplug: ConfigValue | undefined): boolean =>
  Array.isArray(hotplug) && hotplug.some((feature) => feature === 'cpu' || feature === 'memory')

const isCdDrive = (value: ConfigValue): boolean => isPropertyMap(value) && isMedium(value)

/** The keys of two property maps that are not alike. */
export const changedKeys = (before: ConfigValue, after: ConfigValue): readonly string[] => {
  const [was, is] = [isPropertyMap(before) ? before : {}, isPropertyMap(after) ? after : {}]
  return Object.keys({ ...was, ...is }).filter((key) => String(was[key]) !== String(is[key]))
}

/** What setting, changing or deleting a key means for a running guest; `config` is what it has otherwise. */
export const effectOf = (
  facts: KeyFacts | undefined,
  before: ConfigValue | undefined,
  declared: ConfigValue | undefined,
  definition: KindDefinition,
  config?: Config,
): ChangeEffect => {
  if (!facts) return 'reboot'
  const after = declared === '' ? undefined : declared
  const plugged = pluggable(facts.name, config)
  const measured = definition.running[facts.name]
  const settled = definition.knownEffects[facts.name]
  const whole = plugged ?? settled ?? measured?.set ?? 'reboot'
  // Switching ballooning off or on stays pending, unlike any other size of the balloon (seen on PVE 9.2).
  if (facts.name === 'balloon' && (before === 0) !== (after === 0)) return 'reboot'
  if (facts.name === 'hotplug') return [before, after].some(plugsPartsOfTheBoard) ? 'reboot' : 'live'
  if (after === undefined) return plugged ?? settled ?? measured?.delete ?? definition.removed[facts.name] ?? whole
  if (before === undefined || isSecret(before) || isSecret(after)) return whole
  if (!isPropertyMap(before) && !isPropertyMap(after)) return whole
  // The medium is changed in the drive, with whatever the text says besides. PVE source: `vmconfig_update_disk`.
  if (facts.volume !== undefined && isCdDrive(before) && isCdDrive(after)) return 'live'
  const live = definition.liveProperties[facts.name]
  const each = changedKeys(before, after).map((key): ChangeEffect => {
    const known = measured?.properties?.[key]
    if (known) return known
    return live ? (live.test(key) ? 'live' : 'reboot') : whole
  })
  if (each.includes('reboot')) return 'reboot'
  // A throttle or a flag of a plugged disk needs no plugging; anything else about a device does.
  return plugged === 'reboot' && each.length > 0 && facts.volume === undefined ? 'reboot' : (each[0] ?? 'live')
}
