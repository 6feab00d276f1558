import type { AttributeAccess, Expression } from './tree.ts'
import { walkExpression } from './walk.ts'

/** A chain of names as written, from its root: `vm.web[0].name` begins with vm, web. */
export interface Reference {
  readonly names: readonly string[]
  readonly expression: Expression
}

const chain = (expression: AttributeAccess): readonly string[] | undefined => {
  const names: string[] = []
  let at: Expression = expression
  while (at.type === 'attribute') {
    names.push(at.name.text)
    at = at.object
  }
  return at.type === 'variable' ? [...names, at.name].reverse() : undefined
}

/** Every chain of names in an expression; names that a `for` binds are among them. */
export const referencesOf = (expression: Expression): readonly Reference[] => {
  const found: Reference[] = []
  const inside = new Set<Expression>()
  walkExpression(expression, (node) => {
    if (inside.has(node)) {
      if (node.type === 'attribute') inside.add(node.object)
      return
    }
    if (node.type === 'variable') found.push({ names: [node.name], expression: node })
    if (node.type !== 'attribute') return
    const names = chain(node)
    if (!names) return
    found.push({ names, expression: node })
    inside.add(node.object)
  })
  return found
}
