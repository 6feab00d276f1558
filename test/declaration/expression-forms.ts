import type { Grammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { parseExpressionWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'
import type { Expression, ObjectItem, TemplatePart } from '../../src/declaration/syntax/tree.ts'
import { walkExpression } from '../../src/declaration/syntax/walk.ts'

const OPERATORS = ['*', '/', '%', '+', '-', '<', '<=', '>', '>=', '==', '!=', '&&', '||']

/** What the spelling of an expression shows and its tree does not. */
const SPELLINGS: { readonly [form: string]: RegExp } = {
  'strip after ${': /\$\{~/,
  'strip before }': /\$\{[^}]*~\}/,
  'strip after %{': /%\{~/,
  'strip before } of a directive': /%\{[^}]*~\}/,
  heredoc: /<<[A-Z]/,
  'indented heredoc': /<<-[A-Z]/,
  'interpolation in a heredoc': /<<-?([A-Z]+)\n(?:(?!\1)[\s\S])*?\$\{/,
  'directive in a heredoc': /<<-?([A-Z]+)\n(?:(?!\1)[\s\S])*?%\{/,
  'escaped ${': /\$\$\{/,
  'escaped %{': /%%\{/,
  'escape \\n': /"[^"]*\\n/,
  'escape \\r': /"[^"]*\\r/,
  'escape \\t': /"[^"]*\\t/,
  'escape \\"': /"[^"]*\\"/,
  'escape \\\\': /"[^"]*\\\\/,
  'escape \\u': /\\u[0-9a-fA-F]{4}/,
  'escape \\U': /\\U[0-9a-fA-F]{8}/,
  'number with exponent': /\b\d+(?:\.\d+)?[eE][+-]?\d/,
  'number with fraction': /\b\d+\.\d/,
  'index as an attribute': /[\w)\]]\.\d/,
  'attribute splat': /\.\*/,
  'full splat': /\[\*\]/,
  'colon in an object': /\{[^}?]*\w+\s*:\s/,
  'line comment': /#/,
  'slash comment': /\/\//,
  'block comment': /\/\*/,
}

/** Every form of expression the language has, each of which some expression of the fixtures must show. */
export const FORMS: readonly string[] = [
  ...OPERATORS.map((operator) => `binary ${operator}`),
  'unary -',
  'unary !',
  'conditional',
  'parentheses',
  'literal string',
  'literal number',
  'literal boolean',
  'literal null',
  'template',
  'wrap',
  'interpolation',
  'if',
  'if else',
  'for directive',
  'for directive with key',
  'tuple',
  'object',
  'bare key',
  'quoted key',
  'number key',
  'computed key',
  'template key',
  'call',
  'call with expansion',
  'attribute',
  'index',
  'splat',
  'tuple for',
  'object for',
  'for with key',
  'for with condition',
  'grouping for',
  ...Object.keys(SPELLINGS),
]

const keyForm = ({ key, bare }: ObjectItem): string => {
  if (bare) return 'bare key'
  if (key.type === 'literal') return typeof key.value === 'string' ? 'quoted key' : 'number key'
  return key.type === 'template' || key.type === 'wrap' ? 'template key' : 'computed key'
}

const literalForm = (value: unknown): string => {
  if (value === null) return 'literal null'
  return typeof value === 'object' ? 'literal number' : `literal ${typeof value}`
}

const partForms = (part: TemplatePart): readonly string[] => {
  switch (part.type) {
    case 'text':
      return []
    case 'interpolation':
      return ['interpolation']
    case 'if':
      return [
        'if',
        ...(part.whenFalse.length > 0 ? ['if else'] : []),
        ...[...part.whenTrue, ...part.whenFalse].flatMap(partForms),
      ]
    case 'for':
      return ['for directive', ...(part.key ? ['for directive with key'] : []), ...part.body.flatMap(partForms)]
  }
}

const formsOf = (node: Expression): readonly string[] => {
  switch (node.type) {
    case 'literal':
      return [literalForm(node.value)]
    case 'binary':
    case 'unary':
      return [`${node.type} ${node.operator}`]
    case 'template':
      return ['template', ...node.parts.flatMap(partForms)]
    case 'object':
      return ['object', ...node.items.map(keyForm)]
    case 'call':
      return ['call', ...(node.expand ? ['call with expansion'] : [])]
    case 'for':
      return [
        node.resultKey ? 'object for' : 'tuple for',
        ...(node.key ? ['for with key'] : []),
        ...(node.condition ? ['for with condition'] : []),
        ...(node.group ? ['grouping for'] : []),
      ]
    default:
      return [node.type]
  }
}

/** The functions that expressions call and the forms they show. */
export const formsIn = (
  expressions: readonly string[],
  grammar: Grammar,
): { readonly functions: ReadonlySet<string>; readonly forms: ReadonlySet<string> } => {
  const functions = new Set<string>()
  const forms = new Set<string>()
  for (const expression of expressions) {
    const { value, diagnostics } = parseExpressionWith(grammar, fileSource('expression', expression))
    if (diagnostics.length > 0) continue
    for (const [form, pattern] of Object.entries(SPELLINGS)) if (pattern.test(expression)) forms.add(form)
    walkExpression(value, (node) => {
      for (const form of formsOf(node)) forms.add(form)
      if (node.type === 'call') functions.add(node.name.text.replace(/^core::/, ''))
    })
  }
  return { functions, forms }
}
