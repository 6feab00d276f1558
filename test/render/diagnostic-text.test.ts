import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diagnose } from '../../src/diagnostic/diagnostic.ts'
import { diagnosticJson, diagnosticText } from '../../src/render/diagnostic-text.ts'
import { plainPaint } from '../../src/render/style.ts'

const sources = new Map([['web.mpc.hcl', 'vm "web" {\n  coers = 2\n}\n']])
const range = {
  filename: 'web.mpc.hcl',
  start: { line: 2, column: 3, byte: 13 },
  end: { line: 2, column: 8, byte: 18 },
}
const diagnostic = diagnose('cli.bad-option', { detail: 'It says what.\nIt says how.', range, hint: 'mpc validate' })

test('a diagnostic shows the line it is about and marks the place', () => {
  const lines = diagnosticText(diagnostic, sources, plainPaint).split('\n')
  assert.ok(lines.includes('    2 │   coers = 2'))
  assert.ok(lines.includes('      │   ^^^^^'))
  assert.ok(lines.includes('  on web.mpc.hcl line 2, column 3:'))
  assert.ok(lines.includes('    mpc validate'))
})

test('a place in a file that is not at hand is still named', () => {
  assert.match(diagnosticText(diagnostic, new Map(), plainPaint), 'on web.mpc.hcl line 2')
})

test('JSON diagnostics carry a snippet with offsets as Terraform does', () => {
  const json = diagnosticJson(diagnostic, sources) as { snippet: Record<string, unknown> }
  assert.is(json.snippet['code'], '  coers = 2')
  assert.is(json.snippet['highlight_start_offset'], 2)
  assert.is(json.snippet['highlight_end_offset'], 7)
})

test.run()
