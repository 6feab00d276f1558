import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeFiles } from '../../src/io/node-files.ts'

const test = suite<{ folder: string }>('files on the real disk')
const modeOf = (path: string) => statSync(path).mode & 0o777

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'mpc-files-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }))

test('a written file has the wanted mode and leaves nothing beside it', async ({ folder }) => {
  const path = join(folder, 'state')
  await nodeFiles.writeText(path, 'secret\n', { mode: 0o600 })
  assert.is(readFileSync(path, 'utf8'), 'secret\n')
  assert.is(modeOf(path), 0o600)
  assert.equal(readdirSync(folder), ['state'])
})

test('replacing a file keeps its mode unless told another', async ({ folder }) => {
  const path = join(folder, 'config.yml')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  await nodeFiles.writeText(path, 'new')
  assert.is(modeOf(path), 0o640)
  await nodeFiles.writeText(path, 'newer', { mode: 0o644 })
  assert.is(modeOf(path), 0o644)
  assert.is(await nodeFiles.readText(path), 'newer')
})

test('a link stays a link and the file it points to is replaced', async ({ folder }) => {
  writeFileSync(join(folder, 'real'), 'old')
  symlinkSync('real', join(folder, 'link'))
  await nodeFiles.writeText(join(folder, 'link'), 'new')
  assert.is(readFileSync(join(folder, 'real'), 'utf8'), 'new')
  const kinds = (await nodeFiles.list(folder)).map(({ name, kind }) => `${name} ${kind}`)
  assert.equal(kinds, ['link file', 'real file'])
})

test('a write that cannot be done leaves the old file and no rubbish', async ({ folder }) => {
  const path = join(folder, 'taken')
  await nodeFiles.makeFolder(join(path, 'inner'))
  let code: unknown
  try {
    await nodeFiles.writeText(path, 'text')
  } catch (error) {
    code = error instanceof Error && 'code' in error ? error.code : undefined
  }
  assert.ok(code, 'a folder cannot be replaced by a file')
  assert.equal(readdirSync(folder), ['taken'])
})

test('a missing file is ENOENT when read, false when asked for, nothing when removed or listed', async ({ folder }) => {
  const path = join(folder, 'none')
  try {
    await nodeFiles.readText(path)
    assert.unreachable()
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT')
  }
  assert.is(await nodeFiles.exists(path), false)
  assert.is(await nodeFiles.exists(folder), true)
  await nodeFiles.remove(path)
  assert.equal(await nodeFiles.list(path), [])
})

test('appending adds at the end and sets the mode of a new file', async ({ folder }) => {
  const path = join(folder, 'audit.log')
  await nodeFiles.appendText(path, 'one\n', { mode: 0o600 })
  await nodeFiles.appendText(path, 'two\n', { mode: 0o600 })
  assert.is(readFileSync(path, 'utf8'), 'one\ntwo\n')
  assert.is(modeOf(path), 0o600)
})

test('a folder is listed in order with the kind of each entry', async ({ folder }) => {
  await nodeFiles.makeFolder(join(folder, 'b', 'c'), { mode: 0o700 })
  writeFileSync(join(folder, 'a'), '')
  symlinkSync('nowhere', join(folder, 'z'))
  const listed = await nodeFiles.list(folder)
  assert.equal(listed, [
    { name: 'a', kind: 'file' },
    { name: 'b', kind: 'folder' },
    { name: 'z', kind: 'other' },
  ])
  assert.is(modeOf(join(folder, 'b')), 0o700)
})

test('links that go in a circle are listed as neither file nor folder', async ({ folder }) => {
  symlinkSync('b', join(folder, 'a'))
  symlinkSync('a', join(folder, 'b'))
  assert.equal(await nodeFiles.list(folder), [
    { name: 'a', kind: 'other' },
    { name: 'b', kind: 'other' },
  ])
})

test.run()
