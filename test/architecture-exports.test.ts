import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

/** What is built and tested but never run is found here: each export of `src` has to be used on the way from `main.ts`. */
const root = process.cwd()
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d)\.tsx?$/.test(file))
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .sort()
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '')
const readAll = (files: readonly string[]) =>
  new Map(files.map((file) => [file, withoutComments(readFileSync(join(root, file), 'utf8'))] as const))
const sources = readAll(filesBelow('src'))
const tests = readAll(filesBelow('test'))

interface Import {
  readonly from: string
  /** Undefined: imported late, or as a whole; then every name counts that the text has. */
  readonly names: readonly string[] | undefined
}

const importsOf = (file: string, text: string): readonly Import[] =>
  [...text.matchAll(/(?:^(?:import|export)\s+(?:type\s+)?([^'"();]*?)\s*from\s*|\bimport\s*\(\s*)'(\.[^']+)'/gm)].map(
    ([, clause, path = '']) => ({
      from: relative(root, resolve(root, dirname(file), path)).replaceAll('\\', '/'),
      names: clause?.startsWith('{')
        ? [...clause.matchAll(/[{,]\s*(?:type\s+)?(\w+)/g)].map(([, name = '']) => name)
        : undefined,
    }),
  )

const exportsOf = (text: string) =>
  [...text.matchAll(/^export (?:async )?(const|function|class|type|interface)\*? (\w+)/gm)].map(
    ([, word = '', name = '']) => ({ name, isType: word === 'type' || word === 'interface' }),
  )

const hasWord = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(text)

/** Where the program begins, and what writes the schemas that are published with it. */
const ROOTS = ['src/main.ts', 'src/declaration/schema/declaration-schema-text.ts', 'src/project/settings-schema.ts']

/** What the simulator has for tests alone: the assertion that nothing was lost. */
const FOR_TESTS: ReadonlySet<string> = new Set(['src/simulator/fact/world-facts.ts: lostContents'])

/** Files that the roots load, now or later. */
const reached = (): ReadonlySet<string> => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    const text = sources.get(file)
    if (text === undefined || seen.has(file)) return
    seen.add(file)
    for (const { from } of importsOf(file, text)) visit(from)
  }
  for (const file of ROOTS) visit(file)
  return seen
}

/** Who uses which name of which file, among these files. */
const usesIn = (files: ReadonlyMap<string, string>) => {
  const uses = new Map<string, { readonly names: Set<string>; readonly whole: string[] }>()
  for (const [file, text] of files)
    for (const { from, names } of importsOf(file, text)) {
      const use = uses.get(from) ?? { names: new Set(), whole: [] }
      uses.set(from, use)
      if (names === undefined) use.whole.push(text)
      for (const name of names ?? []) use.names.add(name)
    }
  return (file: string, name: string): boolean => {
    const use = uses.get(file)
    return use !== undefined && (use.names.has(name) || use.whole.some((text) => hasWord(text, name)))
  }
}

test('every source file is loaded on the way from main.ts', () => {
  const loaded = reached()
  assert.equal(
    [...sources.keys()].filter((file) => !loaded.has(file)),
    [],
  )
})

test('every export is used on the way from main.ts; what only its own file uses is exported for a test, or not at all', () => {
  const isUsed = usesIn(sources)
  const isTested = usesIn(tests)
  const wrong = [...sources].flatMap(([file, text]) =>
    exportsOf(text)
      .filter(({ name }) => !isUsed(file, name) && !ROOTS.includes(file) && !FOR_TESTS.has(`${file}: ${name}`))
      .flatMap(({ name, isType }) => {
        const isUsedHere = (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1
        if (!isUsedHere) return [`${file}: ${name} is used by nobody${isTested(file, name) ? ' but its test' : ''}`]
        return isType || isTested(file, name) ? [] : [`${file}: ${name} needs no export`]
      }),
  )
  assert.equal(wrong, [])
})

test('every table of the state is read', () => {
  const list = /export interface Tables \{([^}]*)\}/.exec(sources.get('src/store/tables.ts') ?? '')?.[1] ?? ''
  const tables = [...list.matchAll(/readonly (\w+):/g)].map(([, name = '']) => name)
  assert.ok(tables.length > 10)
  const texts = [...sources].filter(([file]) => file.startsWith('src/store/')).map(([, text]) => text)
  const isRead = (table: string) => texts.some((text) => new RegExp(`(?:selectFrom|Join)\\('${table}'`).test(text))
  // Written and read by the library that brings the schema up to date.
  assert.equal(
    tables.filter((table) => !isRead(table)),
    ['schema_migration'],
  )
})

test.run()
