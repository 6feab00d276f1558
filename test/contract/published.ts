import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const FILES = ['plan', 'diagnostic', 'event', 'output'] as const

/** A schema as it is published, as far as its tests look into it. */
export interface Schema {
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
  readonly properties: { readonly [name: string]: Schema }
  readonly $defs: { readonly [name: string]: Schema }
}

export const schemaOf = (name: (typeof FILES)[number]): Schema =>
  JSON.parse(readFileSync(join(process.cwd(), 'schemas', `${name}.schema.json`), 'utf8'))

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/

const makeAjv = (): Ajv2020 => {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    formats: { 'date-time': dateTime },
  })
  for (const name of FILES) ajv.addSchema(schemaOf(name))
  return ajv
}

const validators = makeAjv()

const validatorOf = (name: string): ValidateFunction => {
  const validate = validators.getSchema(name)
  if (!validate) throw new Error(`no schema ${name}`)
  return validate
}

export type Line = Readonly<Record<string, unknown>>

/** What was printed, line by line; every line must be an object. */
export const linesOf = (text: string): readonly Line[] =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

/** What a published schema says against a line; by the one definition for its type where there is one, so that the words are few. */
export const problemsOf = (name: (typeof FILES)[number], line: Line): readonly string[] => {
  const type = String(line['type'])
  const own: Readonly<Record<string, string>> = { plan: 'plan.schema.json', diagnostic: 'diagnostic.schema.json' }
  const validate = validatorOf(`${name}.schema.json`)
  if (validate(line)) return []
  const part = own[type] ?? (schemaOf(name).$defs[type] ? `${name}.schema.json#/$defs/${type}` : undefined)
  const narrower = part === undefined ? validate : validatorOf(part)
  narrower(line)
  return (narrower.errors ?? validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${type}${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}
