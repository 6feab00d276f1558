import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editPropertyString, grammarOf, parsePropertyString } from '../../src/kinds/value/property-string.ts'

const net = grammarOf({
  model: { default_key: 1, type: 'string' },
  macaddr: { type: 'string' },
  virtio: { alias: 'macaddr', keyAlias: 'model' },
  e1000: { alias: 'macaddr', keyAlias: 'model' },
  bridge: { type: 'string' },
  tag: { type: 'integer' },
})
const disk = grammarOf({ file: { default_key: 1 }, volume: { alias: 'file' }, size: {}, discard: {}, wwn: {} })

const edit = (text: string, changes: Record<string, string | undefined>, grammar = net) =>
  editPropertyString(text, new Map(Object.entries(changes)), grammar)

test('a key that is a value sets two keys', () => {
  assert.equal(
    [...parsePropertyString('virtio=BC:24:11:00:00:01,bridge=vmbr0', net)],
    [
      ['model', 'virtio'],
      ['macaddr', 'BC:24:11:00:00:01'],
      ['bridge', 'vmbr0'],
    ],
  )
})

test('a bare value belongs to the default key, wherever it stands', () => {
  assert.equal(parsePropertyString('virtio,bridge=vmbr0', net).get('model'), 'virtio')
  assert.equal(parsePropertyString('size=1G,local:1/x.raw', disk).get('file'), 'local:1/x.raw')
})

test('an alias is read as its canonical key', () => {
  assert.equal(parsePropertyString('volume=local:1/x.raw,size=1G', disk).get('file'), 'local:1/x.raw')
})

test('an edit that changes nothing gives the same text', () => {
  for (const text of ['virtio=BC:24:11:00:00:01,bridge=vmbr0', 'model=virtio,macaddr=AA', 'virtio', ''])
    assert.is(edit(text, Object.fromEntries(parsePropertyString(text, net))), text)
})

test('parts that are not named keep their text and place, also those PVE does not document', () => {
  assert.is(
    edit('volume=local:1/x.raw,foo=1,size=1G,wwn=0x1', { size: '2G' }, disk),
    'volume=local:1/x.raw,foo=1,size=2G,wwn=0x1',
  )
})

test('new keys come last in alphabetical order, a new default key first', () => {
  assert.is(edit('bridge=vmbr0', { tag: '5', model: 'virtio', a: 'b' }), 'virtio,bridge=vmbr0,a=b,tag=5')
})

test('a changed model keeps the address, and a changed address the model', () => {
  const text = 'virtio=BC:24:11:00:00:01,bridge=vmbr0'
  assert.is(edit(text, { model: 'e1000' }), 'e1000=BC:24:11:00:00:01,bridge=vmbr0')
  assert.is(edit(text, { macaddr: 'BC:24:11:00:00:02' }), 'virtio=BC:24:11:00:00:02,bridge=vmbr0')
  assert.is(edit(text, { macaddr: undefined }), 'virtio,bridge=vmbr0')
  assert.is(edit('virtio,bridge=vmbr0', { macaddr: 'AA' }), 'virtio=AA,bridge=vmbr0')
})

test('model and address spelt apart survive an edit of something else', () => {
  const edited = edit('model=virtio,macaddr=AA,bridge=vmbr0', { bridge: 'vmbr1' })
  assert.equal(Object.fromEntries(parsePropertyString(edited, net)), {
    model: 'virtio',
    macaddr: 'AA',
    bridge: 'vmbr1',
  })
})

test('a key is removed without its neighbours', () => {
  assert.is(edit('virtio=AA,bridge=vmbr0,tag=5', { tag: undefined }), 'virtio=AA,bridge=vmbr0')
})

test('a default value that holds an equals sign is written with its name', () => {
  assert.is(edit('', { file: '/dev/a=b', size: '1G' }, disk), 'file=/dev/a=b,size=1G')
})

test.run()
