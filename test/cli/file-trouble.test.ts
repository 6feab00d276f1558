import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileTrouble } from '../../src/cli/program/file-trouble.ts'
import { withFolder } from './run-here.ts'

const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code, path: '/w/.proxmox/config.yml' })

test('a file that may not be used is no bug: it is named, with what to do', () => {
  for (const code of ['EACCES', 'EPERM', 'EROFS', 'ENOSPC']) {
    const trouble = fileTrouble(systemError(code))
    assert.is(trouble?.code, 'cli.file-trouble')
    assert.ok(trouble?.detail.startsWith('/w/.proxmox/config.yml cannot be used: '), trouble?.detail)
  }
})

test('everything else stays what it is', () => {
  assert.is(fileTrouble(systemError('ECONNRESET')), undefined)
  assert.is(fileTrouble(new Error('a bug')), undefined)
  assert.is(fileTrouble('a text'), undefined)
})

test('a workspace below a file is a diagnostic, not a bug', () =>
  withFolder({ file: 'not a folder' }, async ({ run }) => {
    const { code, stderr } = await run([
      'init',
      '-C',
      'file',
      '--endpoint',
      'https://pve.example.com:8006',
      '--no-test',
    ])
    assert.is(code, 1)
    assert.not.match(stderr, 'bug')
    assert.match(stderr, /^Error: /)
  }))

test.run()
