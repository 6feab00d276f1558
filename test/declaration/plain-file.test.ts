import { test } from 'uvu'
import { equal, ok } from 'uvu/assert'
import { type Grammar, hclGrammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { parseExpressionWith, parseHclWith, parseTemplateWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { readPlainFile } from '../../src/declaration/syntax/hcl/read-plain-file.ts'
import { fileSource, rangeOf } from '../../src/declaration/syntax/source.ts'
import { fixtureExpressions } from './expression-fixtures.ts'
import { expression, generatedFile, mutated } from './generated-hcl.ts'
import { seeded } from './random.ts'

const short = await hclGrammar()

/** Reads every text the long way. */
const long: Grammar = { ...short, spellings: { known: () => undefined, read: () => undefined } }

const isLocated = (value: object): value is Parameters<typeof rangeOf>[0] => 'source' in value && 'start' in value

/** A tree as data, with the places in the file a person sees. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !['source', 'start', 'end'].includes(key))
  const inner = Object.fromEntries(entries.map(([key, one]) => [key, plain(one)]))
  return isLocated(value) ? { ...inner, range: rangeOf(value) } : inner
}

type Parse = (
  grammar: Grammar,
  text: string,
) => ReturnType<typeof parseHclWith> | ReturnType<typeof parseExpressionWith>

const parseFile: Parse = (grammar, text) => parseHclWith(grammar, fileSource('f', text))
const parseExpression: Parse = (grammar, text) => parseExpressionWith(grammar, fileSource('f', text))
const parseTemplate: Parse = (grammar, text) => parseTemplateWith(grammar, fileSource('f', text))

const same = (parse: Parse, text: string): void => {
  const [one, other] = [parse(short, text), parse(long, text)]
  equal(plain(one.value), plain(other.value), JSON.stringify(text))
  equal(one.diagnostics, other.diagnostics, JSON.stringify(text))
  equal(plain(parse(short, text).value), plain(other.value), `read again: ${JSON.stringify(text)}`)
}

test('the short way reads a file as the long way does, with the same places', () => {
  const random = seeded(11)
  let taken = 0
  for (let count = 0; count < 400; count++) {
    const text = generatedFile(random)
    if (readPlainFile(fileSource('f', text), short.spellings)) taken++
    same(parseFile, text)
    same(parseFile, mutated(random, text))
  }
  ok(taken > 200, `only ${taken} of 400 files went the short way`)
})

test('the short way reads an expression and a template as the long way does', () => {
  const random = seeded(12)
  const generated = Array.from({ length: 300 }, () => expression(random, 3))
  for (const text of [...fixtureExpressions(), ...generated]) {
    same(parseExpression, text)
    same(parseTemplate, `a \${${text}} b`)
  }
})

for (const [what, text] of Object.entries({
  'a byte order mark': '\uFEFFa = 1\nb = x.y\n',
  'comments everywhere':
    '# a\na = 1 # b\nb /* c */ = /* d */ x + /* e\n f */ 1 // g\nvm "x" /* h */ "y" { # i\n  c = y /* j */\n} // k\n',
  'blocks on one line': 'a {}\nb { c = d.e }\nf "g" { h = [1, 2] } # i\n',
  heredocs: `a = <<E\n  x \${y}\nE\nb = <<-E\n    x\n  y %{ if z }1%{ endif }\n  E\nc = 1\n`,
  'values over several lines': 'a = [\n  1, # one\n  2,\n]\nb = {\n  c = 1\n  d = x.y\n  "e" = f(\n    1,\n  )\n}\n',
  'escapes that make one character of two': `a = "e\\u0301"\nvm "u\\u0308" {\n  b = "o\\u0308\${x.y}"\n}\n`,
  'line ends of Windows': `a = 1\r\nb = [\r\n  x.y,\r\n]\r\nvm "x" {\r\n  c = "\${d}"\r\n}\r\n`,
  'words beyond ASCII': `ä-ö = "é\${ü}"\nvm "ñ" {\n  x = ß.à\n}\n`,
  'the same spelling at several places': `a = x.y\nb = x.y\nc = "\${x.y}-1"\nd = "\${x.y}-1"\nvm "e" {\n  f = x.y\n}\n`,
}))
  test(`the short way reads ${what} as the long way does`, () => {
    ok(readPlainFile(fileSource('f', text), short.spellings), 'it goes the short way')
    same(parseFile, text)
  })

test.run()
