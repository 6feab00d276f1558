import type { KeyFacts } from '../facts/key-facts.ts'
import type { KindDefinition } from '../kind-definition.ts'
import { parsePropertyString } from './property-string.ts'

const named = (keys: readonly string[]): string => keys.map((key) => `\`${key}\``).join(' and ')

/** What PVE would miss in a property string: keys that must be there, and keys that others need beside them. */
export const lackingIn = (
  facts: KeyFacts | undefined,
  text: string,
  definition: KindDefinition,
): string | undefined => {
  if (facts?.facts.shape !== 'properties' || !facts.grammar || !facts.format) return undefined
  const parts = parsePropertyString(text, facts.grammar)
  const needed = Object.entries(facts.format).flatMap(([key, { optional, alias, default: standard }]) =>
    optional !== 1 && alias === undefined && standard === undefined && !parts.has(key) ? [key] : [],
  )
  if (needed.length > 0) return `needs ${named(needed)}`
  for (const [key, others] of Object.entries(definition.requires[facts.name] ?? {})) {
    const missing = parts.has(key) ? others.filter((other) => !parts.has(other)) : []
    if (missing.length > 0) return `needs ${named(missing)} beside \`${key}\``
  }
  return undefined
}
