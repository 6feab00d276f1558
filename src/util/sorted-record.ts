/** The same entries, keys in the order of their UTF-16 code units. */
export const sortedRecord = <T>(record: { readonly [key: string]: T }): { readonly [key: string]: T } => {
  const keys = Object.keys(record)
  if (keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key)) return record
  const sorted: Record<string, T> = {}
  for (const key of keys.sort()) sorted[key] = record[key] as T
  return sorted
}
