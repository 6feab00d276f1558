import type {
  BinaryOperator,
  Conditional,
  Expression,
  ForExpression,
  Literal,
  Name,
  ObjectItem,
  SplatItem,
  UnaryOperator,
} from '../tree.ts'
import type { Concrete } from './concrete.ts'
import type { ConstantItem } from './grammar-view.ts'
import { lowerTemplate } from './lower-template.ts'
import { breaksBetween, invalidAt, type Lowering, nameAt, reportError } from './lowering.ts'
import { decodeQuoted } from './string-literal.ts'
import type { Token } from './token.ts'

const NUMBER = /^\d+(\.\d+)?([eE][+-]?\d+)?$/

const POSTFIX: ReadonlySet<string> = new Set(['get_attr', 'new_index', 'legacy_index', 'attr_splat', 'full_splat'])

const failed = (lowering: Lowering, node: Concrete): Expression => {
  reportError(lowering, node)
  return invalidAt(lowering, node)
}

const constantText = (text: string): Literal['value'] | undefined => {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return NUMBER.test(text) ? { number: text } : undefined
}

/** A number, `true`, `false`, `null`, or a string without sequences (the grammar saw digits in its place). */
const lowerConstant = (lowering: Lowering, node: Concrete): Expression => {
  const { source } = lowering
  const text = source.text.slice(node.start, node.end)
  if (text.startsWith('"') || text.startsWith('<<')) return lowerTemplate(lowering, node)
  const value = constantText(text)
  if (value === undefined) {
    lowering.report(
      node.start,
      node.end,
      `"${text}" is not a number. Write it as 12, 1.5 or 1e6, or quote it when it is text.`,
    )
    return invalidAt(lowering, node)
  }
  return { type: 'literal', value, source, start: node.start, end: node.end }
}

/** A string of one piece of text. */
const lowerPlainString = (lowering: Lowering, text: Token, { start, end }: Concrete): Expression => {
  const { source, report } = lowering
  const decoded = decodeQuoted(source.text.slice(text.start, text.end), text.start)
  for (const problem of decoded.problems) report(problem.start, problem.end, problem.detail)
  return { type: 'literal', value: decoded.value.normalize('NFC'), source, start, end }
}

/** The value of an item that the grammar never saw. */
export const lowerConstantItem = (lowering: Lowering, { value }: ConstantItem): Expression => {
  const [first, last] = [value[0], value.at(-1)]
  if (!first || !last) throw new Error('a constant without tokens')
  const node: Concrete = { type: 'constant', start: first.start, end: last.end, children: [] }
  if (value.length === 3 && value[1]) return lowerPlainString(lowering, value[1], node)
  return lowerConstant(lowering, node)
}

const lowerVariable = (lowering: Lowering, node: Concrete): Expression => {
  const { source } = lowering
  const { start, end } = node
  if (source.text[start] === '"') return lowerTemplate(lowering, node)
  const name = nameAt(lowering, node).text
  if (!name.includes('::')) return { type: 'variable', name, source, start, end }
  lowering.report(start, end, `"${name}" names a function. Call it with its arguments in parentheses.`)
  return invalidAt(lowering, node)
}

const lowerCall = (lowering: Lowering, node: Concrete): Expression => {
  const [name, ...rest] = node.children.filter(({ type }) => type !== '(' && type !== ')')
  if (!name) return failed(lowering, node)
  const args = rest.filter(({ type }) => type !== 'ellipsis').map((arg) => lowerExpression(lowering, arg))
  const expand = rest.some(({ type }) => type === 'ellipsis')
  const { source } = lowering
  return { type: 'call', name: nameAt(lowering, name), args, expand, source, start: node.start, end: node.end }
}

/** A bare word before `=` or `:` names the key itself. */
const lowerKey = (lowering: Lowering, node: Concrete): { readonly key: Expression; readonly bare?: true } => {
  const { source } = lowering
  const { start, end } = node
  const text = source.text.slice(start, end)
  if (node.type === 'variable_expr' && text[0] !== '"')
    return { key: { type: 'literal', value: text.normalize('NFC'), source, start, end }, bare: true }
  if (node.type === 'bool_lit' || node.type === 'null_lit')
    return { key: { type: 'literal', value: text, source, start, end }, bare: true }
  const key = lowerExpression(lowering, node)
  return { key }
}

const lowerItem = (lowering: Lowering, node: Concrete, brace: number): ObjectItem | undefined => {
  const [key, value] = node.children
  if (!key || !value) {
    reportError(lowering, node)
    return undefined
  }
  if (breaksBetween(lowering, brace, node.start, node.end))
    lowering.report(
      node.start,
      node.end,
      'This entry goes over a line break. Put the value in parentheses to break its line.',
    )
  return { ...lowerKey(lowering, key), value: lowerExpression(lowering, value) }
}

/** Where a comma stands, from `start`; those the view has put in place of line breaks do not count. Negative: nowhere. */
const writtenComma = ({ view, source }: Lowering, start: number, end: number): number => {
  for (let at = view.text.indexOf(',', start); at >= 0 && at < end; at = view.text.indexOf(',', at + 1))
    if (source.text[at] === ',') return at - start
  return -1
}

const checkSeparators = (lowering: Lowering, nodes: readonly Concrete[], brace: number, close: number): void => {
  for (const [index, node] of nodes.entries()) {
    const next = nodes[index + 1]
    const gapEnd = next?.start ?? close
    const comma = writtenComma(lowering, node.end, gapEnd)
    const breakFirst = breaksBetween(lowering, brace, node.end, comma < 0 ? gapEnd : node.end + comma)
    if (comma >= 0 && breakFirst)
      lowering.report(
        node.end + comma,
        node.end + comma + 1,
        'A comma cannot begin a line here. Put it right after the value, or leave it out.',
      )
    else if (comma < 0 && !breakFirst && next)
      lowering.report(next.start, next.end, 'Two entries on one line need a comma between them.')
  }
}

const lowerObject = (lowering: Lowering, node: Concrete): Expression => {
  const { source, view } = lowering
  const brace = node.start
  checkSeparators(lowering, node.children, brace, node.end - 1)
  const items: { readonly at: number; readonly item: ObjectItem }[] = []
  for (const child of node.children) {
    const item = child.type === 'object_elem' ? lowerItem(lowering, child, brace) : undefined
    if (child.type !== 'object_elem') reportError(lowering, child)
    if (item) items.push({ at: child.start, item })
  }
  for (const constant of view.constants.get(brace) ?? []) {
    const { start, end } = constant.name
    const key: Literal = { type: 'literal', value: nameAt(lowering, constant.name).text, source, start, end }
    items.push({ at: start, item: { key, bare: true, value: lowerConstantItem(lowering, constant) } })
  }
  items.sort((a, b) => a.at - b.at)
  return { type: 'object', items: items.map(({ item }) => item), source, start: node.start, end: node.end }
}

const lowerFor = (lowering: Lowering, node: Concrete): Expression => {
  const { source, view } = lowering
  const rest = node.children.filter(({ type }) => type !== 'identifier' && type !== 'for_cond' && type !== 'ellipsis')
  const names: readonly Name[] = node.children
    .filter(({ type }) => type === 'identifier')
    .map((name) => nameAt(lowering, name))
  const [collection, first, second] = rest
  const [key, value] = names.length > 1 ? names : [undefined, names[0]]
  const isObject = node.type === 'for_object_expr'
  const result = isObject ? second : first
  if (!collection || !value || !first || !result || (view.constants.get(node.start) ?? []).length > 0)
    return failed(lowering, node)
  const condition = node.children.find(({ type }) => type === 'for_cond')?.children[0]
  return {
    type: 'for',
    ...(key && { key }),
    value,
    collection: lowerExpression(lowering, collection),
    ...(isObject && { resultKey: lowerExpression(lowering, first) }),
    result: lowerExpression(lowering, result),
    ...(condition && { condition: lowerExpression(lowering, condition) }),
    group: node.children.some(({ type }) => type === 'ellipsis'),
    source,
    start: node.start,
    end: node.end,
  } satisfies ForExpression
}

/** The grammar reads `a ? b : c ? d : e` from the left, HCL from the right. */
const lowerConditional = (lowering: Lowering, node: Concrete): Expression => {
  const conditions: Concrete[] = []
  const thens: Concrete[] = []
  let rest: Concrete[] = []
  let current: Concrete | undefined = node
  while (current?.type === 'conditional') {
    const [condition, then, otherwise]: readonly (Concrete | undefined)[] = current.children
    if (!condition || !then || !otherwise) return failed(lowering, node)
    rest = [otherwise, ...rest]
    thens.unshift(then)
    conditions.unshift(condition)
    current = condition
  }
  return rebuildConditional(lowering, node, { conditions, thens, rest })
}

interface Chain {
  readonly conditions: readonly Concrete[]
  readonly thens: readonly Concrete[]
  readonly rest: readonly Concrete[]
}

const rebuildConditional = (lowering: Lowering, node: Concrete, { conditions, thens, rest }: Chain): Expression => {
  const { source } = lowering
  const last = rest.at(-1)
  if (!last) return failed(lowering, node)
  let result = lowerExpression(lowering, last)
  for (let i = thens.length - 1; i >= 0; i--) {
    const condition = i === 0 ? conditions[0] : rest[i - 1]
    const then = thens[i]
    if (!condition || !then) return failed(lowering, node)
    result = {
      type: 'conditional',
      condition: lowerExpression(lowering, condition),
      whenTrue: lowerExpression(lowering, then),
      whenFalse: result,
      source,
      start: condition.start,
      end: node.end,
    } satisfies Conditional
  }
  return result
}

const lowerUnary = (lowering: Lowering, node: Concrete): Expression => {
  const [operator, ...operand] = node.children
  if (!operator || operand.length === 0) return failed(lowering, node)
  const { source } = lowering
  const place = { source, start: node.start, end: node.end }
  return { type: 'unary', operator: operator.type as UnaryOperator, operand: lowerTerm(lowering, operand), ...place }
}

const OPERATORS: ReadonlySet<string> = new Set([
  ...['*', '/', '%', '+', '-', '<', '<=', '>', '>='],
  ...['==', '!=', '&&', '||'],
])

const lowerBinary = (lowering: Lowering, node: Concrete): Expression => {
  const at = node.children.findIndex(({ type }) => OPERATORS.has(type))
  const operator = node.children[at]
  if (!operator || at === 0 || at === node.children.length - 1) return failed(lowering, node)
  const { source } = lowering
  return {
    type: 'binary',
    operator: operator.type as BinaryOperator,
    left: lowerTerm(lowering, node.children.slice(0, at)),
    right: lowerTerm(lowering, node.children.slice(at + 1)),
    source,
    start: node.start,
    end: node.end,
  }
}

const accessOf = (lowering: Lowering, object: Expression, step: Concrete): Expression => {
  const { source } = lowering
  const place = { source, start: object.start, end: step.end }
  const [inner] = step.children
  if (step.type === 'get_attr') {
    if (!inner) return failed(lowering, step)
    const name = nameAt(lowering, inner)
    if (name.text.includes('::')) return failed(lowering, step)
    return { type: 'attribute', object, name, ...place }
  }
  if (step.type === 'legacy_index') {
    const number = source.text.slice(step.start, step.end).replace(/^\.\s*/, '')
    const key: Literal = { type: 'literal', value: { number }, source, start: step.start + 1, end: step.end }
    return { type: 'index', object, key, ...place }
  }
  if (!inner) return failed(lowering, step)
  return { type: 'index', object, key: lowerExpression(lowering, inner), ...place }
}

/** A splat takes the accesses after it: all of them after `[*]`, attributes only after `.*`. */
const splatOf = (lowering: Lowering, object: Expression, steps: readonly Concrete[]): Expression => {
  const [splat, ...rest] = steps
  if (!splat) return object
  const full = splat.type === 'full_splat'
  const inner = [...splat.children, ...rest]
  const isAttribute = ({ type }: Concrete): boolean => type === 'get_attr' || type === 'legacy_index'
  const split = full ? inner.length : inner.findIndex((step) => !isAttribute(step))
  const count = split < 0 ? inner.length : split
  const { source } = lowering
  const item: SplatItem = { type: 'splat-item', source, start: object.start, end: splat.end }
  const each = applySteps(lowering, item, inner.slice(0, count))
  const end = inner[count - 1]?.end ?? splat.end
  const next = inner[count]
  if (next && !full && next.type === 'attr_splat')
    lowering.report(next.start, next.end, 'A ".*" cannot follow another one. Use "[*]" instead.')
  return applySteps(lowering, { type: 'splat', object, each, source, start: object.start, end }, inner.slice(count))
}

const applySteps = (lowering: Lowering, object: Expression, steps: readonly Concrete[]): Expression => {
  let result = object
  for (const [index, step] of steps.entries()) {
    if (step.type === 'attr_splat' || step.type === 'full_splat') return splatOf(lowering, result, steps.slice(index))
    result = accessOf(lowering, result, step)
  }
  return result
}

/** A term and the accesses after it; the grammar lists them side by side. */
const lowerTerm = (lowering: Lowering, nodes: readonly Concrete[]): Expression => {
  const [first, second, third] = nodes
  if (!first) throw new Error('a term without nodes')
  const { source } = lowering
  const parenthesized = first.type === '('
  const head = parenthesized ? second : first
  if (!head || (parenthesized && third?.type !== ')')) return failed(lowering, first)
  const steps = nodes.slice(parenthesized ? 3 : 1)
  const stray = steps.find(({ type }) => !POSTFIX.has(type))
  if (stray) return failed(lowering, stray)
  const inner = lowerExpression(lowering, head)
  const term: Expression = parenthesized
    ? { type: 'parentheses', expression: inner, source, start: first.start, end: third?.end ?? head.end }
    : inner
  return steps.length === 0 ? term : applySteps(lowering, term, steps)
}

/** Turns one expression of the grammar's tree into ours. */
export const lowerExpression = (lowering: Lowering, node: Concrete): Expression => {
  switch (node.type) {
    case 'numeric_lit':
    case 'bool_lit':
    case 'null_lit':
      return lowerConstant(lowering, node)
    case 'string_lit':
    case 'quoted_template':
      return lowerTemplate(lowering, node)
    case 'variable_expr':
      return lowerVariable(lowering, node)
    case 'expression':
      return lowerTerm(lowering, node.children)
    case 'function_call':
      return lowerCall(lowering, node)
    case 'tuple': {
      const items = node.children.map((item) => lowerExpression(lowering, item))
      return { type: 'tuple', items, source: lowering.source, start: node.start, end: node.end }
    }
    case 'object':
      return lowerObject(lowering, node)
    case 'for_tuple_expr':
    case 'for_object_expr':
      return lowerFor(lowering, node)
    case 'conditional':
      return lowerConditional(lowering, node)
    case 'unary_operation':
      return lowerUnary(lowering, node)
    case 'binary_operation':
      return lowerBinary(lowering, node)
    default:
      return failed(lowering, node)
  }
}
