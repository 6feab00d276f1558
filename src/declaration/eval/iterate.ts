import { integer, list, markSensitive, string, tuple, type Value } from './value.ts'

export interface Entry {
  readonly key: Value
  readonly value: Value
}

/** Keys and values in the order `for` visits them; undefined when the value is no collection. The mark of the collection is left to the caller. */
export const entriesOf = (collection: Value): readonly Entry[] | undefined => {
  switch (collection.kind) {
    case 'list':
    case 'tuple':
      return collection.items.map((value, index) => ({ key: integer(index), value }))
    case 'set':
      return collection.items.map((value) => ({ key: value, value }))
    case 'map':
    case 'object':
      return Array.from(collection.entries, ([key, value]) => ({ key: string(key), value }))
    default:
      return undefined
  }
}

/** Results for each element of a collection, in the kind of sequence a splat gives. */
export const likeSequence = (source: Value, items: readonly Value[], element: Parameters<typeof list>[0]): Value => {
  const result = source.kind === 'list' || source.kind === 'set' ? list(element, items) : tuple(items)
  return source.sensitive ? markSensitive(result) : result
}
