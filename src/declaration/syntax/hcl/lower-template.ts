import type { Expression, Name, Template, TemplatePart, Wrap } from '../tree.ts'
import type { Concrete } from './concrete.ts'
import { type Lowering, nameAt, reportError } from './lowering.ts'
import { decodePlain, decodeQuoted } from './string-literal.ts'
import type { Token } from './token.ts'

/** A piece of a template before its directives are matched: text, or what stands between `${` or `%{` and `}`. */
type Piece =
  | { readonly type: 'text'; readonly start: number; readonly end: number; value: string }
  | { readonly type: 'sequence'; readonly start: number; readonly end: number; readonly node: Concrete }

const SEQUENCES: ReadonlySet<string> = new Set([
  'template_interpolation',
  'template_for_start',
  'template_for_end',
  'template_if_intro',
  'template_else_intro',
  'template_if_end',
])

const collectSequences = (nodes: readonly Concrete[], into: Concrete[]): void => {
  for (const node of nodes) {
    if (SEQUENCES.has(node.type)) into.push(node)
    else collectSequences(node.children, into)
  }
}

const textPiece = (lowering: Lowering, token: Token, quoted: boolean): Piece => {
  const raw = lowering.source.text.slice(token.start, token.end)
  if (!quoted) return { type: 'text', start: token.start, end: token.end, value: decodePlain(raw) }
  const { value, problems } = decodeQuoted(raw, token.start)
  for (const { start, end, detail } of problems) lowering.report(start, end, detail)
  return { type: 'text', start: token.start, end: token.end, value }
}

const piecesOf = (lowering: Lowering, at: number, nodes: readonly Concrete[], quoted: boolean): readonly Piece[] => {
  const sequences: Concrete[] = []
  collectSequences(nodes, sequences)
  const texts = lowering.view.texts.get(at) ?? []
  const pieces: Piece[] = []
  let next = 0
  for (const node of sequences) {
    for (let text = texts[next]; text && text.start < node.start; text = texts[++next])
      pieces.push(textPiece(lowering, text, quoted))
    pieces.push({ type: 'sequence', start: node.start, end: node.end, node })
  }
  for (const text of texts.slice(next)) pieces.push(textPiece(lowering, text, quoted))
  return pieces
}

const leadingSpace = (text: string): string => /^\s*/u.exec(text)?.[0] ?? ''

/** `<<-`: takes away the indentation that all lines share; lines of blanks only do not count. */
const removeIndentation = (pieces: readonly Piece[]): void => {
  const adjust: Extract<Piece, { type: 'text' }>[] = []
  let shared = Number.POSITIVE_INFINITY
  let newline = true
  for (const piece of pieces) {
    if (newline) {
      newline = false
      if (piece.type === 'text') {
        const space = leadingSpace(piece.value)
        const blank = space.length === piece.value.length && piece.value.endsWith('\n')
        if (!blank) {
          adjust.push(piece)
          shared = Math.min(shared, Array.from(space).length)
        }
      } else shared = 0
    }
    if (piece.type === 'text' && piece.value.endsWith('\n')) newline = true
  }
  for (const piece of adjust) piece.value = Array.from(piece.value).slice(shared).join('')
}

/** `~` eats the blanks of the piece of text right beside it. */
const strip = ({ source: { text } }: Lowering, pieces: readonly Piece[]): void => {
  for (let index = 0; index < pieces.length; index++) {
    const [piece, before, after] = [pieces[index], pieces[index - 1], pieces[index + 1]]
    if (piece?.type !== 'sequence') continue
    if (text[piece.start + 2] === '~' && before?.type === 'text') before.value = before.value.trimEnd()
    if (text[piece.end - 2] === '~' && after?.type === 'text') after.value = after.value.trimStart()
  }
}

interface Reader {
  readonly lowering: Lowering
  readonly pieces: readonly Piece[]
  at: number
}

const sequenceType = (piece: Piece | undefined): string | undefined =>
  piece?.type === 'sequence' ? piece.node.type : undefined

const readParts = (reader: Reader, until: readonly string[]): readonly TemplatePart[] => {
  const parts: TemplatePart[] = []
  for (let piece = reader.pieces[reader.at]; piece; piece = reader.pieces[reader.at]) {
    if (piece.type === 'sequence' && until.includes(piece.node.type)) break
    reader.at++
    const part = readPart(reader, piece)
    if (part) parts.push(part)
  }
  return parts
}

const expressionOf = (lowering: Lowering, node: Concrete, expression: Concrete | undefined): Expression => {
  if (expression) return lowering.expression(expression)
  lowering.report(node.start, node.end, 'This template sequence is empty. Put an expression between the braces.')
  return { type: 'invalid', source: lowering.source, start: node.start, end: node.end }
}

const readIf = (reader: Reader, node: Concrete): TemplatePart => {
  const { lowering } = reader
  const condition = expressionOf(lowering, node, node.children[0])
  const whenTrue = readParts(reader, ['template_else_intro', 'template_if_end'])
  let whenFalse: readonly TemplatePart[] = []
  if (sequenceType(reader.pieces[reader.at]) === 'template_else_intro') {
    reader.at++
    whenFalse = readParts(reader, ['template_if_end'])
  }
  const last = reader.pieces[reader.at++]
  return {
    type: 'if',
    condition,
    whenTrue,
    whenFalse,
    source: lowering.source,
    start: node.start,
    end: last?.end ?? node.end,
  }
}

const readFor = (reader: Reader, node: Concrete): TemplatePart => {
  const { lowering } = reader
  const names = node.children.filter(({ type }) => type === 'identifier').map((name) => nameAt(lowering, name))
  const collection = expressionOf(lowering, node, node.children.at(-1))
  const body = readParts(reader, ['template_for_end'])
  const last = reader.pieces[reader.at++]
  const [first, second] = names
  const value: Name = second ?? first ?? nameAt(lowering, node)
  const place = { source: lowering.source, start: node.start, end: last?.end ?? node.end }
  return { type: 'for', ...(second && first && { key: first }), value, collection, body, ...place }
}

const readPart = (reader: Reader, piece: Piece): TemplatePart | undefined => {
  const { source } = reader.lowering
  if (piece.type === 'text')
    return { type: 'text', value: piece.value.normalize('NFC'), source, start: piece.start, end: piece.end }
  const { node } = piece
  if (node.type === 'template_interpolation') {
    const expression = expressionOf(reader.lowering, node, node.children[0])
    return { type: 'interpolation', expression, source, start: node.start, end: node.end }
  }
  if (node.type === 'template_if_intro') return readIf(reader, node)
  if (node.type === 'template_for_start') return readFor(reader, node)
  reportError(reader.lowering, node)
  return undefined
}

/** A quoted string, a heredoc or, with `bare`, a template without quotes. */
export const lowerTemplate = (
  lowering: Lowering,
  node: Concrete,
  { bare = false }: { readonly bare?: boolean } = {},
): Expression => {
  const { source } = lowering
  const { start, end } = node
  const opening = source.text.slice(start, start + 3)
  const quoted = !bare && opening.startsWith('"')
  const pieces = piecesOf(lowering, start, node.children, quoted)
  strip(lowering, pieces)
  if (!bare && opening === '<<-') removeIndentation(pieces)
  const [only] = pieces
  if (pieces.length === 0) return { type: 'literal', value: '', source, start, end }
  if (pieces.every((piece) => piece.type === 'text')) {
    const value = pieces.map((piece) => (piece.type === 'text' ? piece.value : '')).join('')
    return { type: 'literal', value: value.normalize('NFC'), source, start, end }
  }
  const parts = readParts({ lowering, pieces, at: 0 }, [])
  const [part] = parts
  if (parts.length === 1 && only && part?.type === 'interpolation')
    return { type: 'wrap', expression: part.expression, source, start, end } satisfies Wrap
  return { type: 'template', parts, source, start, end } satisfies Template
}
