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
  /** A template without quotes around it. */
  readonly bare?: true
}

/** Expressions without any problem, each spelling read once. */
export interface Spellings {
  /** What has been read before; not to be changed, and to be relocated before it is used. */
  readonly known: (text: string, bare?: true) => Expression | undefined
  /** Reads all of them; undefined when one has a problem, which the long way then has to find. */
  readonly read: (spellings: readonly Spelling[]) => readonly Expression[] | undefined
}

/** Remembered at most; beyond it everything is forgotten, which costs time and never changes a result. */
const MAX_REMEMBERED = 10_000

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

const FRAME = '_='

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
    if (!begins || !name || !value || more || value.end > at + FRAME.length + text.length) return undefined
    values.push(shifted(value, -at - FRAME.length))
    at += FRAME.length + text.length + 1
  }
  return values
}

type Parse = (text: string) => ConcreteTree | undefined

/** The grammar's trees of the views, each distinct one parsed once and all in one go. */
const parseAll = (
  parse: Parse,
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
  if (missing.size === 0) return trees
  const fresh = [...missing]
  const tree = parse(fresh.map((text) => `${FRAME}${text}\n`).join(''))
  const values = tree && tree.depth <= MAX_DEPTH ? valuesOf(tree, fresh) : undefined
  if (!values) return undefined
  for (const [index, value] of values.entries()) {
    const text = fresh[index] ?? ''
    trees.set(text, value)
    known.put(text, value)
  }
  return trees
}

/** The tree of a template without the quotes its view was given. */
const unquoted = (tree: Concrete, { text }: Source): Concrete => ({ ...shifted(tree, -1), start: 0, end: text.length })

/** Undefined when anything is reported. */
const lower = ({ source, bare }: Spelling, view: GrammarView, tree: Concrete): Expression | undefined => {
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
  const expression = bare ? lowerTemplate(lowering, unquoted(tree, source), true) : lowerExpression(lowering, tree)
  return reported ? undefined : expression
}

/** The view of a template without quotes gets them, so that the grammar knows it for a string. */
const viewOf = ({ source, tokens, bare }: Spelling): { readonly view: GrammarView; readonly text: string } => {
  const view = grammarView(source.text, tokens, bare ? 0 : undefined)
  return { view, text: bare ? `"${view.text}"` : view.text }
}

/** `parse` is the grammar's, for whole files. */
export const spellings = (parse: Parse): Spellings => {
  const trees = memory<Concrete>()
  const [expressions, templates] = [memory<Expression>(), memory<Expression>()]
  return {
    known: (text, bare) => (bare ? templates : expressions).get(text),
    read: (wanted) => {
      const views = wanted.map(viewOf)
      if (views.some(({ view }) => view.problems.length > 0)) return undefined
      const parsed = parseAll(
        parse,
        trees,
        views.map(({ text }) => text),
      )
      if (!parsed) return undefined
      const read: Expression[] = []
      for (const [index, { view, text }] of views.entries()) {
        const [spelling, tree] = [wanted[index], parsed.get(text)]
        const expression = spelling && tree && lower(spelling, view, tree)
        if (!expression) return undefined
        const remembered = spelling.bare ? templates : expressions
        remembered.put(spelling.source.text, expression)
        read.push(expression)
      }
      return read
    },
  }
}
