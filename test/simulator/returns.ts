import { facts, type Schema } from '../../src/simulator/api/facts.ts'
import { makeRouter } from '../../src/simulator/api/router.ts'
import type { Answer } from '../../src/simulator/http/answer.ts'
import type { HttpHook, SeenRequest } from '../../src/simulator/http/server.ts'
import { perlPattern } from '../../src/simulator/schema/perl-pattern.ts'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** PVE's answers are Perl values: a number may come as text and a truth value as 0, 1 or an empty text. */
const fitsType = (type: string, value: unknown): boolean => {
  if (type === 'integer') return /^-?\d+$/.test(String(value))
  if (type === 'number') return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(String(value))
  if (type === 'boolean') return ['0', '1', '', 'true', 'false'].includes(String(value))
  return type !== 'string' || typeof value === 'string' || typeof value === 'number'
}

const checkScalar = (schema: Schema, value: unknown, at: string): readonly string[] => {
  if (isObject(value) || Array.isArray(value))
    return [`${at}: ${schema.type} wanted, got ${JSON.stringify(value).slice(0, 60)}`]
  if (!fitsType(schema.type ?? 'any', value)) return [`${at}: ${schema.type} wanted, got ${JSON.stringify(value)}`]
  const text = String(value)
  if (schema.enum !== undefined && !schema.enum.some((item) => String(item) === text))
    return [`${at}: '${text}' is not in the enumeration`]
  if (schema.pattern !== undefined && !perlPattern(schema.pattern).test(text))
    return [`${at}: '${text}' does not match ${schema.pattern}`]
  if (schema.minimum !== undefined && Number(text) < Number(schema.minimum)) return [`${at}: ${text} is too small`]
  if (schema.maximum !== undefined && Number(text) > Number(schema.maximum)) return [`${at}: ${text} is too large`]
  return []
}

const propertyFor = (properties: Readonly<Record<string, Schema>>, key: string): Schema | undefined =>
  Object.hasOwn(properties, key) ? properties[key] : properties[key.replace(/\d+$/, '[n]')]

const checkObject = (schema: Schema, value: Readonly<Record<string, unknown>>, at: string): readonly string[] => {
  const properties = schema.properties ?? {}
  const missing = Object.entries(properties)
    .filter(([key, each]) => !each.optional && !key.endsWith('[n]') && value[key] === undefined)
    .map(([key]) => `${at}.${key}: is missing`)
  const wrong = Object.entries(value).flatMap(([key, each]) => {
    const known = propertyFor(properties, key)
    if (known !== undefined) return checkReturns(known, each, `${at}.${key}`)
    return schema.additionalProperties === 0 ? [`${at}.${key}: is not in the schema`] : []
  })
  return [...missing, ...wrong]
}

/** What is wrong with an answer by the `returns` of api.json. */
export const checkReturns = (schema: Schema, value: unknown, at: string): readonly string[] => {
  const { type } = schema
  if (type === undefined || type === 'any') return []
  if (value === null || value === undefined)
    return type === 'null' || schema.optional ? [] : [`${at}: ${type} wanted, got null`]
  if (type === 'null') return [`${at}: null wanted, got ${JSON.stringify(value).slice(0, 60)}`]
  if (type === 'array') {
    if (!Array.isArray(value)) return [`${at}: array wanted`]
    const { items } = schema
    return items === undefined ? [] : value.flatMap((each, index) => checkReturns(items, each, `${at}[${index}]`))
  }
  if (type !== 'object') return checkScalar(schema, value, at)
  return isObject(value)
    ? checkObject(schema, value, at)
    : [`${at}: object wanted, got ${JSON.stringify(value).slice(0, 60)}`]
}

const find = makeRouter()

/** The method of api.json that serves a request, and what is wrong with its answer. */
export const checkAnswer = (
  verb: string,
  path: string,
  data: unknown,
): { readonly key: string; readonly problems: readonly string[] } => {
  const key = find(verb, path)?.route.key ?? ''
  const schema = facts[key]?.returns
  return { key, problems: schema === undefined ? [] : checkReturns(schema, data, 'data') }
}

/** A hook that collects, by method, what is wrong with the answers that pass. */
export const conformanceHook = (found: Map<string, Set<string>>): HttpHook => ({
  after: ({ verb, path }: SeenRequest, answer: Answer) => {
    if (answer.status === 200 && answer.text !== undefined) {
      const { data } = JSON.parse(answer.text) as { readonly data: unknown }
      const { key, problems } = checkAnswer(verb, path, data)
      for (const problem of problems) {
        const plain = problem.replace(/\[\d+\]/g, '[]')
        found.set(key, (found.get(key) ?? new Set<string>()).add(plain))
      }
    }
    return answer
  },
})
