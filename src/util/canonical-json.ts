/** Keys already in order need no sorting, and most are. */
const sortedKeys = (value: object): readonly string[] => {
  const keys = Object.keys(value)
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort()
  }
  return keys
}

const written = (value: unknown): string | undefined => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) {
    let list = '['
    for (let index = 0; index < value.length; index++)
      list += `${index === 0 ? '' : ','}${written(value[index]) ?? 'null'}`
    return `${list}]`
  }
  let entries = '{'
  for (const key of sortedKeys(value)) {
    const inner = written((value as Readonly<Record<string, unknown>>)[key])
    if (inner !== undefined) entries += `${entries === '{' ? '' : ','}${JSON.stringify(key)}:${inner}`
  }
  return `${entries}}`
}

/** JSON with sorted keys and no `undefined`: equal values give equal bytes. The basis of every fingerprint. */
export const canonicalJson = (value: unknown): string => written(value) ?? 'null'

/**
 * Gives the same text piece by piece, the members of top-level lists one at a time, so that a large value is never one text in memory.
 * @param emit called with each piece, in order
 */
export const canonicalPieces = (value: Readonly<Record<string, unknown>>, emit: (piece: string) => void): void => {
  let before = '{'
  for (const key of sortedKeys(value)) {
    const inner = value[key]
    if (inner === undefined) continue
    emit(`${before}${JSON.stringify(key)}:`)
    before = ','
    if (!Array.isArray(inner)) {
      emit(canonicalJson(inner))
      continue
    }
    emit('[')
    inner.forEach((item, index) => {
      emit(`${index === 0 ? '' : ','}${canonicalJson(item)}`)
    })
    emit(']')
  }
  emit(before === '{' ? '{}' : '}')
}
