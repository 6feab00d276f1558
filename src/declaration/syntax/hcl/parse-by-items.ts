import { type Concrete, type ConcreteTree, shifted } from './concrete.ts'
import type { Grammar } from './grammar.ts'
import type { GrammarView } from './grammar-view.ts'
import type { Token } from './token.ts'

/** Where the top-level items of a file begin: at words that follow a line break outside all brackets, or stand at the very margin before a brace. */
const itemStarts = (source: string, tokens: readonly Token[]): readonly number[] => {
  const starts: number[] = []
  let depth = 0
  let lineStart = true
  for (const [index, token] of tokens.entries()) {
    const { type, start, end } = token
    const atMargin = start === 0 || source[start - 1] === '\n'
    if (type === 'identifier' && lineStart && (depth === 0 || (atMargin && beginsBlock(source, tokens, index)))) {
      starts.push(start)
      depth = 0
    }
    if (type === 'open' || type === 'template-open') depth++
    else if (type === 'close' || type === 'template-close') depth = Math.max(0, depth - 1)
    lineStart = type === 'newline' || (type === 'comment' && source[end - 1] === '\n')
  }
  return starts
}

/** A word, labels and a brace on one line: `vm "web" {`. */
const beginsBlock = (source: string, tokens: readonly Token[], index: number): boolean => {
  for (let i = index + 1; i < tokens.length; i++) {
    const token = tokens[i]
    if (!token) return false
    if (token.type === 'open') return source[token.start] === '{'
    if (!['identifier', 'quote-open', 'text', 'quote-close'].includes(token.type)) return false
  }
  return false
}

const parsePart = (
  grammar: Grammar,
  text: string,
  start: number,
): { readonly nodes: readonly Concrete[]; readonly depth: number } => {
  if (text.trim() === '') return { nodes: [], depth: 0 }
  const tree = grammar.parse(text) ?? grammar.parse(text, { recover: true })
  const whole: Concrete = { type: 'ERROR', start, end: start + text.trimEnd().length, children: [] }
  if (!tree || tree.depth > 1000) return { nodes: [whole], depth: tree?.depth ?? 0 }
  const root = shifted(tree.root, start)
  return { nodes: root.type === 'config_file' ? root.children : [whole], depth: tree.depth }
}

/**
 * Parses a file that has errors item by item, so that one broken block hides nothing in the others, and so that looking for a reading of a
 * broken text stays proportional to the item it stands in.
 */
export const parseByItems = (grammar: Grammar, view: GrammarView, tokens: readonly Token[]): ConcreteTree => {
  const starts = itemStarts(view.text, tokens)
  const edges = [0, ...starts.filter((start) => start > 0), view.text.length]
  const nodes: Concrete[] = []
  let depth = 0
  for (const [index, start] of edges.entries()) {
    const end = edges[index + 1]
    if (end === undefined) break
    const part = parsePart(grammar, view.text.slice(start, end), start)
    for (const node of part.nodes) nodes.push(node)
    depth = Math.max(depth, part.depth)
  }
  return { root: { type: 'config_file', start: 0, end: view.text.length, children: nodes }, depth }
}
