import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { containerDescriptions } from '../../src/declaration/schema/container-descriptions.ts'
import { declarationSchemaText } from '../../src/declaration/schema/declaration-schema-text.ts'
import { attributeDescription } from '../../src/declaration/schema/guest-schema.ts'
import { indexPattern } from '../../src/declaration/schema/index-pattern.ts'
import { propertyDescription } from '../../src/declaration/schema/property-descriptions.ts'
import { unicodePattern } from '../../src/declaration/schema/unicode-pattern.ts'
import { vmDescriptions } from '../../src/declaration/schema/vm-descriptions.ts'
import { guestKinds } from '../../src/kinds/registry.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import { SCHEMA_FILE, validator, validatorOf } from './declaration-schema.ts'

const kinds = Object.values(guestKinds)

test('the published schema is the one the generator gives', () => {
  const remedy = 'node scripts/declaration-schema.mjs writes it anew'
  assert.ok(readFileSync(SCHEMA_FILE, 'utf8') === declarationSchemaText(), remedy)
})

test('every attribute and every key of a property map is described', () => {
  const missing = kinds.flatMap(({ name: kind, attributes }) =>
    Object.values(attributes).flatMap(({ name, properties = {} }) => [
      ...(attributeDescription(kind, name) === '' ? [`${kind}.${name}`] : []),
      ...Object.keys(properties)
        .filter((key) => propertyDescription(kind, name, key) === undefined)
        .map((key) => `${kind}.${name}.${key}`),
    ]),
  )
  assert.equal(missing, [])
})

test('nothing is described that no guest has', () => {
  assert.equal(
    Object.keys(vmDescriptions).filter((name) => !(name in guestKinds.vm.attributes)),
    [],
  )
  assert.equal(
    Object.keys(containerDescriptions).filter((name) => !(name in guestKinds.container.attributes)),
    [],
  )
})

const PROBES: readonly ConfigValue[] = [
  ...[true, false, 0, 1, 2, -1, 16, 300_000, 1.5, 40_000_000],
  ...['0', '1', '2', '-1', '1.5', 'on', 'off', 'yes', 'true', 'TRUE', 'x', 'host', 'none', '32G', '1.5T', '32', '32GB'],
  ...[
    '10.0.0.1',
    '10.0.0.1/24',
    '10.0.0.1/33',
    '300.0.0.1',
    'fd00::1',
    'fd00::1/64',
    'dhcp',
    'auto',
    'a.example.org',
    '-a',
  ],
  ...[
    'BC:24:11:00:00:01',
    '01:24:11:00:00:01',
    'local:iso/a.iso',
    'vmbr0',
    'a_b',
    'web server',
    'now',
    '2026-01-31',
    '/dev/ttyS0',
  ],
]

const numbered = (name: string): string => name.replace('[n]', '0')
const definitionOf = (kind: string, name: string): string =>
  `${kind}_${name.replace('[n]', '')}${name.endsWith('[n]') ? '_n' : ''}`

test('the schema refuses no value that mpc accepts, and of numbers, flags and choices accepts none that mpc refuses', () => {
  const compile = validatorOf()
  const wrong: string[] = []
  for (const kind of kinds)
    for (const { name, shape, value } of Object.values(kind.attributes)) {
      if (shape === 'properties') continue
      const validate = compile(definitionOf(kind.name, name))
      const strict = shape === 'scalar' && (value?.type !== 'string' || value.enum !== undefined)
      for (const probe of PROBES) {
        const accepted = kind.normalize(numbered(name), probe).problem === undefined
        const valid = validate(probe)
        if (accepted ? !valid : valid && strict && typeof probe !== 'string')
          wrong.push(`${kind.name}.${name} = ${JSON.stringify(probe)}: mpc ${accepted}, schema ${valid}`)
      }
    }
  assert.equal(wrong, [])
})

test('the same holds for each key of a property map', () => {
  const compile = validatorOf()
  const wrong: string[] = []
  for (const kind of kinds)
    for (const { name, properties = {} } of Object.values(kind.attributes)) {
      if (Object.keys(properties).length === 0) continue
      const validate = compile(definitionOf(kind.name, name))
      for (const [key, facts] of Object.entries(properties))
        for (const probe of PROBES) {
          // A size below a mebibyte is a slip in the unit.
          if (typeof probe === 'object' || (facts.format === 'disk-size' && Number(probe) < 1024 ** 2)) continue
          const accepted = kind.normalize(numbered(name), { [key]: probe }).problem === undefined
          validate({ [key]: probe })
          const valid = !validate.errors?.some(({ instancePath }) => instancePath === `/${key}`)
          const strict = facts.type !== 'string' || facts.enum !== undefined
          if (accepted ? !valid : valid && strict && typeof probe !== 'string')
            wrong.push(`${kind.name}.${name}.${key} = ${JSON.stringify(probe)}: mpc ${accepted}, schema ${valid}`)
        }
    }
  assert.equal(wrong, [])
})

test('any value may be an expression', () => {
  const compile = validatorOf()
  const wrong = kinds.flatMap((kind) =>
    Object.keys(kind.attributes).filter((name) => !compile(definitionOf(kind.name, name))(`\${var.${kind.name}}`)),
  )
  assert.equal(wrong, [])
})

test('numbered devices go as far as Proxmox VE goes', () => {
  for (const last of [2, 9, 10, 30, 31, 99, 100, 255]) {
    const pattern = new RegExp(`^${indexPattern(last)}$`, 'u')
    const matched = Array.from({ length: 1100 }, (_, index) => index).filter((index) => pattern.test(String(index)))
    assert.equal(
      matched,
      Array.from({ length: last }, (_, index) => index + 1),
    )
    assert.not(pattern.test('01'))
  }
})

test('patterns are readable with the u flag and mean the same', () => {
  assert.is(unicodePattern('a\\-b\\:[\\w\\-.]\\d\\/'), 'a-b:[\\w\\-.]\\d\\/')
  assert.is(unicodePattern('[\\_a]\\-'), '[_a]-')
})

const exampleFiles = (): readonly string[] =>
  readdirSync(join(process.cwd(), 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.mpc.yaml'))
    .map((file) => join(process.cwd(), 'examples', file))

test('every example in YAML is valid', () => {
  const validate = validator()
  const files = exampleFiles()
  assert.ok(files.length > 0)
  for (const file of files) {
    validate(parse(readFileSync(file, 'utf8'), { merge: true }))
    assert.equal(validate.errors ?? [], [], file)
  }
})

test.run()
