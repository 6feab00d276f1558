import type { Language, Tree } from 'web-tree-sitter'
import { MAX_DEPTH } from '../limits.ts'

/** A node of the grammar's tree without wrappers and punctuation. */
export interface Concrete {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly children: readonly Concrete[]
}

/** The same tree at another place. */
export const shifted = (node: Concrete, by: number): Concrete => ({
  type: node.type,
  start: node.start + by,
  end: node.end + by,
  children: node.children.length === 0 ? node.children : node.children.map((child) => shifted(child, by)),
})

/** Wrappers that say nothing when they hold one node. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'expression',
  'literal_value',
  'collection_value',
  'template_expr',
  'operation',
  'for_expr',
  'index',
  'splat',
])

/** Transparent: their children belong to their parent. */
const INLINED: ReadonlySet<string> = new Set(['function_arguments', 'body', 'for_intro', 'template_literal'])

/** Named nodes that are mere punctuation. */
const DROPPED: ReadonlySet<string> = new Set([
  'tuple_start',
  'tuple_end',
  'object_start',
  'object_end',
  'block_end',
  'quoted_template_start',
  'quoted_template_end',
  'template_interpolation_start',
  'template_interpolation_end',
  'template_directive_start',
  'template_directive_end',
  'strip_marker',
  'comment',
])

const KEPT_PUNCTUATION: ReadonlySet<string> = new Set([
  ...['(', ')', '-', '!', '*', '/', '%', '+', '<', '<=', '>', '>=', '==', '!=', '&&', '||'],
])

type Treatment = 'keep' | 'wrap' | 'inline' | 'drop'

export interface NodeTable {
  readonly names: readonly string[]
  readonly treatments: readonly Treatment[]
}

const treatmentOf = (name: string, isNamed: boolean): Treatment => {
  if (!isNamed) return KEPT_PUNCTUATION.has(name) ? 'keep' : 'drop'
  if (WRAPPERS.has(name)) return 'wrap'
  if (INLINED.has(name)) return 'inline'
  return DROPPED.has(name) ? 'drop' : 'keep'
}

/** What to do with each node type, by the grammar's number for it. */
export const nodeTable = (language: Language): NodeTable => {
  const names = Array.from({ length: language.nodeTypeCount }, (_, id) => language.nodeTypeForId(id) ?? '')
  return { names, treatments: names.map((name, id) => treatmentOf(name, language.nodeTypeIsNamed(id))) }
}

interface Frame {
  readonly type: string
  readonly treatment: Treatment
  readonly start: number
  readonly end: number
  readonly children: Concrete[]
}

export interface ConcreteTree {
  readonly root: Concrete
  readonly depth: number
}

const ERROR_TYPE = 65_535

/** Accesses stand side by side in the grammar's tree and one within the other in ours. */
const CHAINS: ReadonlySet<string> = new Set(['expression', 'unary_operation', 'binary_operation'])

const chainLength = ({ type, children }: Frame): number => (CHAINS.has(type) ? children.length : 0)

const finish = (frame: Frame, parent: Frame): void => {
  const { treatment, children, type, start, end } = frame
  if (treatment === 'inline') for (const child of children) parent.children.push(child)
  else if (treatment === 'wrap' && children.length === 1 && children[0]) parent.children.push(children[0])
  else parent.children.push({ type, start, end, children })
}

const NOTHING: Concrete = { type: 'config_file', start: 0, end: 0, children: [] }

/**
 * Copies the grammar's tree into plain data, without recursion: depth is checked by the caller before anything recurses. Of a tree that is
 * too deep nothing is copied.
 */
export const concreteTree = (tree: Tree, { names, treatments }: NodeTable): ConcreteTree => {
  const cursor = tree.walk()
  const top: Frame = { type: 'top', treatment: 'keep', start: 0, end: 0, children: [] }
  const frames: Frame[] = [top]
  let depth = 0
  try {
    for (let goOn = true; goOn; ) {
      const id = cursor.nodeTypeId
      const treatment = id === ERROR_TYPE ? 'keep' : (treatments[id] ?? 'keep')
      const start = cursor.startIndex
      const end = cursor.endIndex
      const missing = start === end && cursor.nodeIsMissing
      const type = id === ERROR_TYPE || missing ? 'ERROR' : (names[id] ?? '')
      const frame: Frame = { type, treatment: missing ? 'keep' : treatment, start, end, children: [] }
      if (frame.treatment !== 'drop' && cursor.gotoFirstChild()) {
        frames.push(frame)
        depth = Math.max(depth, frames.length)
        if (depth > MAX_DEPTH) return { root: NOTHING, depth }
        continue
      }
      const parent = frames.at(-1) ?? top
      if (frame.treatment !== 'drop') finish(frame, parent)
      while (!cursor.gotoNextSibling()) {
        const done = frames.pop()
        const above = frames.at(-1)
        if (!done || !above || !cursor.gotoParent()) {
          goOn = false
          break
        }
        depth = Math.max(depth, frames.length + chainLength(done))
        finish(done, above)
      }
    }
  } finally {
    cursor.delete()
  }
  const root = top.children[0] ?? NOTHING
  return { root, depth }
}
