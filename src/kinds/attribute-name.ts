import type { GuestKind } from './kind.ts'

/** The dotted name of an attribute as declarations spell it: `cores`, `disk.scsi0.size`, `network.net0`. */
export const attributeName = (kind: GuestKind, key: string, property?: string): string => {
  const group = kind.groupOf(key)
  const name = group === undefined ? key : `${group}.${key}`
  return property === undefined ? name : `${name}.${property}`
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
