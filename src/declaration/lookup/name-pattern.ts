/** A name with `*` or `?` in it is a pattern: neither can stand in the name of a guest, a node or a storage. */
export const isPattern = (name: string): boolean => /[*?]/.test(name)

/** Whether a pattern fits the whole of a text: `*` any characters, `?` one. Takes no longer than both lengths multiplied. */
export const fitsPattern = (pattern: string, text: string): boolean => {
  let [at, read] = [0, 0]
  // Where to go on after the last `*` when what follows it does not fit.
  let [star, from] = [-1, 0]
  while (read < text.length) {
    if (pattern[at] === '*') {
      star = at++
      from = read
    } else if (pattern[at] === '?' || pattern[at] === text[read]) {
      at++
      read++
    } else if (star >= 0) {
      at = star + 1
      read = ++from
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
