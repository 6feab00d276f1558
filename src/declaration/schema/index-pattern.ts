const digits = (from: number, to: number): string => (from === to ? String(from) : `[${from}-${to}]`)

/** Numbers of `width` digits from the least one up to `last`. */
const upTo = (last: string): readonly string[] => {
  const [first = '0', ...rest] = last
  const head = Number(first)
  if (rest.length === 0) return [digits(0, head)]
  const below = head > 0 ? [`${digits(0, head - 1)}${'\\d'.repeat(rest.length)}`] : []
  return [...below, ...upTo(rest.join('')).map((tail) => `${head}${tail}`)]
}

/** A regular expression for the whole numbers from 1 to `last`, without leading zeros. */
export const indexPattern = (last: number): string => {
  const text = String(last)
  const shorter = Array.from({ length: text.length - 1 }, (_, extra) => `[1-9]${'\\d'.repeat(extra)}`)
  const [first = '1', ...rest] = text
  const head = Number(first)
  if (rest.length === 0) return digits(1, head)
  const below = head > 1 ? [`${digits(1, head - 1)}${'\\d'.repeat(rest.length)}`] : []
  return `(?:${[...shorter, ...below, ...upTo(rest.join('')).map((tail) => `${head}${tail}`)].join('|')})`
}
