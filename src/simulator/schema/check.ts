import type { Schema } from '../api/facts.ts'
import { perlPattern } from './perl-pattern.ts'
import { splitPropertyString } from './property-string.ts'
import { SchemaError } from './schema-error.ts'

export type Errors = Record<string, string>

/** What a named format does with a value: throws `SchemaError`, or says nothing. A record is a property-string format. */
export type NamedFormat = ((value: string, path: string) => void) | Readonly<Record<string, Schema>>
export type Named = (name: string) => NamedFormat | undefined

const addError = (errors: Errors, path: string, text: string): void => {
  const key = path === '' ? '_root' : path
  errors[key] = errors[key] === undefined ? text : `${errors[key]}; ${text}`
}

const perlName = (value: unknown): string =>
  typeof value === 'boolean' ? 'JSON::PP::Boolean' : Array.isArray(value) ? 'ARRAY' : 'HASH'

const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?$/.test(text)

const checkType = (path: string, type: string | undefined, value: unknown, errors: Errors): boolean => {
  const fail = (text: string): boolean => {
    addError(errors, path, text)
    return false
  }
  if (type === undefined || type === 'any') return true
  if (type === 'null') return fail(`type check ('null') failed - value is not null`)
  if (type === 'array') return Array.isArray(value) || fail(`type check ('array') failed`)
  if (type === 'object')
    return (typeof value === 'object' && !Array.isArray(value)) || fail(`type check ('object') failed`)
  if (typeof value === 'boolean' || typeof value === 'object') {
    if (type === 'boolean' && typeof value === 'boolean') return true
    return fail(`type check ('${type}') failed - got ${perlName(value)}`)
  }
  if (type === 'string') return true
  const text = String(value)
  const fits =
    type === 'boolean' ? text === '0' || text === '1' : type === 'integer' ? /^[+-]?\d+$/.test(text) : isNumber(text)
  return fits || fail(`type check ('${type}') failed - got '${text}'`)
}

/** Checks a value against a format by name, with PVE's `-list` and `-opt` endings, or as a property string. */
const checkFormat = (
  format: string | Readonly<Record<string, Schema>>,
  text: string,
  path: string,
  named: Named,
): void => {
  if (typeof format !== 'string') {
    parsePropertyString(format, text, path, named)
    return
  }
  const [, name = format, kind] = /^(.*?)(?:-a?(list|opt))?$/.exec(format) ?? []
  const found = named(name)
  if (found === undefined) return
  if (typeof found !== 'function') {
    parsePropertyString(found, text, path, named)
    return
  }
  if (kind === 'list') for (const item of splitList(text)) found(item, path)
  else if (kind !== 'opt' || (text !== '' && text !== '0')) found(text, path)
}

/** Splits a PVE list: commas, semicolons, blanks or NUL characters between the items. */
export const splitList = (text: string): string[] =>
  (text.includes('\0') ? text.split('\0') : text.split(/[,;\s]+/))
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** What is wrong with a scalar; nothing when it fits. */
const scalarFault = (text: string, schema: Schema, path: string, named: Named): string | undefined => {
  if (schema.format !== undefined) {
    try {
      checkFormat(schema.format, text, path, named)
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      return `invalid format - ${error.message}`
    }
  }
  if (schema.pattern !== undefined && !perlPattern(schema.pattern).test(text))
    return 'value does not match the regex pattern'
  const length = [...text].length
  if (schema.maxLength !== undefined && length > schema.maxLength)
    return `value may only be ${schema.maxLength} characters long`
  if (schema.minLength !== undefined && length < schema.minLength)
    return `value must be at least ${schema.minLength} characters long`
  if ((schema.maximum !== undefined || schema.minimum !== undefined) && isNumber(text)) {
    if (schema.maximum !== undefined && Number(text) > Number(schema.maximum))
      return `value must have a maximum value of ${schema.maximum}`
    if (schema.minimum !== undefined && Number(text) < Number(schema.minimum))
      return `value must have a minimum value of ${schema.minimum}`
  }
  // The API facts have null where PVE's own enumeration is not defined.
  if (Array.isArray(schema.enum) && !schema.enum.some((item) => String(item) === text))
    return `value '${text}' does not have a value in the enumeration '${schema.enum.join(', ')}'`
  return undefined
}

const checkValue = (value: unknown, schema: Schema, path: string, errors: Errors, named: Named): void => {
  if (value === undefined || value === null) {
    if (schema.type === 'null' || schema.optional || schema.alias !== undefined) return
    addError(errors, path, 'property is missing and it is not optional')
    return
  }
  if (!checkType(path, schema.type, value, errors)) return
  if (Array.isArray(value)) {
    const items = schema.items
    if (items) for (const [index, item] of value.entries()) checkValue(item, items, `${path}[${index}]`, errors, named)
    return
  }
  if (typeof value === 'boolean') return
  if (typeof value === 'object') {
    if (schema.properties !== undefined || typeof schema.additionalProperties === 'object')
      checkObject(
        path,
        schema.properties ?? {},
        value as Record<string, unknown>,
        schema.additionalProperties,
        errors,
        named,
      )
    return
  }
  const fault = scalarFault(String(value), schema, path, named)
  if (fault !== undefined) addError(errors, path, fault)
}

const has = (object: object, key: string): boolean => Object.hasOwn(object, key)

/** Checks every property of `value`; wrong ones are added to `errors` in PVE's words. PVE source: JSONSchema's object check. */
export const checkObject = (
  path: string,
  properties: Readonly<Record<string, Schema>>,
  value: Readonly<Record<string, unknown>>,
  additional: number | Schema | undefined,
  errors: Errors,
  named: Named,
): void => {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  for (const key in properties) {
    const schema = properties[key] as Schema
    const given = has(value, key) ? value[key] : undefined
    if (given === undefined && (schema.optional || schema.alias !== undefined)) continue
    checkValue(given, schema, at(key), errors, named)
  }
  for (const key of Object.keys(value)) {
    const schema = has(properties, key) ? properties[key] : undefined
    if (schema !== undefined) {
      const needed = schema.requires
      if (typeof needed === 'string' && (value[needed] === undefined || value[needed] === null))
        addError(errors, at(needed), `missing property required by '${at(key)}'`)
      continue
    }
    if (additional === undefined || additional === 1) continue
    if (additional === 0)
      addError(errors, at(key), 'property is not defined in schema and the schema does not allow additional properties')
    else if (typeof additional === 'object') checkValue(value[key], additional, at(key), errors, named)
  }
}

/**
 * Reads a property string (`virtio=AA:…,bridge=vmbr0`) by its format. Throws `SchemaError` whose text is PVE's:
 * `format error` and one `path.key: text` line for each wrong key.
 */
export const parsePropertyString = (
  format: Readonly<Record<string, Schema>>,
  text: string,
  path: string,
  named: Named,
): Record<string, string> => {
  const parts = splitPropertyString(format, text)
  const errors: Errors = Object.create(null)
  checkObject(path, format, parts, 0, errors, named)
  const wrong = Object.keys(errors).sort()
  if (wrong.length > 0)
    throw new SchemaError(`format error\n${wrong.map((key) => `${key}: ${errors[key]}\n`).join('')}`)
  return parts
}
