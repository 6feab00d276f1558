import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDocument } from 'yaml'
import { validator } from './declaration-schema.ts'
import { type InvalidFixture, invalidFixtures } from './invalid-fixtures.ts'

const fixtures = invalidFixtures().filter(({ yaml }) => yaml.length > 0)

interface Told {
  readonly code: string
  readonly at: string
}

const told = ({ folder }: InvalidFixture): readonly Told[] =>
  JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))

/** What a schema can see: names that do not exist, values of the wrong type or outside their range. */
const SCHEMA_MATTERS: ReadonlySet<string> = new Set([
  'declaration.invalid-address',
  'declaration.invalid-count',
  'declaration.invalid-module',
  'declaration.invalid-name',
  'declaration.invalid-value',
  'declaration.missing-attribute',
  'declaration.unknown-attribute',
  'declaration.unknown-block',
  'kind.invalid-value',
  'kind.not-declarable',
  'kind.unknown-attribute',
  'kind.unknown-property',
])

/** Wrong all the same, but not for a schema to see. */
const BEYOND: Readonly<Record<string, string>> = {
  'yaml-missing-node': 'the node may come from defaults in another file',
  'yaml-value-import-id': 'an id may be any text that names a guest',
  'yaml-for-each-list': 'a list is a mistake only where it is no set',
  'yaml-unknown-attribute-ignored': 'what can be ignored is another list for each kind',
  'yaml-value-folded': 'the value comes of an expression',
}

const isBeyond = ({ name }: InvalidFixture): boolean => name in BEYOND

const validate = validator()

const validates = (folder: string, file: string): boolean => {
  const document = parseDocument(readFileSync(join(folder, file), 'utf8'))
  return document.errors.length === 0 && validate(document.toJS()) === true
}

test('the schema refuses every wrong declaration that is a matter of schema', () => {
  const matters = fixtures.filter((fixture) => told(fixture).some(({ code }) => SCHEMA_MATTERS.has(code)))
  assert.ok(matters.length >= 40)
  const accepted = matters.filter(
    (fixture) => !isBeyond(fixture) && fixture.yaml.every((file) => validates(fixture.folder, file)),
  )
  assert.equal(
    accepted.map(({ name }) => name),
    [],
  )
})

test('what is beyond a schema is so still', () => {
  for (const name of Object.keys(BEYOND)) {
    const fixture = fixtures.find((one) => one.name === name)
    assert.ok(fixture, name)
    assert.ok(
      fixture.yaml.every((file) => validates(fixture.folder, file)),
      `${name} is refused: take it off the list`,
    )
  }
})

test('the schema accepts every valid fixture', () => {
  const folder = join(process.cwd(), 'fixtures', 'declarations', 'valid')
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  assert.ok(files.length > 0)
  assert.equal(
    files.filter((file) => !validates(folder, file)),
    [],
  )
})

test.run()
