const compiled = new Map<string, RegExp>()

/**
 * A Perl pattern of api.json as a JavaScript one, matching the whole value as PVE does (`m/^$pattern$/`).
 * `(?^i:…)`, `(?^u:…)` and `(?>…)` become plain groups (the first makes the whole pattern ignore case), `{,n}` becomes `{0,n}`.
 */
export const perlPattern = (pattern: string): RegExp => {
  const known = compiled.get(pattern)
  if (known) return known
  const source = pattern
    .replace(/\(\?\^[a-z]*:/g, '(?:')
    .replaceAll('(?>', '(?:')
    .replace(/\{,(\d+)\}/g, '{0,$1}')
    .replace(/\[([^\]]*?)\\\)-_/g, (_, before: string) => `[${before}\\)\\-_`)
  const made = new RegExp(`^(?:${source})\\n?$`, pattern.includes('(?^i:') ? 'i' : '')
  compiled.set(pattern, made)
  return made
}
