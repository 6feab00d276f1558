import type { Located, Source } from './source.ts'
import type { Expression, Name, ObjectItem, TemplatePart } from './tree.ts'

/** Where a copy stands: its source, and by how much its offsets grow. */
export interface Move {
  readonly source: Source
  readonly by: number
}

const name = ({ text, start, end }: Name, { source, by }: Move): Name => ({
  text,
  source,
  start: start + by,
  end: end + by,
})

const place = ({ start, end }: Located, { source, by }: Move): Located => ({ source, start: start + by, end: end + by })

const all = (expressions: readonly Expression[], move: Move): readonly Expression[] =>
  expressions.map((expression) => relocated(expression, move))

const objectItem = ({ key, bare, value }: ObjectItem, move: Move): ObjectItem => ({
  key: relocated(key, move),
  ...(bare && { bare }),
  value: relocated(value, move),
})

const parts = (from: readonly TemplatePart[], move: Move): readonly TemplatePart[] =>
  from.map((part) => templatePart(part, move))

const templatePart = (part: TemplatePart, move: Move): TemplatePart => {
  switch (part.type) {
    case 'text':
      return { type: 'text', value: part.value, ...place(part, move) }
    case 'interpolation':
      return { type: 'interpolation', expression: relocated(part.expression, move), ...place(part, move) }
    case 'if': {
      const { type, condition, whenTrue, whenFalse } = part
      const inner = { whenTrue: parts(whenTrue, move), whenFalse: parts(whenFalse, move) }
      return { type, condition: relocated(condition, move), ...inner, ...place(part, move) }
    }
    case 'for': {
      const { type, key, value, collection, body } = part
      const names = { ...(key && { key: name(key, move) }), value: name(value, move) }
      return { type, ...names, collection: relocated(collection, move), body: parts(body, move), ...place(part, move) }
    }
  }
}

/** A copy of an expression that stands at another place; it equals what reading the same text there would give. */
export const relocated = (expression: Expression, move: Move): Expression => {
  const { source } = move
  const start = expression.start + move.by
  const end = expression.end + move.by
  switch (expression.type) {
    case 'literal':
      return { type: 'literal', value: expression.value, source, start, end }
    case 'variable':
      return { type: 'variable', name: expression.name, source, start, end }
    case 'splat-item':
    case 'invalid':
      return { type: expression.type, source, start, end }
    case 'template':
      return { type: 'template', parts: parts(expression.parts, move), source, start, end }
    case 'wrap':
    case 'parentheses':
      return { type: expression.type, expression: relocated(expression.expression, move), source, start, end }
    case 'tuple':
      return { type: 'tuple', items: all(expression.items, move), source, start, end }
    case 'object': {
      const items = expression.items.map((item) => objectItem(item, move))
      return { type: 'object', items, source, start, end }
    }
    case 'call': {
      const { type, args, expand } = expression
      return { type, name: name(expression.name, move), args: all(args, move), expand, source, start, end }
    }
    case 'attribute': {
      const { type, object } = expression
      return { type, object: relocated(object, move), name: name(expression.name, move), source, start, end }
    }
    case 'index': {
      const { type, object, key } = expression
      return { type, object: relocated(object, move), key: relocated(key, move), source, start, end }
    }
    case 'splat': {
      const { type, object, each } = expression
      return { type, object: relocated(object, move), each: relocated(each, move), source, start, end }
    }
    case 'for': {
      const { type, key, value, collection, resultKey, result, condition, group } = expression
      return {
        type,
        ...(key && { key: name(key, move) }),
        value: name(value, move),
        collection: relocated(collection, move),
        ...(resultKey && { resultKey: relocated(resultKey, move) }),
        result: relocated(result, move),
        ...(condition && { condition: relocated(condition, move) }),
        group,
        source,
        start,
        end,
      }
    }
    case 'unary': {
      const { type, operator, operand } = expression
      return { type, operator, operand: relocated(operand, move), source, start, end }
    }
    case 'binary': {
      const { type, operator, left, right } = expression
      return { type, operator, left: relocated(left, move), right: relocated(right, move), source, start, end }
    }
    case 'conditional': {
      const { type, condition, whenTrue, whenFalse } = expression
      const branches = { whenTrue: relocated(whenTrue, move), whenFalse: relocated(whenFalse, move) }
      return { type, condition: relocated(condition, move), ...branches, source, start, end }
    }
  }
}
