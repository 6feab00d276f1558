import type { PvePropertyFormat } from '../facts/pve-facts.ts'

/** How the parts of one kind of property string are read. */
export interface PropertyGrammar {
  readonly defaultKey?: string
  /** Other spellings of a key: `volume` → `file`. */
  readonly aliases: { readonly [spelling: string]: string }
  /** Keys whose own name is a value: `virtio=MAC` sets `model` to `virtio` and `macaddr` to the MAC. */
  readonly named?: { readonly head: string; readonly tail: string; readonly names: ReadonlySet<string> }
}

/** Reads the grammar out of a format: default key, aliases, and keys that are values. */
export const grammarOf = (format: PvePropertyFormat): PropertyGrammar => {
  const entries = Object.entries(format)
  const defaultKey = entries.find(([, facts]) => facts.default_key)?.[0]
  const aliases = entries.flatMap(([key, { alias, keyAlias }]) => (alias && !keyAlias ? [[key, alias] as const] : []))
  const named = entries.filter(([, { keyAlias }]) => keyAlias)
  const first = named[0]?.[1]
  return {
    ...(defaultKey !== undefined && { defaultKey }),
    aliases: Object.fromEntries(aliases),
    ...(first?.alias &&
      first.keyAlias && {
        named: { head: first.keyAlias, tail: first.alias, names: new Set(named.map(([key]) => key)) },
      }),
  }
}

interface Part {
  /** As it stood in the text. */
  readonly text: string
  readonly sets: readonly (readonly [key: string, value: string])[]
}

const readPart = (text: string, { defaultKey, aliases, named }: PropertyGrammar): Part => {
  const at = text.indexOf('=')
  if (at <= 0) return { text, sets: [[defaultKey ?? text, defaultKey === undefined ? '' : text]] }
  const [key, value] = [text.slice(0, at), text.slice(at + 1)]
  if (named?.names.has(key))
    return {
      text,
      sets: [
        [named.head, key],
        [named.tail, value],
      ],
    }
  return { text, sets: [[aliases[key] ?? key, value]] }
}

const readParts = (text: string, grammar: PropertyGrammar): readonly Part[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => readPart(part, grammar))

const valuesOf = (parts: readonly Part[]): Map<string, string> => {
  const values = new Map<string, string>()
  for (const { sets } of parts) for (const [key, value] of sets) values.set(key, value)
  return values
}

/** Key → text, in the order they stand; every spelling is resolved to its canonical key. */
export const parsePropertyString = (text: string, grammar: PropertyGrammar): ReadonlyMap<string, string> =>
  valuesOf(readParts(text, grammar))

const printOne = (key: string, values: ReadonlyMap<string, string>, grammar: PropertyGrammar): string => {
  const value = values.get(key) ?? ''
  if (grammar.named?.head === key) {
    const tail = values.get(grammar.named.tail)
    return tail === undefined ? value : `${value}=${tail}`
  }
  return key === grammar.defaultKey && !value.includes('=') ? value : `${key}=${value}`
}

/**
 * Changes a property string without touching what is not named: unchanged parts keep their text and their place, changed ones their
 * place, new ones come last in alphabetical order (a new default key first). `undefined` removes a key.
 */
export const editPropertyString = (
  text: string,
  changes: ReadonlyMap<string, string | undefined>,
  grammar: PropertyGrammar,
): string => {
  const parts = readParts(text, grammar)
  const values = valuesOf(parts)
  const touched = new Set<string>()
  for (const [key, value] of changes) {
    if (values.get(key) === value) continue
    touched.add(key)
    if (value === undefined) values.delete(key)
    else values.set(key, value)
  }
  if (touched.size === 0) return text
  const { head, tail } = grammar.named ?? {}
  const together = parts.some(({ sets }) => sets.length > 1)
  if (tail !== undefined && head !== undefined && (touched.has(tail) || (values.has(tail) && !together)))
    touched.add(head)
  const out: string[] = []
  const seen = new Set<string>()
  const put = (key: string, original?: string) => {
    if (seen.has(key) || !values.has(key)) return
    if (key === tail && head !== undefined && values.has(head)) return
    seen.add(key)
    out.push(original ?? printOne(key, values, grammar))
  }
  for (const { text: original, sets } of parts) {
    const changed = sets.some(([key]) => touched.has(key))
    for (const [key] of sets) put(key, changed ? undefined : original)
  }
  const added = [...values.keys()].filter((key) => !seen.has(key)).sort()
  const first = added.filter((key) => key === (grammar.defaultKey ?? head))
  const before = out.length
  for (const key of [...first, ...added]) put(key)
  return first.length > 0 && before > 0
    ? [...out.slice(before, before + first.length), ...out.slice(0, before), ...out.slice(before + first.length)].join(
        ',',
      )
    : out.join(',')
}
