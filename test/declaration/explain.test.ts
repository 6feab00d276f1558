import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { explainSyntax } from '../../src/declaration/explain/explain-syntax.ts'
import { loadReferee } from '../../src/declaration/referee/second-opinion.ts'
import { lexHcl } from '../../src/declaration/syntax/hcl/lexer.ts'
import { parseHcl } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'

const explain = (text: string): readonly string[] => {
  const { tokens, problems } = lexHcl(text)
  return explainSyntax(text, tokens, problems).map(({ start, end, detail }) => `${text.slice(start, end)}: ${detail}`)
}

const cases: readonly (readonly [what: string, text: string, finding: RegExp])[] = [
  ['a missing value', 'a =\n', /^=: A value is missing after "="/],
  ['a colon for an equals sign', 'a: 1\n', /^:: HCL sets values with "="/],
  ['a missing comma', 'a = ["x" "y"]\n', /^": A comma is missing before a string/],
  ['a missing comma in a map', 'a = { b = 1 c = 2 }\n', /^c: A comma or a line break is missing/],
  ['names in a list', 'a = [b = 1]\n', /^=: A list holds values without names/],
  ['a lone name', 'a\n', /^a: "a" stands alone/],
  ['a block after an equals sign', 'a "b" = {\n}\n', /^=: A block has no "="/],
  ['a label that is a number', 'a 1 {\n}\n', /^1: .*a "1"/],
  ['an assignment with an operator', 'a += 1\n', /^\+: There is no "\+="/],
  ['a comparison for an assignment', 'a == 1\n', /^==: "==" compares/],
  ['an assignment for a comparison', 'a = b = 1\n', /^=: .*"=="/],
  ['a dotted name', 'a.b = 1\n', /^\.: .*plain name/],
  ['a quoted name', '"a" = 1\n', /^": A name stands here without quotes/],
  ['two on a line', 'a = 1 b = 2\n', /^b: .*line of its own/],
  ['a comma after an attribute', 'a = 1,\nb = 2\n', /^,: No comma/],
  ['a condition with one result', 'a = b ? 1\n', /^\?: A condition has two results/],
  ['half an operator', 'a = b & c\n', /^&: .*"&&"/],
  ['an operand that is missing', 'a = 1 + * 2\n', /^\*: /],
  ['an expression over lines', 'a = 1 +\n  2\n', /^\+: .*parentheses/],
  ['a for without in', 'a = [for x [1] : x]\n', /^\[: .*comes "in"/],
  ['a for without a colon', 'a = [for x in y x]\n', /^x: A colon/],
  ['a for without a key', 'a = { for x in y : x }\n', /^}: .*a key and a value/],
  ['a dot without a name', 'a = b.\n', /^\n?: After a dot|^\.: After a dot/],
  ['an unknown directive', 'a = "%{unless b}%{endif}"\n', /^unless: There is no directive/],
  ['a directive without its end', 'a = "%{if b}"\n', /^%\{: This %\{if …\} has no %\{endif\}/],
  ['an end without its directive', 'a = "%{endfor}"\n', /^endfor: .*no %\{for/],
  ['a block with two attributes on its line', 'a { b = 1, c = 2 }\n', /^,: No comma/],
  ['a block in a block on one line', 'a { b { } }\n', /^b: A block on one line/],
  ['a block that does not end on its line', 'a { b = 1\n}\n', /^b: .*also ends on it/],
  ['an entry without a value', 'a = { b }\n', /^b: .*Write b = …/],
]

for (const [what, text, finding] of cases)
  test(`the explanation of ${what}`, () => {
    const [first = '', ...others] = explain(text)
    assert.match(first, finding)
    assert.equal(others, [])
  })

test('each wrong line is explained, and a mistake hides none below it', () => {
  const text = 'vm "a" = {\n  b =\n  c: 1\n  d = [1 2]\n  e = 1\n}\n\nvm "b" {\n  f\n}\n'
  assert.is(explain(text).length, 5)
})

const texts = (): readonly string[] =>
  ['examples', 'fixtures/declarations/valid', 'fixtures/declarations/format'].flatMap((folder) =>
    readdirSync(join(process.cwd(), folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.hcl'))
      .map((file) => readFileSync(join(process.cwd(), folder, file), 'utf8')),
  )

test('there is nothing to explain in what is right', () => {
  for (const text of texts()) assert.equal(explain(text), [])
})

/** Numbers below a limit, the same each time. */
const randomFrom = (seed: number): ((limit: number) => number) => {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** A name set twice is no matter of the order of tokens. */
const isSetTwice = async (text: string): Promise<boolean> =>
  (await parseHcl(fileSource('test.hcl', text))).diagnostics.some(({ detail }) => detail.includes('already set'))

const mutated = (text: string, random: (limit: number) => number): string => {
  const { tokens } = lexHcl(text)
  const token = tokens[random(tokens.length)]
  const other = tokens[random(tokens.length)]
  if (!token || !other) return text
  const [before, own, after] = [text.slice(0, token.start), text.slice(token.start, token.end), text.slice(token.end)]
  const change = random(3)
  if (change === 0) return before + after
  return change === 1 ? `${before}${own} ${own}${after}` : `${before}${text.slice(other.start, other.end)}${after}`
}

/** The blocks of a file, each a text of its own: HashiCorp's parser takes its time over long ones. */
const blocksOf = (text: string): readonly string[] => text.split(/\n(?=\w)/).map((block) => `${block}\n`)

test("what HashiCorp's parser refuses is explained, and what it takes is not", async () => {
  const accepts = await loadReferee()
  const random = randomFrom(11)
  const originals = texts().flatMap(blocksOf)
  const wrong: string[] = []
  const count = { refused: 0, accepted: 0 }
  for (let round = 0; round < 600; round++) {
    const text = mutated(originals[round % originals.length] ?? '', random)
    const { tokens, problems } = lexHcl(text)
    const explained = explainSyntax(text, tokens, problems).length + problems.length > 0
    const refused = !accepts(text)
    count[refused ? 'refused' : 'accepted']++
    if (refused !== explained && !(await isSetTwice(text))) wrong.push(`${refused ? 'refused' : 'accepted'}: ${text}`)
  }
  assert.equal(wrong, [])
  assert.ok(count.refused > 100 && count.accepted > 100, JSON.stringify(count))
})

test.run()
