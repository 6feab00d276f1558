/** Types as Terraform has them. `dynamic` stands for a type not known yet, and for "any" in constraints. */
export type Type =
  | { readonly kind: 'string' }
  | { readonly kind: 'number' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'set'; readonly element: Type }
  | { readonly kind: 'map'; readonly element: Type }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | ObjectType

export interface ObjectType {
  readonly kind: 'object'
  /** Sorted by name. */
  readonly attributes: ReadonlyMap<string, Type>
  /** Constraints only: attributes that may be left out. */
  readonly optional?: ReadonlySet<string>
}

export const STRING: Type = { kind: 'string' }
export const NUMBER: Type = { kind: 'number' }
export const BOOL: Type = { kind: 'bool' }
export const DYNAMIC: Type = { kind: 'dynamic' }

export const listOf = (element: Type): Type => ({ kind: 'list', element })
export const setOf = (element: Type): Type => ({ kind: 'set', element })
export const mapOf = (element: Type): Type => ({ kind: 'map', element })
export const tupleOf = (elements: readonly Type[]): Type => ({ kind: 'tuple', elements })

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Orders by Unicode code point, as Terraform orders strings; UTF-16 order differs for what lies outside the first plane. */
export const compareStrings = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const [highX, highY] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff]
    if (highX !== highY) return highX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

export const objectOf = (attributes: Iterable<readonly [string, Type]>, optional?: ReadonlySet<string>): ObjectType => {
  const sorted = new Map([...attributes].sort(([a], [b]) => compareStrings(a, b)))
  return optional && optional.size > 0
    ? { kind: 'object', attributes: sorted, optional }
    : { kind: 'object', attributes: sorted }
}

const sameObject = (a: ObjectType, b: ObjectType): boolean => {
  if (a.attributes.size !== b.attributes.size || (a.optional?.size ?? 0) !== (b.optional?.size ?? 0)) return false
  for (const [name, type] of a.attributes) {
    const other = b.attributes.get(name)
    if (!other || !sameType(type, other)) return false
    if ((a.optional?.has(name) ?? false) !== (b.optional?.has(name) ?? false)) return false
  }
  return true
}

export const sameType = (a: Type, b: Type): boolean => {
  if (a === b) return true
  switch (a.kind) {
    case 'list':
    case 'set':
    case 'map':
      return b.kind === a.kind && sameType(a.element, b.element)
    case 'tuple':
      return (
        b.kind === 'tuple' &&
        a.elements.length === b.elements.length &&
        a.elements.every((element, index) => sameType(element, b.elements[index] ?? DYNAMIC))
      )
    case 'object':
      return b.kind === 'object' && sameObject(a, b)
    default:
      return a.kind === b.kind
  }
}

export const hasDynamic = (type: Type): boolean => {
  switch (type.kind) {
    case 'dynamic':
      return true
    case 'list':
    case 'set':
    case 'map':
      return hasDynamic(type.element)
    case 'tuple':
      return type.elements.some(hasDynamic)
    case 'object':
      return [...type.attributes.values()].some(hasDynamic)
    default:
      return false
  }
}

/** For messages: `list of string`. */
export const friendlyType = (type: Type): string => {
  switch (type.kind) {
    case 'dynamic':
      return 'any type'
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${friendlyType(type.element)}`
    default:
      return type.kind
  }
}

/** A word that can stand as it is. */
export const NAME = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u

/** As a type constraint would be written: `list(string)`, `object({a=string})`. */
export const typeText = (type: Type): string => {
  switch (type.kind) {
    case 'dynamic':
      return 'dynamic'
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind}(${typeText(type.element)})`
    case 'tuple':
      return `tuple([${type.elements.map(typeText).join(', ')}])`
    case 'object': {
      const entries = [...type.attributes].map(
        ([name, inner]) => `${NAME.test(name) ? name : JSON.stringify(name)}=${typeText(inner)}`,
      )
      return `object({${entries.join(', ')}})`
    }
    default:
      return type.kind
  }
}
