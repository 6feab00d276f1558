import type { GuestIdentity } from '../resource/guest.ts'
import type { RawConfig } from '../resource/observed.ts'
import type { KeyFactsOf } from './facts/key-facts.ts'
import type { KindDefinition } from './kind-definition.ts'
import { parsePropertyString } from './value/property-string.ts'
import { storageOf } from './value/volume.ts'

const MAC = /(?:^|[=,])([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?:,|$)/i

/** What a configuration tells of who the guest is: the UUID of a VM; where there is none, and for containers, MAC addresses, volumes and name. */
export const identityOf = (raw: RawConfig, keys: KeyFactsOf, definition: KindDefinition): GuestIdentity => {
  const own = definition.traits.marks
  const uuid = /(?:^|,)uuid=([0-9a-fA-F-]{36})/.exec(raw[own.uuid ?? ''] ?? '')?.[1]
  if (uuid !== undefined) return { uuid: uuid.toLowerCase() }
  const marks = new Set<string>()
  for (const [key, text] of Object.entries(raw)) {
    const facts = keys(key)
    if (!facts?.grammar) continue
    const mac = facts.name === 'net[n]' ? MAC.exec(text)?.[1]?.toUpperCase() : undefined
    if (mac !== undefined) marks.add(mac)
    if (facts.volume === undefined) continue
    const volume = parsePropertyString(text, facts.grammar).get(facts.volume)
    if (volume !== undefined && storageOf(volume) !== undefined) marks.add(volume)
  }
  const name = raw[own.name ?? '']
  return { marks: [...marks].sort(), ...(name !== undefined && { name }) }
}
