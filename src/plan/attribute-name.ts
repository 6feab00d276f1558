import type { GuestKind } from '../kinds/kind.ts'

const genericOf = (key: string): string => key.replace(/\d+$/, '[n]')

/** The dotted name of an attribute as declarations spell it: `cores`, `disk.scsi0.size`, `network.net0`. */
export const attributeName = (kind: GuestKind, key: string, property?: string): string => {
  const group = Object.entries(kind.groups).find(([, names]) => names.includes(key) || names.includes(genericOf(key)))
  return [...(group ? [group[0]] : []), key, ...(property === undefined ? [] : [property])].join('.')
}

/** A name in `ignore_changes` covers an attribute: itself, all below it, with or without its block's name, or `all`. */
export const isIgnored = (kind: GuestKind, ignored: readonly string[], key: string, property?: string): boolean => {
  if (ignored.length === 0) return false
  const name = attributeName(kind, key, property)
  const bare = property === undefined ? key : `${key}.${property}`
  return ignored.some(
    (entry) =>
      entry === 'all' ||
      entry === name ||
      entry === bare ||
      name.startsWith(`${entry}.`) ||
      bare.startsWith(`${entry}.`),
  )
}
