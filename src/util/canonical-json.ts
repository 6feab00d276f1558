/** Text that needs no escapes in JSON, as almost all does. */
const PLAIN = /^[ !#-[\]-~]*$/

const MANY_KEYS = 30

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))

/** Sorted by insertion: the few keys an object has are mostly in order, and nothing is copied. */
const sortedKeys = (value: object): readonly string[] => {
  const keys = Object.keys(value)
  if (keys.length > MANY_KEYS) return keys.sort()
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] ?? ''
    let at = index
    for (; at > 0 && (keys[at - 1] ?? '') > key; at--) keys[at] = keys[at - 1] ?? ''
    keys[at] = key
  }
  return keys
}

const writtenList = (list: readonly unknown[]): string => {
  let text = '['
  for (let index = 0; index < list.length; index++) text += `${index === 0 ? '' : ','}${written(list[index]) ?? 'null'}`
  return `${text}]`
}

const written = (value: unknown): string | undefined => {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return writtenList(value)
  let entries = '{'
  for (const key of sortedKeys(value)) {
    const inner = written((value as Readonly<Record<string, unknown>>)[key])
    if (inner !== undefined) entries += `${entries.length === 1 ? '' : ','}${quoted(key)}:${inner}`
  }
  return `${entries}}`
}

/** JSON with sorted keys and no `undefined`: equal values give equal bytes. The basis of every fingerprint. */
export const canonicalJson = (value: unknown): string => written(value) ?? 'null'

/**
 * Gives the same text piece by piece, the members of top-level lists one at a time, so that a large value is never one text in memory.
 * `emit` is called with each piece, in order.
 */
export const canonicalPieces = (value: Readonly<Record<string, unknown>>, emit: (piece: string) => void): void => {
  let before = '{'
  for (const key of sortedKeys(value)) {
    const inner = value[key]
    if (inner === undefined) continue
    emit(`${before}${quoted(key)}:`)
    before = ','
    if (!Array.isArray(inner)) {
      emit(written(inner) ?? 'null')
      continue
    }
    emit('[')
    inner.forEach((item, index) => {
      emit(`${index === 0 ? '' : ','}${written(item) ?? 'null'}`)
    })
    emit(']')
  }
  emit(before === '{' ? '{}' : '}')
}
