import { type ConfigValue, isSecret } from '../resource/config-value.ts'

/** A configuration value as a declaration would spell it; secrets never show. */
export const valueText = (value: ConfigValue | undefined): string => {
  if (value === undefined) return '(unset)'
  if (isSecret(value)) return '(sensitive)'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
  const entries = Object.entries(value).map(([key, inner]) => `${key} = ${valueText(inner)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
