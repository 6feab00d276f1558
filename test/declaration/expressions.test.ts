import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import { equal, ok } from 'uvu/assert'
import { evaluate } from '../../src/declaration/eval/evaluate.ts'
import type { Evaluation } from '../../src/declaration/eval/evaluation.ts'
import { deepUnmarked, tuple } from '../../src/declaration/eval/value.ts'
import { lateLibraries } from '../../src/declaration/functions/call/late-libraries.ts'
import { functionTable } from '../../src/declaration/functions/function-table.ts'
import { hasInfinity, jsonText } from '../../src/declaration/functions/text/json-text.ts'
import { typeLayout } from '../../src/declaration/functions/type-functions.ts'
import { NO_BOUNDARY } from '../../src/declaration/module/file/file-boundary.ts'
import { fileCache } from '../../src/declaration/module/file/file-reader.ts'
import { type Grammar, hclGrammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { parseExpressionWith, parseTemplateWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { MAX_WORK } from '../../src/declaration/syntax/limits.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'
import { nodeFiles } from '../../src/io/node-files.ts'
import { fixtureExpressions, type Outcome, RECORD, recordedOutcomes } from './expression-fixtures.ts'
import { FORMS, formsIn } from './expression-forms.ts'
import { consoleLine, NO_JSON, terraformOutcomes, terraformVersion } from './terraform-console.ts'

const VERSION = '1.11.4'

/** Evaluates until every file and package is there. */
const evaluator = async (grammar: Grammar): Promise<(expression: string) => Promise<Outcome>> => {
  const cache = fileCache(nodeFiles, `${process.cwd()}/fixtures/expressions`, NO_BOUNDARY)
  const libraries = lateLibraries()
  const functions = functionTable({
    read: cache.read,
    list: cache.list,
    library: libraries.get,
    parseTemplate: (source) => parseTemplateWith(grammar, source),
    now: new Date(),
    home: undefined,
    workspace: '/w',
  })
  const once = (expression: string): Outcome => {
    const parsed = parseExpressionWith(grammar, fileSource('expression', expression))
    if (parsed.diagnostics.length > 0) return 'fails'
    let failed = false
    const fails = (): void => {
      failed = true
    }
    const evaluation: Evaluation = {
      work: { left: MAX_WORK },
      report: fails,
      resolve: (names, at, within) => {
        within.report({ code: 'declaration.unknown-reference', detail: names.join('.'), at })
        return { value: { kind: 'unknown', type: { kind: 'dynamic' }, failed: true }, used: names.length }
      },
      functions,
      bindings: undefined,
      splatItem: undefined,
      evaluate,
    }
    const value = tuple([evaluate(parsed.value, evaluation)])
    if (failed) return 'fails'
    const plain = deepUnmarked(value)
    return { value: hasInfinity(plain) ? NO_JSON : jsonText(plain), type: typeLayout(plain) }
  }
  return async (expression) => {
    for (;;) {
      const outcome = once(expression)
      const read = await cache.fill()
      const loaded = await libraries.fill()
      if (!read && !loaded) return outcome
    }
  }
}

const differences = (
  expressions: readonly string[],
  ours: readonly Outcome[],
  theirs: readonly (Outcome | undefined)[],
): readonly string[] =>
  expressions.flatMap((expression, index) => {
    const [a, b] = [JSON.stringify(ours[index]), JSON.stringify(theirs[index])]
    return a === b ? [] : [`${expression}\n    mpc:       ${a}\n    Terraform: ${b}`]
  })

const table = functionTable({
  read: () => undefined,
  list: () => undefined,
  library: () => undefined,
  parseTemplate: () => ({
    value: { type: 'invalid', source: fileSource('', ''), start: 0, end: 0 },
    diagnostics: [],
  }),
  now: new Date(0),
  home: undefined,
  workspace: '',
})

/** The console knows no plantimestamp, and type nowhere but around a whole line; each has a test of its own below. */
const BESIDE: readonly string[] = ['plantimestamp', 'type']

test('there are at least 600 expressions, over every function, operator and form', async () => {
  const expressions = fixtureExpressions()
  ok(expressions.length >= 600, String(expressions.length))
  const { functions, forms } = formsIn(expressions, await hclGrammar())
  equal(
    [...table.names()].filter((name) => !functions.has(name) && !BESIDE.includes(name)),
    [],
  )
  equal(
    FORMS.filter((form) => !forms.has(form)),
    [],
  )
})

test('plantimestamp is the time of the run, as timestamp is', async () => {
  const evaluateOne = await evaluator(await hclGrammar())
  equal(await evaluateOne('plantimestamp() == timestamp()'), { value: '[true]', type: 'tuple([\n    bool,\n])' })
})

test('every expression has the value, the type or the failure that Terraform gives it', async () => {
  const expressions = fixtureExpressions()
  const evaluateOne = await evaluator(await hclGrammar())
  const ours: Outcome[] = []
  for (const expression of expressions) ours.push(await evaluateOne(expression))
  const recorded = recordedOutcomes()
  equal(
    differences(
      expressions,
      ours,
      expressions.map((expression) => recorded[expression]),
    ).join('\n'),
    '',
  )
})

test('what was recorded of Terraform is what the terraform on this machine says', () => {
  const version = terraformVersion()
  if (version !== VERSION) {
    ok(process.env['CI'] !== 'true', `terraform ${VERSION} is needed, found ${version}`)
    console.log(`skipped: terraform ${VERSION} is not on this machine (${version ?? 'none'})`)
    return
  }
  const expressions = fixtureExpressions()
  const outcomes = terraformOutcomes(expressions)
  const record = Object.fromEntries(expressions.map((expression, index) => [expression, outcomes[index]]))
  const text = `${JSON.stringify(record, null, 1)}\n`
  if (process.env['UPDATE'] === '1') writeFileSync(RECORD, text)
  equal(readFileSync(RECORD, 'utf8'), text)
})

test('type() writes types as the console does', async () => {
  if (terraformVersion() !== VERSION) {
    ok(process.env['CI'] !== 'true', `terraform ${VERSION} is needed`)
    console.log(`skipped: terraform ${VERSION} is not on this machine`)
    return
  }
  const all =
    '[1, "a", true, null, [], {}, [[]], { a = [1], "b c" = { d = "x" } }, tolist([1]), toset(["a"]), tomap({ a = [1] }), 1 < 2]'
  const evaluateOne = await evaluator(await hclGrammar())
  const outcome = await evaluateOne(all)
  // Ours is of a list around the value, as everywhere here.
  const own = outcome === 'fails' ? outcome : outcome.type
  equal(`tuple([\n    ${consoleLine(`type(${all})`).replaceAll('\n', '\n    ')},\n])`, own)
})

test.run()
