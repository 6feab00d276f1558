// Writes schemas/declaration.schema.json from the compiled kinds and descriptions. Run it after either has changed.
//   node scripts/declaration-schema.mjs [--build DIR]
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [option, folder = 'build'] = process.argv.slice(2)
const build = option === '--build' ? folder : 'build'
const from = (path) => import(pathToFileURL(join(root, build, 'src', 'declaration', 'schema', path)).href)

const { declarationSchemaText } = await from('declaration-schema-text.js')
writeFileSync(join(root, 'schemas', 'declaration.schema.json'), declarationSchemaText())
