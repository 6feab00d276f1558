import { MAX_DEPTH } from '../limits.ts'
import type { Source } from '../source.ts'
import type { Expression } from '../tree.ts'
import { type Concrete, type ConcreteTree, shifted } from './concrete.ts'
import { type GrammarView, grammarView } from './grammar-view.ts'
import { lowerExpression } from './lower-expression.ts'
import { lowerTemplate } from './lower-template.ts'
import type { Lowering } from './lowering.ts'
import type { Token } from './token.ts'

/** An expression's own text; its tokens and the tree made of it count from its beginning. */
export interface Spelling {
  readonly source: Source
  readonly tokens: readonly Token[]
}

/** `template`: one without quotes around it, as a template file or a string of a YAML file is. */
export type SpellingKind = 'expression' | 'template'

/** Expressions without any problem, each spelling read once. */
export interface Spellings {
  /** What has been read before; not to be changed, and to be relocated before it is used. */
  readonly known: (kind: SpellingKind, text: string) => Expression | undefined
  /** Reads all of them; undefined when one has a problem, which the long way then has to find. */
  readonly read: (kind: SpellingKind, spellings: readonly Spelling[]) => readonly Expression[] | undefined
}

/** Remembered at most; beyond it everything is forgotten, which costs time and never changes a result. */
const MAX_REMEMBERED = 1_000

/** Longer ones are hardly ever met twice. */
const MAX_LENGTH = 200

interface Memory<T> {
  readonly get: (text: string) => T | undefined
  readonly put: (text: string, value: T) => void
}

const memory = <T>(): Memory<T> => {
  const known = new Map<string, T>()
  return {
    get: (text) => known.get(text),
    put: (text, value) => {
      if (text.length > MAX_LENGTH) return
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.set(text, value)
    },
  }
}

/** What stands around an expression's view to make it a line that the grammar knows. */
interface Frame {
  readonly before: string
  readonly after: string
}

const FRAMES: { readonly [kind in SpellingKind]: Frame } = {
  expression: { before: '_=', after: '\n' },
  template: { before: '_="', after: '"\n' },
}

/** Each expression must have become one attribute's value, from its first to its last character. */
const valuesOf = (
  tree: ConcreteTree,
  texts: readonly string[],
  { before, after }: Frame,
): readonly Concrete[] | undefined => {
  const { children } = tree.root
  if (tree.root.type !== 'config_file' || children.length !== texts.length) return undefined
  const values: Concrete[] = []
  let at = 0
  for (const [index, text] of texts.entries()) {
    const attribute = children[index]
    const [name, value, more] = attribute?.children ?? []
    const end = at + before.length + text.length + after.length
    const begins = attribute?.type === 'attribute' && attribute.start === at
    if (!begins || !name || !value || more || value.end >= end) return undefined
    values.push(shifted(value, -(at + before.length)))
    at = end
  }
  return values
}

type Parse = (text: string) => ConcreteTree | undefined

/** Parsed in one go at most: the grammar's memory grows with the text it is given and never shrinks again. */
const MAX_AT_ONCE = 1_000

/** The grammar's trees of the views, each distinct one parsed once and many in one go. */
const parseAll = (
  parse: Parse,
  frame: Frame,
  known: Memory<Concrete>,
  texts: readonly string[],
): ReadonlyMap<string, Concrete> | undefined => {
  const trees = new Map<string, Concrete>()
  const missing = new Set<string>()
  for (const text of texts) {
    const tree = known.get(text)
    if (tree) trees.set(text, tree)
    else missing.add(text)
  }
  const all = [...missing]
  for (let from = 0; from < all.length; from += MAX_AT_ONCE) {
    const fresh = all.slice(from, from + MAX_AT_ONCE)
    const tree = parse(fresh.map((text) => frame.before + text + frame.after).join(''))
    const values = tree && tree.depth <= MAX_DEPTH ? valuesOf(tree, fresh, frame) : undefined
    if (!values) return undefined
    for (const [index, value] of values.entries()) {
      const text = fresh[index] ?? ''
      trees.set(text, value)
      known.put(text, value)
    }
  }
  return trees
}

/** Undefined when anything is reported. */
const lower = (kind: SpellingKind, { source }: Spelling, view: GrammarView, tree: Concrete): Expression | undefined => {
  let reported = false
  const lowering: Lowering = {
    source,
    view,
    report: () => {
      reported = true
    },
    isExplained: () => reported,
    expression: (node) => lowerExpression(lowering, node),
  }
  const expression =
    kind === 'template'
      ? lowerTemplate(lowering, { ...tree, start: 0, end: source.text.length }, { bare: true })
      : lowerExpression(lowering, tree)
  return reported ? undefined : expression
}

/** `parse` is the grammar's, for whole files. */
export const spellings = (parse: Parse): Spellings => {
  const trees = { expression: memory<Concrete>(), template: memory<Concrete>() }
  const expressions = { expression: memory<Expression>(), template: memory<Expression>() }
  return {
    known: (kind, text) => expressions[kind].get(text),
    read: (kind, wanted) => {
      const views = wanted.map(({ source, tokens }) =>
        grammarView(source.text, tokens, kind === 'template' ? 0 : undefined),
      )
      if (views.some(({ problems }) => problems.length > 0)) return undefined
      const texts = views.map(({ text }) => text)
      const parsed = parseAll(parse, FRAMES[kind], trees[kind], texts)
      if (!parsed) return undefined
      const read: Expression[] = []
      for (const [index, view] of views.entries()) {
        const [spelling, tree] = [wanted[index], parsed.get(view.text)]
        const expression = spelling && tree && lower(kind, spelling, view, tree)
        if (!expression) return undefined
        expressions[kind].put(spelling.source.text, expression)
        read.push(expression)
      }
      return read
    },
  }
}
