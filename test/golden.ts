import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'

/** Holds text against a file under fixtures/; `UPDATE=1` rewrites the file. */
export const matchesGolden = (actual: string, name: string): void => {
  const file = join(process.cwd(), 'fixtures', name)
  if (process.env['UPDATE'] === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, actual)
    return
  }
  assert.ok(existsSync(file), `${name} is missing; UPDATE=1 writes it`)
  assert.fixture(actual, readFileSync(file, 'utf8'), `differs from fixtures/${name}; UPDATE=1 rewrites it`)
}
