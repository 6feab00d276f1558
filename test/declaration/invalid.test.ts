import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadDeclarations } from '../../src/declaration/load-declarations.ts'
import { declarationCodes } from '../../src/diagnostic/codes/declaration.ts'
import { kindCodes } from '../../src/diagnostic/codes/kind.ts'
import { nodeFiles } from '../../src/io/node-files.ts'
import { matchesGolden } from '../golden.ts'
import { diagnosticsOf, goldenOf, INVALID, invalidFixtures } from './invalid-fixtures.ts'

const fixtures = invalidFixtures()

for (const fixture of fixtures)
  test(`wrong declarations: ${fixture.name}`, async () => {
    const diagnostics = await diagnosticsOf(fixture)
    assert.ok(diagnostics.length > 0, 'nothing is found wrong')
    matchesGolden(goldenOf(diagnostics, fixture.folder), `${INVALID}/${fixture.name}/expected.json`)
  })

/** Raised where no folder of small files can show it; each has a test of its own. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'declaration.second-opinion',
  'declaration.too-large',
  'declaration.too-many-problems',
])

test('every code of declarations and kinds is raised by some wrong declaration', async () => {
  const raised = new Set<string>()
  for (const fixture of fixtures) for (const { code } of await diagnosticsOf(fixture)) raised.add(code)
  const missing = [...Object.keys(declarationCodes), ...Object.keys(kindCodes)].filter(
    (code) => !raised.has(code) && !ELSEWHERE.has(code),
  )
  assert.equal(missing, [])
})

/** Codes for a file that is not on disk. */
const codesOf = async (name: string, text: string): Promise<readonly string[]> => {
  const { diagnostics } = await loadDeclarations({
    folder: '/declarations',
    paths: [name],
    files: { ...nodeFiles, readText: async () => text, exists: async () => true },
    env: {},
    fingerprintKey: 'fixtures',
  })
  return diagnostics.map(({ code }) => code)
}

test('a file that is too large is refused before it is parsed, in either language', async () => {
  const long = 'x'.repeat(10_000_000)
  assert.equal(await codesOf('a.mpc.hcl', `locals {\n  a = "${long}"\n}\n`), ['declaration.too-large'])
  assert.equal(await codesOf('a.mpc.yaml', `locals:\n  a: ${long}\n`), ['declaration.too-large'])
})

test('there are many, in both languages', () => {
  assert.ok(fixtures.length >= 150)
  assert.ok(fixtures.filter(({ yaml }) => yaml.length > 0).length >= 50)
})

test('a file with ten mistakes reports ten', async () => {
  for (const name of ['ten-mistakes', 'yaml-ten-mistakes']) {
    const fixture = fixtures.find((one) => one.name === name)
    assert.ok(fixture)
    assert.is((await diagnosticsOf(fixture)).length, 10, name)
  }
})

test.run()
