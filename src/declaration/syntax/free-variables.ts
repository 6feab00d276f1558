import type { Expression, TemplatePart } from './tree.ts'
import { innerExpressions } from './walk.ts'

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
