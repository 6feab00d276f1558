import type { AttributeAccess, Expression, TemplatePart } from './tree.ts'
import { innerExpressions, walkExpression } from './walk.ts'

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

const freeInParts = (parts: readonly TemplatePart[], bound: ReadonlySet<string>, into: Set<string>): void => {
  for (const part of parts) {
    if (part.type === 'interpolation') freeIn(part.expression, bound, into)
    else if (part.type === 'if') {
      freeIn(part.condition, bound, into)
      freeInParts(part.whenTrue, bound, into)
      freeInParts(part.whenFalse, bound, into)
    } else if (part.type === 'for') {
      freeIn(part.collection, bound, into)
      freeInParts(part.body, new Set([...bound, part.value.text, ...(part.key ? [part.key.text] : [])]), into)
    }
  }
}

const freeIn = (expression: Expression, bound: ReadonlySet<string>, into: Set<string>): void => {
  if (expression.type === 'variable') {
    if (!bound.has(expression.name)) into.add(expression.name)
  } else if (expression.type === 'template') freeInParts(expression.parts, bound, into)
  else if (expression.type === 'for') {
    const { key, value, collection, ...rest } = expression
    freeIn(collection, bound, into)
    const inner = new Set([...bound, value.text, ...(key ? [key.text] : [])])
    for (const part of [rest.resultKey, rest.result, rest.condition]) if (part) freeIn(part, inner, into)
  } else for (const part of innerExpressions(expression)) freeIn(part, bound, into)
}

/** Root names an expression takes from outside: all but those its own `for`s bind. */
export const freeVariables = (expression: Expression): readonly string[] => {
  const found = new Set<string>()
  freeIn(expression, new Set(), found)
  return [...found]
}
