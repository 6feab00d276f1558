import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'uvu'
import { equal, ok } from 'uvu/assert'
import { hclGrammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { parseHclWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'
import { generatedFile, mutated } from './generated-hcl.ts'
import { bodyJson, comparable, Unwritable } from './hcl-to-json.ts'
import { seeded } from './random.ts'

interface Referee {
  readonly parseToString: (text: string) => readonly [string, unknown]
}

const referee = createRequire(import.meta.url)('hcl2-parser') as Referee

/** `unwritable`: it was accepted, but the referee cannot write it as JSON, as for `null` within a template. */
type Reading = { readonly json: unknown } | 'refused' | 'unwritable' | 'beyond limits'

const theirs = (text: string): Reading => {
  try {
    const [json, error] = referee.parseToString(text)
    return error ? 'refused' : { json: comparable(JSON.parse(json)) }
  } catch {
    return 'unwritable'
  }
}

const grammar = await hclGrammar()

const ours = (text: string): Reading => {
  const { value, diagnostics } = parseHclWith(grammar, fileSource('f', text))
  if (diagnostics.some(({ code }) => code !== 'declaration.syntax')) return 'beyond limits'
  if (diagnostics.length > 0) return 'refused'
  try {
    return { json: comparable(bodyJson(value)) }
  } catch (error) {
    if (error instanceof Unwritable) return 'unwritable'
    throw error
  }
}

/** The referee is of a time before functions had name spaces. */
const isNewer = (text: string): boolean => /[\w-]::[\w-]/.test(text)

/** What the two make of a text, where they differ. */
const difference = (text: string): string | undefined => {
  const [own, other] = [ours(text), theirs(text)]
  if (own === 'beyond limits' || isNewer(text)) return undefined
  if (own === 'unwritable' || (other === 'unwritable' && own !== 'refused')) return undefined
  const [a, b] = [JSON.stringify(own), JSON.stringify(other)]
  return a === b ? undefined : `${JSON.stringify(text)}\n  mpc:     ${a}\n  referee: ${b}`
}

const hclFiles = (): readonly string[] =>
  ['examples', 'fixtures', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.hcl'))
      .map((name) => join(folder, name)),
  )

test('every HCL file of the repository is read as HashiCorp reads it', () => {
  const found = hclFiles().flatMap((file) => difference(readFileSync(file, 'utf8')) ?? [])
  equal(found, [])
})

test('2,000 generated files, valid and mutated, are accepted or refused and read as HashiCorp does', () => {
  const random = seeded(20_26)
  let accepted = 0
  const found: string[] = []
  for (let i = 0; i < 2000; i++) {
    const file = generatedFile(random)
    const text = i % 2 === 0 ? file : mutated(random, file)
    if (theirs(text) !== 'refused') accepted++
    const one = difference(text)
    if (one) found.push(one)
  }
  equal(found.slice(0, 40).join('\n'), '')
  ok(accepted > 500 && accepted < 1900, `both kinds must be there: ${accepted} of 2000 accepted`)
})

test.run()
