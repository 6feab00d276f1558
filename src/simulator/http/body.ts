import { PveError } from '../api/error.ts'

const decode = (text: string): string => {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  }
}

/** Reads `a=1&b=2` (or `a=1;b=2`); a name that comes again makes a list. A value ends at a second `=` that is not encoded, as in PVE. */
export const parseForm = (text: string): Record<string, unknown> => {
  const params: Record<string, unknown> = Object.create(null)
  for (const part of text.split(/[&;]/)) {
    if (part === '') continue
    const [rawName = '', rawValue = ''] = part.split('=')
    const name = decode(rawName)
    const value = decode(rawValue)
    const before = params[name]
    params[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return params
}

const place = '/usr/share/perl5/PVE/APIServer/AnyEvent.pm line'

const jsonFault = (text: string): string => {
  const shown = `(before "(end of string)")`
  return `, or } expected while parsing object/hash, at character offset ${text.length} ${shown} at ${place} 934.`
}

/** Reads a request body by its content type; errors are PVE's, and answered as plain text. */
export const parseBody = (contentType: string | undefined, text: string): Record<string, unknown> => {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === '' || type === 'application/x-www-form-urlencoded') return parseForm(text)
  if (type !== 'application/json')
    throw new PveError(506, `upload 'Content-Type '${contentType}' not implemented`, undefined, true)
  if (text === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new PveError(500, jsonFault(text), undefined, true)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new PveError(500, `Not a HASH reference at ${place} 978.`, undefined, true)
  return parsed as Record<string, unknown>
}
