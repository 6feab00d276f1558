const UNITS = ['', 'K', 'M', 'G', 'T'] as const
const GIB = 1024 ** 3

/** Bytes of a size as PVE spells it (`32G`, `512M`, `1.5T`, `1610612836`); undefined when it is not one. */
export const parseSize = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim())
  if (!match) return undefined
  const power = UNITS.indexOf((match[2] ?? '').toUpperCase() as (typeof UNITS)[number])
  const bytes = Number(match[1]) * 1024 ** power
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined
}

/** The one canonical spelling: the largest unit that divides evenly, as PVE itself writes `size=`. */
export const formatSize = (bytes: number): string => {
  let power = 0
  let amount = bytes
  while (amount >= 1024 && amount % 1024 === 0 && power < UNITS.length - 1) {
    amount /= 1024
    power++
  }
  return `${amount}${UNITS[power] ?? ''}`
}

/** Canonical spelling of a size; text that is no size stays as it is. */
export const canonicalSize = (text: string): string => {
  const bytes = parseSize(text)
  return bytes === undefined ? text : formatSize(bytes)
}

/** Bytes of an amount of GiB, in whole KiB as PVE allocates them. PVE: `storage:0.1` is rounded up to a KiB. */
export const sizeOfGib = (gib: number): string => String(Math.ceil(gib * 1024 ** 2) * 1024)

/** GiB as a plain decimal, as volume allocations want them: `storage:0.5`. */
export const sizeInGib = (size: string): string => {
  const gib = (parseSize(size) ?? GIB) / GIB
  return Number.isInteger(gib) ? String(gib) : gib.toFixed(20).replace(/0+$/, '')
}

/** Storages round up to their own extents (LVM: 4 MiB), so a volume a little larger than declared is as declared. */
export const sameSize = (declared: string, observed: string): boolean => {
  const [want, have] = [parseSize(declared), parseSize(observed)]
  if (want === undefined || have === undefined) return declared === observed
  return have >= want && have - want < 4 * 1024 ** 2
}
