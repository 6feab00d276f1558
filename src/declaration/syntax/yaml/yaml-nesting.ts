const nestingOf = (text: string): number => {
  let deepest = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth--
  }
  return deepest
}

/** Columns of indentation, each of which may open a level. */
const indentationOf = (text: string): number => {
  const levels: number[] = []
  let deepest = 0
  for (const line of text.split('\n')) {
    const [lead = ''] = /^[ -]*/.exec(line) ?? []
    if (line.trim() === '') continue
    while ((levels.at(-1) ?? -1) >= lead.length) levels.pop()
    levels.push(lead.length)
    deepest = Math.max(deepest, levels.length + (lead.match(/-/g)?.length ?? 0))
  }
  return deepest
}

/** How deep the collections of a YAML text may be nested at most, told before it is parsed, which recurses. */
export const yamlNesting = (text: string): number => Math.max(nestingOf(text), indentationOf(text))
