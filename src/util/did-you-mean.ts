/**
 * How many slips make one word of another: a letter too many, missing or wrong, or two neighbours swapped (optimal string alignment).
 * Gives up with Infinity once it is more than `limit`.
 */
const slips = (a: string, b: string, limit: number): number => {
  let before: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j - 1] ?? 0) + (isSame ? 0 : 1), (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    if (Math.min(...row) > limit) return Number.POSITIVE_INFINITY
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** How many letters two words have in common, wherever they stand. */
const sharedLetters = (a: string, b: string): number => {
  let rest = b
  let shared = 0
  for (const letter of a) {
    if (!rest.includes(letter)) continue
    rest = rest.replace(letter, '')
    shared++
  }
  return shared
}

/** Longer words are no slips of anyone, and more candidates of about the same length than this are no list of names to choose from. */
const [LONGEST, MOST] = [100, 1000]

/**
 * The candidate a person most likely meant, or undefined when none is close enough to be worth suggesting. Of equally close ones the one
 * that shares most letters, then the first.
 */
export const didYouMean = (word: string, candidates: Iterable<string>): string | undefined => {
  const typed = word.toLowerCase()
  const limit = Math.max(1, Math.floor((word.length + 1) / 3))
  if (word.length > LONGEST) return undefined
  let seen = 0
  let best: { readonly candidate: string; readonly cost: number; readonly shared: number } | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue
    if (++seen > MOST) break
    const other = candidate.toLowerCase()
    const most = best?.cost ?? limit
    const cost = slips(typed, other, most)
    if (cost > most) continue
    const shared = sharedLetters(typed, other)
    if (best === undefined || cost < best.cost || shared > best.shared) best = { candidate, cost, shared }
  }
  return best?.candidate
}

/** ` Did you mean "…"?` ready to end a sentence with, or an empty string. */
export const suggestion = (word: string, candidates: Iterable<string>): string => {
  const candidate = didYouMean(word, candidates)
  return candidate === undefined ? '' : ` Did you mean "${candidate}"?`
}
