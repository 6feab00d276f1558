import {
  BOOL,
  DYNAMIC,
  listOf,
  mapOf,
  NUMBER,
  type ObjectType,
  objectOf,
  STRING,
  sameType,
  setOf,
  type Type,
  tupleOf,
} from './type.ts'

const unifyPrimitives = (types: readonly Type[]): Type | undefined => {
  const kinds = new Set(types.map(({ kind }) => kind))
  if (kinds.size === 1) return kinds.has('string') ? STRING : kinds.has('number') ? NUMBER : BOOL
  return kinds.has('string') ? STRING : undefined
}

const isObject = (type: Type): type is ObjectType => type.kind === 'object'

const unifyObjects = (types: readonly ObjectType[]): Type | undefined => {
  const [first, ...rest] = types
  if (!first) return undefined
  const names = [...first.attributes.keys()]
  const alike = rest.every(
    ({ attributes }) => attributes.size === names.length && names.every((name) => attributes.has(name)),
  )
  if (!alike) return unifyToMap(types)
  const unified: [string, Type][] = []
  for (const name of names) {
    const type = unify(types.map(({ attributes }) => attributes.get(name) ?? DYNAMIC))
    if (!type) return unifyToMap(types)
    unified.push([name, type])
  }
  return objectOf(unified)
}

const elementTypes = (type: Type): readonly Type[] => {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return [type.element]
    case 'tuple':
      return type.elements
    case 'object':
      return [...type.attributes.values()]
    default:
      return []
  }
}

const unifyToMap = (types: readonly Type[]): Type | undefined => {
  const element = unify(types.flatMap(elementTypes))
  return element && mapOf(element)
}

const unifyToList = (types: readonly Type[]): Type | undefined => {
  const element = unify(types.flatMap(elementTypes))
  return element && listOf(element)
}

const unifyTuples = (types: readonly Type[]): Type | undefined => {
  const lengths = new Set(types.map((type) => elementTypes(type).length))
  if (lengths.size > 1) return unifyToList(types)
  const [length = 0] = lengths
  const elements: Type[] = []
  for (let i = 0; i < length; i++) {
    const element = unify(types.map((type) => elementTypes(type)[i] ?? DYNAMIC))
    if (!element) return unifyToList(types)
    elements.push(element)
  }
  return tupleOf(elements)
}

const all = (types: readonly Type[], ...kinds: readonly Type['kind'][]): boolean =>
  types.every(({ kind }) => kinds.includes(kind))

/**
 * One type that values of all these can be converted to, or undefined. Unknown types make the result unknown. No types: unknown too.
 */
export const unify = (types: readonly Type[]): Type | undefined => {
  const [first] = types
  if (!first) return DYNAMIC
  if (types.every((type) => sameType(type, first))) return first
  if (types.some(({ kind }) => kind === 'dynamic')) return DYNAMIC
  if (all(types, 'string', 'number', 'bool')) return unifyPrimitives(types)
  if (types.every(isObject)) return unifyObjects(types.filter(isObject))
  if (all(types, 'tuple')) return unifyTuples(types)
  if (all(types, 'map', 'object')) return unifyToMap(types)
  if (all(types, 'list', 'tuple')) return unifyToList(types)
  if (all(types, 'set') || all(types, 'set', 'list', 'tuple')) {
    const element = unify(types.flatMap(elementTypes))
    return element && (all(types, 'set', 'tuple') || all(types, 'set') ? setOf(element) : listOf(element))
  }
  return undefined
}
