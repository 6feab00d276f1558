import { distance } from 'fastest-levenshtein'

/** Longer words are no slips of anyone, and more candidates than this are no list of names to choose from. */
const [LONGEST, MOST] = [100, 1000]

/** The candidate a person most likely meant, or undefined when none is close enough to be worth suggesting. */
export const didYouMean = (word: string, candidates: Iterable<string>): string | undefined => {
  // Two letters swapped in a word of five are one slip, and count as two changes.
  const limit = Math.max(1, Math.floor((word.length + 1) / 3))
  if (word.length > LONGEST) return undefined
  let best: { readonly candidate: string; readonly cost: number } | undefined
  let seen = 0
  for (const candidate of candidates) {
    if (++seen > MOST) break
    if (Math.abs(candidate.length - word.length) > limit) continue
    const cost = distance(word.toLowerCase(), candidate.toLowerCase())
    if (cost <= limit && (best === undefined || cost < best.cost)) best = { candidate, cost }
  }
  return best?.candidate
}

/** ` Did you mean "…"?` ready to end a sentence with, or an empty string. */
export const suggestion = (word: string, candidates: Iterable<string>): string => {
  const candidate = didYouMean(word, candidates)
  return candidate === undefined ? '' : ` Did you mean "${candidate}"?`
}
