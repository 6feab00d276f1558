import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ansiPaint } from '../../src/render/style.ts'
import { visible, visibleJson, visibleLine, visiblePainted } from '../../src/util/visible.ts'

test('what a terminal would obey is shown by its code', () => {
  assert.is(
    visible('a\u001b[2Jb\u009b31mc\rd\u202ee\u0007\n\tf'),
    'a\\u001b[2Jb\\u009b31mc\\u000dd\\u202ee\\u0007\n\tf',
  )
  assert.is(visibleLine('a\nb\tc'), 'a\\nb\\tc')
  assert.is(visible('Grüße 你好 👩‍💻'), 'Grüße 你好 👩‍💻')
})

test('our own colours stay', () => {
  for (const tone of ['bold', 'dim', 'create', 'update', 'destroy', 'replace', 'accent'] as const)
    assert.is(visiblePainted(ansiPaint(tone, 'x\u001b[8my')), ansiPaint(tone, 'x\\u001b[8my'))
  assert.is(visiblePainted('\u001b]0;title\u0007'), '\\u001b]0;title\\u0007')
})

test('JSON means the same and holds nothing that is obeyed', () => {
  const value = { text: 'a\u001b\u009b\u202e\u007f' }
  assert.equal(JSON.parse(visibleJson(value)), value)
  assert.not.match(visibleJson(value), /[\p{Cc}\u202e]/u)
})

test.run()
