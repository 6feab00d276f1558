import { facts } from '../../api/facts.ts'
import { slots } from '../../schema/slots.ts'
import type { Section } from '../../state/guest.ts'

const parameters = facts['PUT /nodes/{node}/qemu/{vmid}/config']?.parameters?.properties ?? {}
const numeric = new Map<string, boolean>()

const isNumeric = (key: string): boolean => {
  const kept = numeric.get(key)
  if (kept !== undefined) return kept
  const type = (parameters[key] ?? parameters[`${key.replace(/\d+$/, '')}[n]`])?.type
  const found = type === 'integer' || type === 'boolean' || key === 'snaptime'
  numeric.set(key, found)
  return found
}

/** A configuration value as PVE answers it: integers and booleans as numbers, everything else as text; passwords hidden. */
export const shownValue = (key: string, value: string): string | number => {
  if (key === 'cipassword') return '**********'
  return isNumeric(key) ? Number(value) : value
}

/** Parameters of every request that writes a configuration, and no options themselves. */
export const TRANSPORT: readonly string[] = [
  'node',
  'vmid',
  'digest',
  'delete',
  'revert',
  'force',
  'skiplock',
  'background_delay',
  'import-working-storage',
]
const extra = new Set([
  'meta',
  'vmstate',
  'parent',
  'snaptime',
  'runningmachine',
  'runningcpu',
  'running-nets-host-mtu',
  'smp',
  'cdrom',
])

const known: ReadonlySet<string> = new Set([
  ...Object.keys(parameters)
    .flatMap((name) => (name.endsWith('[n]') ? slots(name.slice(0, -3)) : [name]))
    .filter((name) => !TRANSPORT.includes(name)),
  ...extra,
])

/** Whether PVE knows the option: what may stand in `delete` and `revert`. */
export const isOption = (key: string): boolean => known.has(key)

/** A section as PVE answers it. */
export const shownSection = (section: Section): Record<string, string | number> => {
  const shown: Record<string, string | number> = {}
  for (const key in section) shown[key] = shownValue(key, section[key] as string)
  return shown
}
