import { test } from 'uvu'
import { equal, ok } from 'uvu/assert'
import { evaluate } from '../../src/declaration/eval/evaluate.ts'
import type { Evaluation } from '../../src/declaration/eval/evaluation.ts'
import { FAILED, type Value } from '../../src/declaration/eval/value.ts'
import { valueText } from '../../src/declaration/eval/value-text.ts'
import { lateLibraries } from '../../src/declaration/functions/call/late-libraries.ts'
import { functionTable } from '../../src/declaration/functions/function-table.ts'
import { hclGrammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { parseExpressionWith, parseHclWith, parseTemplateWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { MAX_DETAIL, MAX_FINDINGS, MAX_TEXT, MAX_WORK } from '../../src/declaration/syntax/limits.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'
import { FILE_SHAPE } from '../../src/declaration/syntax/yaml/block-shape.ts'
import { parseYaml } from '../../src/declaration/syntax/yaml/parse-yaml.ts'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import { fixtureExpressions } from './expression-fixtures.ts'
import { generatedFile, mutated } from './generated-hcl.ts'
import { load, loadHcl, problemsOf } from './load.ts'
import { type Random, seeded } from './random.ts'

const grammar = await hclGrammar()
const libraries = lateLibraries()
for (const name of ['yaml', 're2js', 'ip-address'] as const) libraries.get(name)
await libraries.fill()

const functions = functionTable({
  read: () => ({ kind: 'missing', code: 'ENOENT', reason: 'there is no such file' }),
  list: () => ({ files: [] }),
  library: libraries.get,
  parseTemplate: (source) => parseTemplateWith(grammar, source),
  now: undefined,
  home: undefined,
  workspace: '/w',
})

/** Places lie inside the text, and there are never more problems than anyone would read. */
const soundProblems = (diagnostics: readonly Diagnostic[], text: string): void => {
  ok(diagnostics.length <= MAX_FINDINGS + 1, `${diagnostics.length} problems: ${text}`)
  const bytes = Buffer.byteLength(text)
  for (const { range, detail } of diagnostics) {
    ok(range && range.start.byte <= range.end.byte && range.end.byte <= bytes, `outside of: ${text}`)
    ok(detail.length > 0 && detail.length <= MAX_DETAIL + 2, text)
  }
}

type Parse = typeof parseExpressionWith

const evaluateText = (parse: Parse, text: string): { readonly value: Value; readonly problems: number } => {
  const parsed = parse(grammar, fileSource('e', text))
  soundProblems(parsed.diagnostics, text)
  let problems = parsed.diagnostics.length
  const evaluation: Evaluation = {
    work: { left: MAX_WORK },
    report: () => {
      problems++
    },
    resolve: (names, at, within) => {
      within.report({ code: 'declaration.unknown-reference', detail: names.join('.'), at })
      return { value: FAILED, used: names.length }
    },
    functions,
    bindings: undefined,
    splatItem: undefined,
    evaluate,
  }
  return { value: evaluate(parsed.value, evaluation), problems }
}

const manyTimes = (random: Random, text: string): string => {
  let result = text
  for (let i = random.below(4); i >= 0; i--) result = mutated(random, result)
  return result
}

const evaluated = (parse: Parse, text: string): void => {
  const { value, problems } = evaluateText(parse, text)
  ok(valueText(value).length >= 0)
  ok(value !== FAILED || problems > 0, `failed without a problem: ${text}`)
}

test('7,000 mutated expressions are evaluated or refused, and never crash', () => {
  const random = seeded(1)
  const expressions = fixtureExpressions()
  for (let i = 0; i < 7000; i++) evaluated(parseExpressionWith, manyTimes(random, random.pick(expressions)))
})

test('2,000 mutated templates are evaluated or refused, and never crash', () => {
  const random = seeded(6)
  const expressions = fixtureExpressions().filter((text) => text.length < 200)
  const pieces: readonly ((inner: string) => string)[] = [
    (inner) => `a \${${inner}} b`,
    (inner) => `%{ if ${inner} == 1 ~}\n\${${inner}}\n%{ else }no%{ endif }`,
    (inner) => `%{ for k, v in [${inner}] ~}\n\${k}: \${v}\n%{ endfor ~}`,
  ]
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: 1 + random.below(3) }, () => random.pick(pieces)(random.pick(expressions)))
    evaluated(parseTemplateWith, manyTimes(random, text.join('\n')))
  }
})

test('7,000 mutated files are read or refused, and never crash', () => {
  const random = seeded(2)
  for (let i = 0; i < 7000; i++) {
    const text = manyTimes(random, generatedFile(random))
    const { value, diagnostics } = parseHclWith(grammar, fileSource('f', text))
    ok(value.items.length >= 0)
    soundProblems(diagnostics, text)
  }
})

const YAML = `variable:
  a: { type: list(string), default: [x, y] }
locals:
  b: "\${[for x in var.a : upper(x)]}"
  c: |
    line one
    line \${two}
  d: &anchor { e: 1 }
  f: *anchor
vm:
  web:
    count: 2
    node: pve1
    name: "web-\${count.index}"
    disk: { scsi0: { storage: local-lvm, size: 32G } }
    lifecycle: { ignore_changes: [cores] }
`

test('3,000 mutated YAML files are read or refused, and never crash', async () => {
  const random = seeded(3)
  for (let i = 0; i < 3000; i++) {
    const text = manyTimes(random, YAML)
    const { value, diagnostics } = await parseYaml(fileSource('f', text), FILE_SHAPE)
    ok(value.items.length >= 0)
    soundProblems(diagnostics, text)
  }
})

test('1,000 mutated workspaces are loaded or refused, and never crash', async () => {
  const random = seeded(4)
  const hcl = `variable "a" {
  type    = list(object({ name = string, size = optional(number, 8) }))
  default = [{ name = "x" }]
}
locals {
  b = { for x in var.a : x.name => x }
  c = local.b
}
vm "web" {
  for_each = local.c
  node     = "pve1"
  name     = each.key
  cores    = each.value.size
  dynamic "disk" {
    for_each = [0, 1]
    labels   = ["scsi\${disk.value}"]
    content { storage = "local-lvm", size = "8G" }
  }
  depends_on = [pool.p]
  lifecycle { ignore_changes = [cores] }
}
pool "p" {}
output "o" { value = vm.web["x"].name }
moved {
  from = vm.old
  to   = vm.web
}
`
  for (let i = 0; i < 500; i++) {
    for (const [name, given] of [
      ['main.mpc.hcl', hcl],
      ['main.mpc.yaml', YAML],
    ] as const) {
      const text = manyTimes(random, given)
      const { value, diagnostics } = await load({ [name]: text })
      ok(value)
      soundProblems(
        diagnostics.filter(({ range }) => range !== undefined),
        text,
      )
    }
  }
})

const codesOf = async (text: string): Promise<readonly string[]> => [
  ...new Set((await loadHcl(text)).diagnostics.map(({ code }) => code)),
]

test('nesting without end is refused with a diagnostic', async () => {
  for (const [open, close] of [
    ['[', ']'],
    ['(', ')'],
    ['{a=', '}'],
    ['f(', ')'],
    ['"${', '}"'],
    ['[for x in y : ', ']'],
  ] as const) {
    const deep = `locals {\n  a = ${open.repeat(5000)}1${close.repeat(5000)}\n}\n`
    equal(await codesOf(deep), ['declaration.too-deep'], open)
  }
  for (const chain of [
    '1 + '.repeat(20_000) + 1,
    `${'!'.repeat(20_000)}true`,
    `a${'.b'.repeat(20_000)}`,
    `${'true ? 1 : '.repeat(20_000)}1`,
  ])
    equal(await codesOf(`locals {\n  a = ${chain}\n}\n`), ['declaration.too-deep'], chain.slice(0, 20))
})

test('nesting without end in YAML is refused with a diagnostic', async () => {
  for (const text of [
    `a: ${'['.repeat(5000)}`,
    `a: ${'{a: '.repeat(5000)}`,
    Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    '- '.repeat(5000),
  ])
    equal(
      problemsOf(await load({ 'main.mpc.yaml': text })).map((problem) => problem.split(' ')[0]),
      ['declaration.too-deep'],
    )
})

test('values that wrap one another without end are refused with a diagnostic', async () => {
  const wrap = (i: number) => `  l${i} = ${i === 4999 ? '1' : `[local.l${i + 1}]`}`
  const lines = Array.from({ length: 5000 }, (_, i) => wrap(i))
  const codes = await codesOf(`locals {\n${lines.join('\n')}\n}\noutput "a" {\n  value = local.l0\n}\n`)
  equal(codes, ['declaration.too-deep'])
})

test('aliases that multiply are refused with a diagnostic', async () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`)
  const bomb = `locals:\n${lines.map((line) => `  ${line}`).join('\n')}\n`
  ok(problemsOf(await load({ 'main.mpc.yaml': bomb })).some((problem) => problem.startsWith('declaration.too-large')))
  const circle = 'locals:\n  a: &a [*a]\n'
  ok((await load({ 'main.mpc.yaml': circle })).diagnostics.length > 0)
})

test('a file or template of 10 MB is refused with a diagnostic', async () => {
  const big = 'x'.repeat(10_000_000)
  ok(big.length > MAX_TEXT)
  equal(await codesOf(`locals {\n  a = "${big}"\n}\n`), ['declaration.too-large'])
  const texts = {
    'main.mpc.hcl': 'output "a" {\n  value = templatefile("big.tmpl", {})\n}\n',
    'big.tmpl': `\${1}${big}`,
  }
  equal(problemsOf(await load(texts)), ['declaration.function-call 2:11'])
  equal(problemsOf(await load({ 'main.mpc.yaml': `locals:\n  a: ${big}\n` })), ['declaration.too-large 1:1'])
})

test('values out of all proportion are refused with one diagnostic at their place', async () => {
  for (const [expression, problem] of [
    ['1e99999999', 'declaration.invalid-expression 2:11'],
    ['format("%999999999s", "a")', 'declaration.function-call 2:18'],
    ['range(1e9)', 'declaration.function-call 2:11'],
    ['setproduct(range(1000), range(1000), range(1000))', 'declaration.too-large 2:11'],
    ['indent(1e9, "a\\nb")', 'declaration.function-call 2:18'],
    ['tonumber("1e999999")', 'declaration.function-call 2:20'],
    [
      'pow(10, 300) * 1e900 * 1e900 * pow(10, 300) * 1e900 * 1e900 * 1e900 * 1e900 * 1e900',
      'declaration.invalid-expression 2:11',
    ],
  ] as const)
    equal(problemsOf(await loadHcl(`output "a" {\n  value = ${expression}\n}\n`)), [problem], expression)
})

test('a text that doubles itself is refused before it fills the memory', async () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `  t${i + 1} = "\${local.t${i}}\${local.t${i}}"`).join('\n')
  const codes = await codesOf(`locals {\n  t0 = "ab"\n${doubling}\n}\noutput "a" {\n  value = local.t40\n}\n`)
  equal(codes, ['declaration.too-large'])
})

test('a part that is refused stays refused inside try() and can()', async () => {
  const loop = '[for a in range(1024) : [for b in range(1024) : [for c in range(1024) : c]]]'
  for (const name of ['try', 'can'])
    equal(await codesOf(`output "a" {\n  value = ${name}(${loop})\n}\n`), ['declaration.too-large'], name)
})

test('half a surrogate pair is encoded as the replacement character', async () => {
  ok((await codesOf('output "a" {\n  value = urlencode("a\uD800b")\n}\n')).length === 0)
})

test.run()
