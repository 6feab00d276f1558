import { declarationSchema } from './declaration-schema.ts'

/** The schema as it stands in `schemas/declaration.schema.json`. */
export const declarationSchemaText = (): string => `${JSON.stringify(declarationSchema(), null, 1)}\n`
