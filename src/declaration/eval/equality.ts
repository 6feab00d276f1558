import { compareNumbers } from './number.ts'
import { valueKey } from './set.ts'
import { BOOL, sameType } from './type.ts'
import { bool, unknownFrom, type Value, withMarksOf } from './value.ts'

type Verdict = boolean | 'unknown'

const both = (verdicts: Iterable<() => Verdict>): Verdict => {
  let result: Verdict = true
  for (const verdict of verdicts) {
    const one = verdict()
    if (one === false) return false
    if (one === 'unknown') result = 'unknown'
  }
  return result
}

const sameEntries = (a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): Verdict => {
  if (a.size !== b.size) return false
  return both(
    Array.from(a, ([key, value]) => () => {
      const other = b.get(key)
      return other ? compare(value, other) : false
    }),
  )
}

const sameItems = (a: readonly Value[], b: readonly Value[]): Verdict => {
  if (a.length !== b.length) return false
  return both(
    a.map((value, index) => () => {
      const other = b[index]
      return other ? compare(value, other) : false
    }),
  )
}

const compare = (a: Value, b: Value): Verdict => {
  if (a.kind === 'unknown' || b.kind === 'unknown') return 'unknown'
  if (a.kind === 'null' || b.kind === 'null') return a.kind === b.kind
  switch (a.kind) {
    case 'string':
    case 'bool':
      return b.kind === a.kind && b.value === a.value
    case 'number':
      return b.kind === 'number' && compareNumbers(a.value, b.value) === 0
    case 'set':
      return b.kind === 'set' && sameType(a.element, b.element) && valueKey(a) === valueKey(b)
    case 'list':
      return b.kind === 'list' && sameType(a.element, b.element) && sameItems(a.items, b.items)
    case 'tuple':
      return b.kind === 'tuple' && sameItems(a.items, b.items)
    case 'map':
      return b.kind === 'map' && sameType(a.element, b.element) && sameEntries(a.entries, b.entries)
    case 'object':
      return b.kind === 'object' && sameEntries(a.entries, b.entries)
  }
}

/** Values of different types are never equal; null equals null whatever its type. */
export const equalValues = (a: Value, b: Value): Value => {
  const verdict = compare(a, b)
  return verdict === 'unknown' ? unknownFrom(BOOL, a, b) : withMarksOf(bool(verdict), a, b)
}

/** Equality of known values where only yes or no will do; unknown counts as different. */
export const areEqual = (a: Value, b: Value): boolean => compare(a, b) === true
