import type { Expression } from '../syntax/tree.ts'
import { expressionsOf, walkExpression } from '../syntax/walk.ts'
import type { Declared } from './block/declared.ts'

/** Ids of the locals and resources that expressions name. */
const needsOf = (expressions: readonly Expression[], known: ReadonlyMap<string, unknown>): string[] => {
  const needs: string[] = []
  const visit = (node: Expression): void => {
    if (node.type !== 'attribute') return
    const { object } = node
    if (object.type !== 'variable') return
    const id = `${object.name}.${node.name.text}`
    if (known.has(id)) needs.push(id)
  }
  for (const expression of expressions) walkExpression(expression, visit)
  return needs
}

/**
 * Locals and resources of a module, what they refer to first. Evaluating in this order keeps long chains of values from nesting as many calls;
 * circles are left as they come, to be found when values are computed.
 */
export const evaluationOrder = (declared: Declared): readonly string[] => {
  const expressions = new Map<string, readonly Expression[]>([
    ...Array.from(declared.locals, ([name, { expression }]) => [`local.${name}`, [expression]] as const),
    ...Array.from(declared.resources, ([key, { block }]) => [key, expressionsOf(block.body)] as const),
  ])
  const ordered: string[] = []
  const seen = new Set<string>()
  for (const start of expressions.keys()) {
    const stack: { readonly id: string; readonly waiting: string[] }[] = []
    const enter = (id: string): void => {
      if (seen.has(id)) return
      const own = expressions.get(id)
      if (!own) return
      seen.add(id)
      stack.push({ id, waiting: needsOf(own, expressions) })
    }
    enter(start)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.waiting.pop()
      if (next !== undefined) enter(next)
      else {
        ordered.push(top.id)
        stack.pop()
      }
    }
  }
  return ordered
}
