import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { didYouMean, suggestion } from '../../src/util/did-you-mean.ts'

test('a slip is recognised: a letter swapped, missing, too many, wrong, or in the other case', () => {
  const words = ['memory', 'cores', 'network', 'node']
  for (const [typed, meant] of [
    ['memroy', 'memory'],
    ['cors', 'cores'],
    ['coress', 'cores'],
    ['netwark', 'network'],
    ['NODE', 'node'],
  ] as const)
    assert.is(didYouMean(typed, words), meant)
  assert.is(didYouMean('template', words), undefined)
})

test('swapped neighbours are one slip, so that they beat two wrong letters', () => {
  assert.is(didYouMean('vm.wbe', ['vm.db', 'vm.web']), 'vm.web')
  assert.is(didYouMean('hda', ['had', 'hde']), 'had')
})

test('of equally close words the one that shares most letters is meant, then the first', () => {
  assert.is(didYouMean('vm.abc', ['vm.xbz', 'vm.acx']), 'vm.acx')
  assert.is(didYouMean('net9', ['net0', 'net1']), 'net0')
})

test('a longer word may hold more slips, a short one only one', () => {
  assert.is(didYouMean('ab', ['xy', 'ax']), 'ax')
  assert.is(didYouMean('ab', ['xy']), undefined)
  assert.is(didYouMean('descritpoin', ['description']), 'description')
})

test('the suggestion is ready to follow a sentence', () => {
  assert.is(suggestion('wbe', ['web']), ' Did you mean "web"?')
  assert.is(suggestion('wbe', ['storage']), '')
})

test.run()
