const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Bytes of a PVE size text (`32G`, `512M`, `1.5T`, plain bytes); nothing when it is none. */
export const parseSize = (text: string): number | undefined => {
  const found = /^(\d+(?:\.\d+)?)([KMGT])?$/.exec(text)
  if (!found) return undefined
  return Math.trunc(Number(found[1]) * (units[found[2] ?? ''] ?? 1))
}

/** A size in the largest unit that leaves it whole, as PVE's `format_size` writes it. */
export const printSize = (bytes: number): string => {
  let value = Math.trunc(bytes)
  let unit = ''
  for (const next of ['K', 'M', 'G', 'T']) {
    if (value === 0 || value % 1024 !== 0) break
    value /= 1024
    unit = next
  }
  return `${value}${unit}`
}
