import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalJson, canonicalPieces } from '../../src/util/canonical-json.ts'
import { canonicalSha256, sha256 } from '../../src/util/sha256.ts'

test('keys are sorted at every depth and undefined is left out', () => {
  assert.is(
    canonicalJson({ b: 1, a: { d: undefined, c: [{ z: 1, y: 'ä"\n' }, undefined] } }),
    '{"a":{"c":[{"y":"ä\\"\\n","z":1},null]},"b":1}',
  )
})

test('equal values give equal bytes, whatever their order', () => {
  assert.is(canonicalJson({ x: [1, 2], y: null }), canonicalJson({ y: null, x: [1, 2] }))
  assert.is.not(canonicalJson([1, 2]), canonicalJson([2, 1]))
})

test('the pieces of a value are its text', () => {
  const shared = [{ k: 2, a: 1 }]
  for (const value of [{}, { list: [] }, { b: [shared, { shared }], a: 'x', none: undefined, c: { shared } }]) {
    const pieces: string[] = []
    canonicalPieces(value, (piece) => pieces.push(piece))
    assert.is(pieces.join(''), canonicalJson(value))
    assert.is(canonicalSha256(value), sha256(canonicalJson(value)))
  }
})

test.run()
