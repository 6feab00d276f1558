import { type Evaluation, fail } from '../eval/evaluation.ts'
import { BOOL, DYNAMIC, listOf, mapOf, NUMBER, objectOf, STRING, setOf, type Type, tupleOf } from '../eval/type.ts'
import { list, map, object, tuple, type Value, withMarksOf } from '../eval/value.ts'
import type { Call, Expression } from '../syntax/tree.ts'

/** Values for optional attributes, by attribute; `each` holds for every element of a collection. */
export interface Defaults {
  readonly values: ReadonlyMap<string, Value>
  readonly inner: ReadonlyMap<string, Defaults>
  readonly each?: Defaults
}

export interface Constraint {
  readonly type: Type
  readonly defaults?: Defaults
}

const PRIMITIVES: { readonly [name: string]: Type } = { string: STRING, number: NUMBER, bool: BOOL, any: DYNAMIC }

const KNOWN = 'Types are string, number, bool, any, list(…), set(…), map(…), object({…}) and tuple([…]).'

const wrong = (evaluation: Evaluation, at: Expression, what: string): Constraint => {
  fail(evaluation, at, `${what} ${KNOWN}`, 'declaration.invalid-variable')
  return { type: DYNAMIC }
}

const collection = (call: Call, evaluation: Evaluation, make: (element: Type) => Type): Constraint => {
  const [element] = call.args
  if (!element || call.args.length !== 1 || call.expand)
    return wrong(
      evaluation,
      call,
      `${call.name.text}() takes the type of its elements, as in ${call.name.text}(string).`,
    )
  const { type, defaults } = constraintOf(element, evaluation)
  return { type: make(type), ...(defaults && { defaults: { values: new Map(), inner: new Map(), each: defaults } }) }
}

interface Attribute {
  readonly constraint: Constraint
  readonly optional: boolean
  readonly value?: Value
}

const attributeOf = (expression: Expression, evaluation: Evaluation): Attribute => {
  if (expression.type !== 'call' || expression.name.text !== 'optional')
    return { constraint: constraintOf(expression, evaluation), optional: false }
  const [type, value, ...others] = expression.args
  if (!type || others.length > 0) {
    wrong(evaluation, expression, 'optional() takes a type, and a default value if wanted.')
    return { constraint: { type: DYNAMIC }, optional: true }
  }
  const constraint = constraintOf(type, evaluation)
  return { constraint, optional: true, ...(value && { value: evaluation.evaluate(value, evaluation) }) }
}

const objectConstraint = (call: Call, evaluation: Evaluation): Constraint => {
  const [given] = call.args
  if (given?.type !== 'object' || call.args.length !== 1)
    return wrong(evaluation, call, 'object() takes its attributes in braces, as in object({ name = string }).')
  const attributes: [string, Type][] = []
  const optional = new Set<string>()
  const values = new Map<string, Value>()
  const inner = new Map<string, Defaults>()
  for (const item of given.items) {
    if (item.key.type !== 'literal' || typeof item.key.value !== 'string') {
      wrong(evaluation, item.key, 'The names of attributes must be plain words.')
      continue
    }
    const name = item.key.value
    const attribute = attributeOf(item.value, evaluation)
    attributes.push([name, attribute.constraint.type])
    if (attribute.optional) optional.add(name)
    if (attribute.value) values.set(name, attribute.value)
    if (attribute.constraint.defaults) inner.set(name, attribute.constraint.defaults)
  }
  const type = objectOf(attributes, optional)
  return values.size + inner.size === 0 ? { type } : { type, defaults: { values, inner } }
}

const tupleConstraint = (call: Call, evaluation: Evaluation): Constraint => {
  const [given] = call.args
  if (given?.type !== 'tuple' || call.args.length !== 1)
    return wrong(
      evaluation,
      call,
      'tuple() takes the types of its elements in brackets, as in tuple([string, number]).',
    )
  const constraints = given.items.map((item) => constraintOf(item, evaluation))
  const inner = new Map(
    constraints.flatMap(({ defaults }, index) => (defaults ? [[String(index), defaults] as const] : [])),
  )
  const type = tupleOf(constraints.map((constraint) => constraint.type))
  return inner.size === 0 ? { type } : { type, defaults: { values: new Map(), inner } }
}

/** Reads a type as it is written: `list(object({ name = string, size = optional(number, 8) }))`. */
export const constraintOf = (expression: Expression, evaluation: Evaluation): Constraint => {
  if (expression.type === 'parentheses' || expression.type === 'wrap')
    return constraintOf(expression.expression, evaluation)
  if (
    expression.type === 'literal' &&
    typeof expression.value === 'string' &&
    Object.hasOwn(PRIMITIVES, expression.value)
  )
    return { type: PRIMITIVES[expression.value] ?? DYNAMIC }
  if (expression.type === 'variable') {
    const type = Object.hasOwn(PRIMITIVES, expression.name) ? PRIMITIVES[expression.name] : undefined
    if (type) return { type }
    const bare = ['list', 'set', 'map'].includes(expression.name)
      ? ` Write ${expression.name}(any) for any elements.`
      : ''
    return wrong(evaluation, expression, `"${expression.name}" is not a type.${bare}`)
  }
  if (expression.type === 'invalid') return { type: DYNAMIC }
  if (expression.type !== 'call') return wrong(evaluation, expression, 'This is not a type.')
  switch (expression.name.text) {
    case 'list':
      return collection(expression, evaluation, listOf)
    case 'set':
      return collection(expression, evaluation, setOf)
    case 'map':
      return collection(expression, evaluation, mapOf)
    case 'object':
      return objectConstraint(expression, evaluation)
    case 'tuple':
      return tupleConstraint(expression, evaluation)
    case 'optional':
      return wrong(evaluation, expression, 'optional() stands for attributes of object() only.')
    default:
      return wrong(evaluation, expression, `"${expression.name.text}" is not a type.`)
  }
}

const applyToEntries = (
  entries: ReadonlyMap<string, Value>,
  { values, inner, each }: Defaults,
): readonly (readonly [string, Value])[] => {
  const result = new Map(entries)
  for (const [name, value] of values) {
    const given = result.get(name)
    if (!given || given.kind === 'null') result.set(name, value)
  }
  return Array.from(result, ([name, value]) => {
    const own = inner.get(name) ?? each
    return [name, own ? withDefaults(value, own) : value] as const
  })
}

/** Fills in what optional attributes leave out, at any depth, before the value is converted to its type. */
export const withDefaults = (value: Value, defaults: Defaults): Value => {
  switch (value.kind) {
    case 'object':
      return withMarksOf(object(applyToEntries(value.entries, defaults)), value)
    case 'map': {
      const entries = applyToEntries(value.entries, defaults)
      return withMarksOf(defaults.each ? map(DYNAMIC, entries) : object(entries), value)
    }
    case 'tuple':
    case 'list':
    case 'set': {
      const items = value.items.map((item, index) => {
        const own = defaults.each ?? defaults.inner.get(String(index))
        return own ? withDefaults(item, own) : item
      })
      return withMarksOf(value.kind === 'list' ? list(DYNAMIC, items) : tuple(items), value)
    }
    default:
      return value
  }
}
