/** Characters that mean something in a regular expression. */
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g

/** Turns one part of a pattern into a regular expression; undefined when a bracket is never closed. */
const piece = (pattern: string, at: number): { readonly source: string; readonly end: number } | undefined => {
  const character = pattern[at] ?? ''
  if (character === '*') {
    const whole =
      pattern.startsWith('**', at) &&
      (at === 0 || pattern[at - 1] === '/') &&
      (at + 2 === pattern.length || pattern[at + 2] === '/')
    if (!whole) return { source: '[^/]*', end: at + 1 }
    return at + 2 === pattern.length ? { source: '.*', end: at + 2 } : { source: '(?:.*/)?', end: at + 3 }
  }
  if (character === '?') return { source: '[^/]', end: at + 1 }
  if (character === '\\') return { source: (pattern[at + 1] ?? '\\').replace(SYNTAX, '\\$&'), end: at + 2 }
  if (character === '[') {
    const close = pattern.indexOf(']', at + 2)
    if (close < 0) return undefined
    const inside = pattern.slice(at + 1, close).replace(/[\\[\]]/g, '\\$&')
    return { source: `[${inside}]`, end: close + 1 }
  }
  return { source: character.replace(SYNTAX, '\\$&'), end: at + 1 }
}

const alternatives = (pattern: string, at: number): { readonly source: string; readonly end: number } | undefined => {
  const close = pattern.indexOf('}', at)
  if (close < 0) return undefined
  const sources = pattern
    .slice(at + 1, close)
    .split(',')
    .map(sourceOf)
  return sources.includes(undefined) ? undefined : { source: `(?:${sources.join('|')})`, end: close + 1 }
}

const sourceOf = (pattern: string): string | undefined => {
  let source = ''
  for (let at = 0; at < pattern.length; ) {
    const found = pattern[at] === '{' ? alternatives(pattern, at) : piece(pattern, at)
    if (!found) return undefined
    source += found.source
    at = found.end
  }
  return source
}

/** The regular expression for a pattern of paths: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any folders; undefined when it is malformed. */
export const globSource = (pattern: string): string | undefined => {
  const source = sourceOf(pattern)
  return source === undefined ? undefined : `(?s)^${source}$`
}
