import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadReferee, type Referee, secondOpinions } from '../../src/declaration/referee/second-opinion.ts'
import { diagnose } from '../../src/diagnostic/diagnostic.ts'

const range = { filename: 'a.mpc.hcl', start: { line: 1, column: 1, byte: 0 }, end: { line: 1, column: 2, byte: 1 } }
const syntax = diagnose('declaration.syntax', { detail: 'wrong', range })
const files = (text: string, name = 'a.mpc.hcl') => new Map([[name, text]])
const saying =
  (accepts: boolean): (() => Promise<Referee>) =>
  async () =>
  () =>
    accepts

test("HashiCorp's parser tells what is HCL from what is not", async () => {
  const referee = await loadReferee()
  assert.ok(referee('vm "web" {\n  cores = 2\n}\n'))
  assert.ok(referee(''))
  assert.not(referee('vm "web" {\n  cores = \n}\n'))
  assert.not(referee('a = 1\na = 2\n'))
})

test('nothing is said where both parsers agree', async () => {
  assert.equal(await secondOpinions(files('a = 1\n'), []), [])
  assert.equal(await secondOpinions(files('a = \n'), [syntax]), [])
})

test('a disagreement is a warning, whichever way it goes', async () => {
  const [accepted] = await secondOpinions(files('a = 1\n'), [syntax], saying(true))
  assert.is(accepted?.code, 'declaration.second-opinion')
  assert.is(accepted?.severity, 'warning')
  assert.match(accepted?.detail ?? '', 'accepts this file')
  const [refused] = await secondOpinions(files('a = 1\n'), [], saying(false))
  assert.match(refused?.detail ?? '', 'refuses this file')
  assert.is(refused?.range?.filename, 'a.mpc.hcl')
})

test('other languages, long files and files beyond our limits are not asked about', async () => {
  const never = async (): Promise<Referee> => {
    throw new Error('asked')
  }
  assert.equal(await secondOpinions(files('a: 1\n', 'a.mpc.yaml'), [], never), [])
  assert.equal(await secondOpinions(files(`# ${'x'.repeat(300_000)}\n`), [], never), [])
  const deep = diagnose('declaration.too-deep', { detail: 'deep', range })
  assert.equal(await secondOpinions(files('a = 1\n'), [deep], never), [])
})

test.run()
