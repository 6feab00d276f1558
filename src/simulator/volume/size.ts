const units = ['', 'K', 'M', 'G', 'T'] as const

/** Bytes as PVE writes them: the largest unit that divides them (`1G`, `1088M`, `528K`, and so `0T`). */
export const printSize = (bytes: number): string => {
  let value = Math.floor(bytes)
  let unit = 0
  while (unit < units.length - 1 && value % 1024 === 0) {
    value /= 1024
    unit++
  }
  return `${value}${units[unit]}`
}

/** Reads `32G`, `512M`, `1.5T`, bytes without unit; nothing when it is no size. */
export const parseSize = (text: string): number | undefined => {
  const found = /^(\d+(?:\.\d+)?)([KMGT])?$/.exec(text)
  if (!found) return undefined
  const power = units.indexOf((found[2] ?? '') as (typeof units)[number])
  return Math.floor(Number(found[1]) * 1024 ** power)
}
