import { convert } from '../../eval/convert.ts'
import { DYNAMIC, listOf, setOf, type Type } from '../../eval/type.ts'
import { unify } from '../../eval/unify.ts'
import { type Failure, failure, typeOf, type Value } from '../../eval/value.ts'

export const ANY_LIST = listOf(DYNAMIC)
export const ANY_SET = setOf(DYNAMIC)

export const sequence = (value: Value | undefined): readonly Value[] | undefined =>
  value?.kind === 'list' || value?.kind === 'set' || value?.kind === 'tuple' ? value.items : undefined

export const items = (value: Value | undefined): readonly Value[] => sequence(value) ?? []

export const elementOf = (value: Value | undefined): Type =>
  value?.kind === 'list' || value?.kind === 'set' || value?.kind === 'map' ? value.element : DYNAMIC

/** All converted to one type, or the reason why there is none. */
export const unified = (values: readonly Value[], reason: string): readonly Value[] | Failure => {
  const type = unify(values.map(typeOf))
  if (!type) return failure(reason)
  const converted: Value[] = []
  for (const value of values) {
    const one = convert(value, type)
    if (one.kind === 'failure') return failure(reason)
    converted.push(one)
  }
  return converted
}

export const entries = (value: Value | undefined): ReadonlyMap<string, Value> | undefined =>
  value?.kind === 'map' || value?.kind === 'object' ? value.entries : undefined

/** Option of parameters: elements keep their own marks. */
export const inner = { innerMarks: true } as const
