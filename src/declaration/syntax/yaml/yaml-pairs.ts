import type { Node, Pair, YAMLMap } from 'yaml'
import { MAX_NESTING } from '../limits.ts'
import { type Reading, resolved, syntax } from './yaml-reading.ts'

const keyOf = ({ yaml }: Reading, { key }: Pair): unknown => (yaml.isScalar(key) ? key.value : undefined)

/** Maps that `<<` merges in; other things there are reported. */
const mergedMaps = (reading: Reading, pair: Pair): readonly YAMLMap[] => {
  const node = resolved(reading, pair.value)
  const all = reading.yaml.isSeq(node) ? node.items.map((item) => resolved(reading, item)) : [node]
  return all.flatMap((map) => {
    if (reading.yaml.isMap(map)) return map as YAMLMap
    const [start, end] = (pair.key as Node | null)?.range ?? [0, 0]
    syntax(
      reading,
      { source: reading.source, start, end },
      '"<<" takes over the entries of a map: write an alias of one, or a list of them.',
    )
    return []
  })
}

/** Own entries, then those that `<<` brings in and that are not there yet. */
const withMerged = (reading: Reading, pairs: readonly Pair[], depth = 0): readonly Pair[] => {
  const merges = pairs.filter((pair) => keyOf(reading, pair) === '<<')
  if (merges.length === 0 || depth > MAX_NESTING) return pairs
  const known = new Map(pairs.flatMap((pair) => (merges.includes(pair) ? [] : [[keyOf(reading, pair), pair] as const])))
  for (const map of merges.flatMap((pair) => mergedMaps(reading, pair)))
    for (const pair of withMerged(reading, map.items, depth + 1)) {
      const key = keyOf(reading, pair)
      if (!known.has(key)) known.set(key, pair)
    }
  return [...known.values()]
}

/** The entries of a map; a key that is there twice is reported. */
export const pairsOf = (reading: Reading, node: YAMLMap): readonly Pair[] => {
  const seen = new Set<unknown>()
  for (const { key } of node.items) {
    if (!reading.yaml.isScalar(key)) continue
    const { source } = reading
    const [start, end] = key.range ?? [0, 0]
    if (seen.has(key.value))
      syntax(reading, { source, start, end }, 'This key is already there in the same map. Keep one of the two.')
    seen.add(key.value)
  }
  return seen.has('<<') ? withMerged(reading, node.items) : node.items
}
