import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

export const SCHEMA_FILE = join(process.cwd(), 'schemas', 'declaration.schema.json')

export const publishedSchema = (): object => JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))

const ajvWithSchema = (): Ajv2020 =>
  new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    schemas: [publishedSchema()],
  })

/** Checks a whole declaration file, parsed from YAML. */
export const validator = (): ValidateFunction => {
  const validate = ajvWithSchema().getSchema('declaration.schema.json')
  if (!validate) throw new Error('the schema has another $id')
  return validate
}

/** Checks values against one definition of the schema. */
export const validatorOf = (): ((definition: string) => ValidateFunction) => {
  const ajv = ajvWithSchema()
  return (definition) => ajv.compile({ $ref: `declaration.schema.json#/$defs/${definition}` })
}
