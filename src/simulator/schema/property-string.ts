import type { Schema } from '../api/facts.ts'
import { SchemaError } from './schema-error.ts'

type Format = Readonly<Record<string, Schema>>

const booleanOf = (text: string): string => {
  if (/^(1|on|yes|true)$/i.test(text)) return '1'
  return /^(0|off|no|false)$/i.test(text) ? '0' : text
}

const defaultKeyOf = (format: Format): string | undefined => {
  for (const key in format) if (format[key]?.default_key) return key
  return undefined
}

/** Splits a property string by its format, resolving aliases and the default key, without checking the values. */
export const splitPropertyString = (format: Format, text: string): Record<string, string> => {
  // Without a prototype: a key such as `constructor` is no key that was there before.
  const parts: Record<string, string> = Object.create(null)
  let usedDefault: string | undefined
  for (const part of text.split(',')) {
    if (/^\s*$/.test(part)) continue
    const pair = /^([^=]+)=(.+)$/s.exec(part)
    if (pair) {
      const name = pair[1] as string
      if (name in parts) throw new SchemaError(`duplicate key in comma-separated list property: ${name}\n`)
      const direct = Object.hasOwn(format, name) ? format[name] : undefined
      const key = direct?.alias ?? name
      if (direct?.keyAlias !== undefined) {
        if (direct.keyAlias in parts) throw new SchemaError(`key alias '${direct.keyAlias}' is already defined\n`)
        parts[direct.keyAlias] = name
      }
      const value = pair[2] as string
      parts[key] = Object.hasOwn(format, key) && format[key]?.type === 'boolean' ? booleanOf(value) : value
    } else if (!part.includes('=')) {
      const key = defaultKeyOf(format)
      if (usedDefault !== undefined || (key !== undefined && parts[key]))
        throw new SchemaError(`duplicate key in comma-separated list property: ${key}\n`)
      if (key === undefined) throw new SchemaError('value without key, but schema does not define a default key\n')
      usedDefault = key
      parts[key] = part
    } else {
      throw new SchemaError('missing key in comma-separated list property\n')
    }
  }
  return parts
}

/**
 * Writes a property string: the default key first and unnamed, then the keys that must be there, then the others, each sorted.
 * Seen on PVE 9.2: `name=eth0,bridge=vmbr0,…`, `…,mp=/data,backup=1`.
 */
export const printPropertyString = (format: Format, parts: Readonly<Record<string, string>>): string => {
  const first = defaultKeyOf(format)
  const aliased = new Map<string, string>()
  for (const key in format) {
    const alias = format[key]?.keyAlias
    if (alias !== undefined && parts[alias] === key) aliased.set(format[key]?.alias ?? '', key)
  }
  const hidden = new Set(
    Object.values(format).flatMap((schema) => (schema.keyAlias === undefined ? [] : [schema.keyAlias])),
  )
  const out: string[] = []
  for (const [target, key] of aliased) if (parts[target] !== undefined) out.push(`${key}=${parts[target]}`)
  if (first !== undefined && parts[first] !== undefined && !aliased.has(first)) out.push(parts[first])
  const needed = (key: string): number => (format[key] === undefined || format[key]?.optional ? 1 : 0)
  for (const key of Object.keys(parts).sort((a, b) => needed(a) - needed(b) || (a < b ? -1 : 1))) {
    if (key === first || hidden.has(key) || aliased.has(key)) continue
    out.push(`${key}=${parts[key]}`)
  }
  return out.join(',')
}
