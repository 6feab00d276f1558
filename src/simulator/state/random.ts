/** Seeded randomness: equal seeds give equal numbers. */
export type Random = {
  /** A whole number from 0 to `below - 1`. */
  readonly below: (below: number) => number
  readonly hex: (digits: number) => string
  readonly uuid: () => string
  /** A MAC address with PVE's prefix. */
  readonly mac: (prefix?: string) => string
}

export const makeRandom = (seed: number): Random => {
  let state = seed >>> 0 || 1
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)
  const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join('')
  return {
    below,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[below(4)]}${hex(3)}-${hex(12)}`,
    mac: (prefix = 'BC:24:11') => {
      const parts = prefix.split(':').filter((part) => part !== '')
      while (parts.length < 6) parts.push(hex(2))
      return parts.join(':').toUpperCase()
    },
  }
}
