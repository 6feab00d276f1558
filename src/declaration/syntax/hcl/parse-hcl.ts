import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import { explainSyntax } from '../../explain/explain-syntax.ts'
import { collectFindings } from '../findings.ts'
import { MAX_DEPTH, MAX_NESTING, MAX_TEXT, MAX_TOKENS } from '../limits.ts'
import { relocated } from '../relocate.ts'
import { embeddedSource, type Source } from '../source.ts'
import type { Body, Expression } from '../tree.ts'
import type { Concrete, ConcreteTree } from './concrete.ts'
import { type Grammar, hclGrammar } from './grammar.ts'
import { type GrammarView, grammarView } from './grammar-view.ts'
import { type Lexed, lexHcl, lexTemplate } from './lexer.ts'
import { lowerFile } from './lower-body.ts'
import { lowerExpression } from './lower-expression.ts'
import { lowerTemplate } from './lower-template.ts'
import type { Lowering } from './lowering.ts'
import { parseByItems } from './parse-by-items.ts'
import { readPlainFile } from './read-plain-file.ts'
import type { SpellingKind } from './spellings.ts'

/** The result is always there; with errors it is what could be read. */
export interface Parsed<T> {
  readonly value: T
  readonly diagnostics: readonly Diagnostic[]
}

const ILL_FORMED_TEMPLATE = `The template sequence that begins here, or one after it, is not well formed. Expected is an expression between "$\{" and "}", or %{ if … } and %{ for … } with their %{ endif } and %{ endfor }.`

const tooLarge = (source: Source): Diagnostic =>
  diagnose('declaration.too-large', {
    detail: `This text has ${source.text.length} characters; mpc reads up to ${MAX_TEXT}. Split it into several files, or generate less.`,
    range: source.rangeAt(0, 0),
  })

const tooDeep = (source: Source, start: number, end: number): Diagnostic =>
  diagnose('declaration.too-deep', {
    detail: `Brackets and templates may be nested ${MAX_NESTING} deep, and an expression may chain a few hundred operators. Move parts of it into locals.`,
    range: source.rangeAt(start, end),
  })

interface ParserSession {
  readonly lowering: Lowering
  readonly diagnostics: readonly Diagnostic[]
  readonly isFull: () => boolean
}

/** One report a line: what follows the first error on a line is mostly its consequence. */
const startSession = (source: Source, view: GrammarView): ParserSession => {
  const findings = collectFindings()
  const lines = new Set<number>()
  const report = (start: number, end: number, detail: string): void => {
    if (findings.isFull()) return
    const range = source.rangeAt(start, end)
    if (lines.has(range.start.line)) return
    lines.add(range.start.line)
    findings.add(diagnose('declaration.syntax', { detail, range }))
  }
  const lowering: Lowering = {
    source,
    view,
    report,
    isExplained: () => lines.size > 0,
    expression: (node) => lowerExpression(lowering, node),
  }
  return { lowering, diagnostics: findings.diagnostics, isFull: findings.isFull }
}

const reportLexical = ({ lowering }: ParserSession, lexed: Lexed, view: GrammarView, { text }: Source): void => {
  const explained = explainSyntax(text, lexed.tokens, lexed.problems)
  for (const { start, end, detail } of [...lexed.problems, ...view.problems, ...explained])
    lowering.report(start, end, detail)
}

/** What keeps a text from being parsed although nothing in it is wrong by itself. */
const proportionProblem = (source: Source, lexed: Lexed, tree?: ConcreteTree): Diagnostic | undefined => {
  const { tooDeep: deep, tooMany: many } = lexed
  if (deep) return tooDeep(source, deep.start, deep.end)
  if (!many) return tree && tree.depth > MAX_DEPTH ? tooDeep(source, 0, 0) : undefined
  const detail = `This text has more than ${MAX_TOKENS} words and signs. Split it into several files, or keep the data in a file that is read with yamldecode().`
  return diagnose('declaration.too-large', { detail, range: source.rangeAt(many.start, many.end) })
}

const emptyBody = (source: Source): Body => ({
  items: [],
  source,
  start: 0,
  end: source.text.length,
})

/** Parses with the grammar given; `parseHcl` loads it. */
export const parseHclWith = (grammar: Grammar, source: Source): Parsed<Body> => {
  if (source.text.length > MAX_TEXT) return { value: emptyBody(source), diagnostics: [tooLarge(source)] }
  const plain = readPlainFile(source, grammar.spellings)
  return plain ? { value: plain, diagnostics: [] } : parseWhole(grammar, source)
}

/** The long way, which finds what is wrong. */
const parseWhole = (grammar: Grammar, source: Source): Parsed<Body> => {
  const lexed = lexHcl(source.text)
  const outsize = proportionProblem(source, lexed)
  if (outsize) return { value: emptyBody(source), diagnostics: [outsize] }
  const view = grammarView(source.text, lexed.tokens)
  const session = startSession(source, view)
  reportLexical(session, lexed, view, source)
  // Where hardly a line is right, no more can be said than has been.
  if (session.isFull()) return { value: emptyBody(source), diagnostics: session.diagnostics }
  const whole = session.diagnostics.length === 0 ? grammar.parse(view.text) : undefined
  const tree = whole ?? parseByItems(grammar, view, lexed.tokens)
  const deep = proportionProblem(source, lexed, tree)
  if (deep) return { value: emptyBody(source), diagnostics: [deep] }
  return {
    value: lowerFile(session.lowering, tree.root),
    diagnostics: session.diagnostics,
  }
}

/** Reads an HCL file into the tree. Every problem is collected; never throws for what the text holds. */
export const parseHcl = async (source: Source): Promise<Parsed<Body>> => parseHclWith(await hclGrammar(), source)

/** Text of its own for an expression, so that the grammar sees a file with one attribute. */
const framed = (outer: Source, before: string, after: string): Source => {
  const { length } = outer.text
  const text = `${before}${outer.text}${after}`
  return embeddedSource(outer, text, (offset) => Math.min(Math.max(offset - before.length, 0), length))
}

const invalid = (source: Source): Expression => ({
  type: 'invalid',
  source,
  start: 0,
  end: source.text.length,
})

const firstValue = (tree: ConcreteTree): Concrete | undefined => {
  const [attribute, ...others] = tree.root.children
  const [name, value, ...more] = attribute?.children ?? []
  return attribute?.type === 'attribute' && name && others.length === 0 && more.length === 0 ? value : undefined
}

const isCut = ({ tooDeep: deep, tooMany: many }: Lexed): boolean => deep !== undefined || many !== undefined

/** An expression or template without any problem; undefined where the long way has to find out what is wrong. */
const plainExpression = ({ spellings }: Grammar, kind: SpellingKind, source: Source): Expression | undefined => {
  const known = spellings.known(kind, source.text)
  if (known) return relocated(known, { source, by: 0 })
  const lexed = kind === 'template' ? lexTemplate(source.text) : lexHcl(source.text)
  if (isCut(lexed) || lexed.problems.length > 0) return undefined
  return spellings.read(kind, [{ source, tokens: lexed.tokens }])?.[0]
}

const withoutParentheses = (expression: Expression): Expression =>
  expression.type === 'parentheses' ? expression.expression : expression

/** The frame around an expression is not of its text: nobody is told of its parenthesis. */
const withoutFrame = ({ text }: Source, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  text.includes('(')
    ? diagnostics
    : diagnostics.map((diagnostic) => ({
        ...diagnostic,
        detail: diagnostic.detail.replace(
          /^"\)" is expected here, not (.*)\.$/,
          'The value is complete before $1. Lists stand in brackets, ["a", "b"], and text in double quotes.',
        ),
      }))

/** Reads one expression. Line breaks are free, as inside parentheses. */
export const parseExpressionWith = (grammar: Grammar, outer: Source): Parsed<Expression> => {
  if (outer.text.length > MAX_TEXT) return { value: invalid(outer), diagnostics: [tooLarge(outer)] }
  const plain = plainExpression(grammar, 'expression', outer)
  if (plain) return { value: plain, diagnostics: [] }
  const source = framed(outer, '_=(', '\n)')
  const lexed = lexHcl(source.text)
  const view = grammarView(source.text, lexed.tokens)
  const tree = isCut(lexed) ? undefined : grammar.parse(view.text)
  const deep = proportionProblem(outer, lexed, tree)
  if (deep) return { value: invalid(source), diagnostics: [deep] }
  const session = startSession(source, view)
  reportLexical(session, lexed, view, source)
  const value = tree && firstValue(tree)
  if (!value) {
    session.lowering.report(
      3,
      source.text.length - 2,
      'This is not an expression. Write one such as "text", 12, var.name or [a, b].',
    )
    return { value: invalid(source), diagnostics: withoutFrame(outer, session.diagnostics) }
  }
  const expression = withoutParentheses(session.lowering.expression(value))
  return { value: expression, diagnostics: withoutFrame(outer, session.diagnostics) }
}

/** The tokens of a template with those of the frame around it. */
const quotedTokens = (lexed: Lexed, { text }: Source): Lexed => ({
  ...lexed,
  tokens: [
    { type: 'identifier', start: 0, end: 1 },
    { type: 'operator', start: 1, end: 2 },
    { type: 'quote-open', start: 2, end: 3 },
    ...lexed.tokens,
    { type: 'quote-close', start: text.length - 1, end: text.length },
  ],
})

const lowerBare = (lowering: Lowering, value: Concrete): Expression =>
  lowerTemplate(lowering, { ...value, start: 2 }, { bare: true })

/** Reads a template without quotes: a template file, a string of a YAML file. */
export const parseTemplateWith = (grammar: Grammar, outer: Source): Parsed<Expression> => {
  if (outer.text.length > MAX_TEXT) return { value: invalid(outer), diagnostics: [tooLarge(outer)] }
  const plain = plainExpression(grammar, 'template', outer)
  if (plain) return { value: plain, diagnostics: [] }
  const lexed = lexTemplate(outer.text)
  const source = framed(outer, '_="', '"')
  const shifted: Lexed = {
    ...lexed,
    tokens: lexed.tokens.map((token) => ({
      ...token,
      start: token.start + 3,
      end: token.end + 3,
    })),
    problems: lexed.problems.map((found) => ({
      ...found,
      start: found.start + 3,
      end: found.end + 3,
    })),
  }
  const raw = grammarView(source.text, shifted.tokens, 2)
  const view: GrammarView = { ...raw, text: `_="${raw.text.slice(3, -1)}"` }
  const tree = isCut(lexed) ? undefined : grammar.parse(view.text)
  const deep = proportionProblem(outer, lexed, tree)
  if (deep) return { value: invalid(source), diagnostics: [deep] }
  const session = startSession(source, view)
  reportLexical(session, quotedTokens(shifted, source), view, source)
  const value = tree && firstValue(tree)
  if (!value) {
    const at = lexed.tokens.find(({ type }) => type === 'template-open')
    session.lowering.report((at?.start ?? 0) + 3, (at?.end ?? 0) + 3, ILL_FORMED_TEMPLATE)
    return { value: invalid(source), diagnostics: session.diagnostics }
  }
  return {
    value: lowerBare(session.lowering, value),
    diagnostics: session.diagnostics,
  }
}
