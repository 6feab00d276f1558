import type { Body, Expression, TemplatePart } from './tree.ts'

const partExpressions = (part: TemplatePart): readonly Expression[] => {
  switch (part.type) {
    case 'text':
      return []
    case 'interpolation':
      return [part.expression]
    case 'if':
      return [part.condition, ...[...part.whenTrue, ...part.whenFalse].flatMap(partExpressions)]
    case 'for':
      return [part.collection, ...part.body.flatMap(partExpressions)]
  }
}

/** The expressions directly inside one. */
export const innerExpressions = (expression: Expression): readonly Expression[] => {
  switch (expression.type) {
    case 'template':
      return expression.parts.flatMap(partExpressions)
    case 'wrap':
    case 'parentheses':
      return [expression.expression]
    case 'tuple':
      return expression.items
    case 'object':
      return expression.items.flatMap(({ key, value }) => [key, value])
    case 'call':
      return expression.args
    case 'attribute':
      return [expression.object]
    case 'index':
      return [expression.object, expression.key]
    case 'splat':
      return [expression.object, expression.each]
    case 'for': {
      const { collection, resultKey, result, condition } = expression
      return [collection, ...(resultKey ? [resultKey] : []), result, ...(condition ? [condition] : [])]
    }
    case 'unary':
      return [expression.operand]
    case 'binary':
      return [expression.left, expression.right]
    case 'conditional':
      return [expression.condition, expression.whenTrue, expression.whenFalse]
    default:
      return []
  }
}

/** Visits an expression and all inside it, outermost first, without recursion. */
export const walkExpression = (expression: Expression, visit: (expression: Expression) => void): void => {
  const waiting: Expression[] = [expression]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    visit(next)
    for (const inner of innerExpressions(next)) waiting.push(inner)
  }
}

/** All expressions of a body and the blocks in it. */
export const expressionsOf = (body: Body): readonly Expression[] =>
  body.items.flatMap((item) => (item.type === 'attribute' ? [item.expression] : expressionsOf(item.body)))
