const SYNTAX = /[\^$\\.*+?()[\]{}|/A-Za-z0-9]/

/**
 * The same regular expression for engines that read it with the `u` flag, as JSON Schema asks for: there, only what has a meaning may be
 * escaped, and a hyphen only inside a class.
 */
export const unicodePattern = (pattern: string): string => {
  let inClass = false
  let out = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '\\') {
      const escaped = pattern.charAt(++at)
      out += SYNTAX.test(escaped) || (inClass && escaped === '-') ? `\\${escaped}` : escaped
      continue
    }
    if (character === '[' && !inClass) inClass = true
    else if (character === ']') inClass = false
    out += character
  }
  return out
}
