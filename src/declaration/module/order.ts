import { referencesOf } from '../syntax/references.ts'
import type { Expression } from '../syntax/tree.ts'
import { expressionsOf } from '../syntax/walk.ts'
import type { Declared } from './declared.ts'

const idOf = ([root, first, second]: readonly string[]): string | undefined => {
  if (root === 'local') return `local.${first}`
  if (root === 'data') return `data.${first}.${second}`
  return root === undefined || first === undefined ? undefined : `${root}.${first}`
}

const needsOf = (expressions: readonly Expression[]): readonly string[] =>
  expressions.flatMap((expression) => referencesOf(expression).flatMap(({ names }) => idOf(names) ?? []))

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
      stack.push({ id, waiting: [...needsOf(own)] })
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
