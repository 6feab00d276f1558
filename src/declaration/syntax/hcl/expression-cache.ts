import type { Concrete, ConcreteTree } from './concrete.ts'

/** Expressions remembered; beyond it the cache starts anew, which costs time and never changes a result. */
const MAX_REMEMBERED = 20_000

/** Longer ones are hardly ever met twice. */
const MAX_LENGTH = 2_000

/** Parses expressions as the grammar sees them, each spelling once. */
export interface ExpressionCache {
  /**
   * The expressions' trees, offsets counted from each expression's beginning; undefined when the grammar does not take them all for
   * expressions.
   */
  readonly parse: (texts: readonly string[]) => readonly Concrete[] | undefined
}

const NAME = '_='

const shifted = (node: Concrete, by: number): Concrete => ({
  type: node.type,
  start: node.start + by,
  end: node.end + by,
  children: node.children.length === 0 ? node.children : node.children.map((child) => shifted(child, by)),
})

/** A copy of the tree that begins at another place. */
export const placedAt = (node: Concrete, offset: number): Concrete => shifted(node, offset)

/** Each expression must have become one attribute's value, from its first to its last character. */
const valuesOf = (tree: ConcreteTree, texts: readonly string[]): readonly Concrete[] | undefined => {
  const { children } = tree.root
  if (tree.root.type !== 'config_file' || children.length !== texts.length) return undefined
  const values: Concrete[] = []
  let at = 0
  for (const [index, text] of texts.entries()) {
    const attribute = children[index]
    const [name, value, more] = attribute?.children ?? []
    const begins = attribute?.type === 'attribute' && attribute.start === at
    if (!begins || !name || !value || more || value.end > at + NAME.length + text.length) return undefined
    values.push(shifted(value, -at - NAME.length))
    at += NAME.length + text.length + 1
  }
  return values
}

/** `parse` is the grammar's, for whole files; `maxDepth` keeps what is too deep out of the cache. */
export const expressionCache = (
  parse: (text: string) => ConcreteTree | undefined,
  maxDepth: number,
): ExpressionCache => {
  const known = new Map<string, Concrete>()
  return {
    parse: (texts) => {
      const missing = [...new Set(texts.filter((text) => !known.has(text)))]
      const fresh = new Map<string, Concrete>()
      if (missing.length > 0) {
        const tree = parse(missing.map((text) => `${NAME}${text}\n`).join(''))
        const values = tree && tree.depth <= maxDepth ? valuesOf(tree, missing) : undefined
        if (!values) return undefined
        for (const [index, text] of missing.entries()) {
          const value = values[index]
          if (value) fresh.set(text, value)
        }
      }
      const found = texts.map((text) => known.get(text) ?? fresh.get(text))
      if (known.size + fresh.size > MAX_REMEMBERED) known.clear()
      for (const [text, value] of fresh) if (text.length <= MAX_LENGTH) known.set(text, value)
      return found.every((value): value is Concrete => value !== undefined) ? found : undefined
    },
  }
}
