import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Files } from '../../src/io/io.ts'
import { nodeFiles } from '../../src/io/node-files.ts'
import { type InitialSettings, planWorkspace, writeWorkspace } from '../../src/project/init-workspace.ts'
import { findWorkspace, openWorkspace } from '../../src/project/workspace.ts'
import { inFolder } from './surroundings.ts'

const codes = (diagnostics: readonly { readonly code: string }[]) => diagnostics.map(({ code }) => code)

/** As `mpc init` does: nothing is written when the folder cannot be a workspace. */
const initWorkspace = async (files: Files, root: string, values: InitialSettings, choice = { force: false }) => {
  const { value, diagnostics } = await planWorkspace(files, root, values, choice)
  if (value) await writeWorkspace(files, value)
  return { value: value?.workspace, diagnostics }
}

test('a new workspace has settings with every setting explained, and is found again', () =>
  inFolder(async (folder) => {
    const { value, diagnostics } = await initWorkspace(nodeFiles, folder, {
      endpoint: 'https://pve1:8006',
      'tls.ca_file': 'my "ca".pem',
    })
    assert.equal(diagnostics, [])
    const text = readFileSync(join(folder, '.proxmox/config.yml'), 'utf8')
    assert.match(text, 'endpoint: "https://pve1:8006"')
    for (const word of [
      '# fingerprint:',
      '# token_file:',
      '# command:',
      '# node:',
      '# parallelism:',
      '# task_timeout:',
      '# backup_storage:',
    ])
      assert.match(text, word)
    const opened = await openWorkspace(nodeFiles, folder)
    assert.equal(opened.diagnostics, [])
    assert.equal(opened.workspace, value)
    assert.is(opened.settings?.endpoint?.origin, 'https://pve1:8006')
    assert.is(opened.settings?.tls.caFile, 'my "ca".pem')
  }))

test('git sees the settings and nothing else of .proxmox', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, '.gitignore'), 'node_modules')
    await initWorkspace(nodeFiles, folder, {})
    await initWorkspace(nodeFiles, folder, {}, { force: true })
    const ignored = 'node_modules\n.proxmox/*\n!.proxmox/config.yml\n'
    assert.is(readFileSync(join(folder, '.gitignore'), 'utf8'), ignored)
    writeFileSync(join(folder, '.proxmox', 'state.db'), '')
    execFileSync('git', ['init', '-q'], { cwd: folder })
    const seen = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: folder, encoding: 'utf8' })
    assert.equal(seen.trim().split('\n'), ['?? .gitignore', '?? .proxmox/config.yml'])
  }))

test('a workspace is not made twice unless forced, nor with impossible settings', () =>
  inFolder(async (folder) => {
    const wrong = await initWorkspace(nodeFiles, folder, { endpoint: 'ftp://x', 'tls.fingerprint': 'AB' })
    assert.equal(codes(wrong.diagnostics), ['project.invalid-endpoint', 'project.invalid-setting'])
    assert.is(await nodeFiles.exists(join(folder, '.proxmox')), false)
    await initWorkspace(nodeFiles, folder, { endpoint: 'pve1' })
    const twice = await initWorkspace(nodeFiles, folder, { endpoint: 'pve2' })
    assert.equal(codes(twice.diagnostics), ['project.workspace-exists'])
    assert.match(readFileSync(join(folder, '.proxmox/config.yml'), 'utf8'), 'pve1')
    await initWorkspace(nodeFiles, folder, { endpoint: 'pve2' }, { force: true })
    assert.match(readFileSync(join(folder, '.proxmox/config.yml'), 'utf8'), 'pve2')
    assert.is(statSync(join(folder, '.proxmox')).mode & 0o777, 0o700)
  }))

test('a workspace is found from any folder below it, the nearest one first', () =>
  inFolder(async (folder) => {
    const deep = join(folder, 'a', 'b', 'c')
    mkdirSync(deep, { recursive: true })
    assert.is(await findWorkspace(nodeFiles, deep), undefined)
    await initWorkspace(nodeFiles, folder, {})
    assert.is((await findWorkspace(nodeFiles, deep))?.root, folder)
    await initWorkspace(nodeFiles, join(folder, 'a'), {})
    const found = await findWorkspace(nodeFiles, deep)
    assert.is(found?.root, join(folder, 'a'))
    assert.is(found?.stateFile, join(folder, 'a', '.proxmox', 'state.db'))
    assert.is(found?.backupFolder, join(folder, 'a', '.proxmox', 'backups'))
  }))

test('a folder without workspace, and one that is not there, are told apart', () =>
  inFolder(async (folder) => {
    const none = await openWorkspace(nodeFiles, folder)
    assert.equal(codes(none.diagnostics), ['project.no-workspace'])
    assert.is(none.diagnostics[0]?.hint, 'mpc init')
    assert.equal(codes((await openWorkspace(nodeFiles, join(folder, 'x'))).diagnostics), ['project.no-folder'])
  }))

test('mistakes in the settings come with the text they stand in', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, '.proxmox'))
    writeFileSync(join(folder, '.proxmox/config.yml'), 'endpont: pve1\npassword: hunter2\n')
    const { settings, workspace, diagnostics, sources } = await openWorkspace(nodeFiles, folder)
    assert.is(settings, undefined)
    assert.is(workspace?.root, folder)
    assert.equal(codes(diagnostics), ['project.unknown-setting', 'project.secret-in-settings'])
    assert.is(sources.get(diagnostics[0]?.range?.filename ?? ''), 'endpont: pve1\npassword: *******\n')
  }))

test.run()
