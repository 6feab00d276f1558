const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonical(inner)]))
}

/** JSON with sorted keys and no `undefined`: equal values give equal bytes. The basis of every fingerprint. */
export const canonicalJson = (value: unknown): string => JSON.stringify(canonical(value))
