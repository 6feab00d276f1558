import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Workspace, withWorkspace } from './mpc.ts'

const EXAMPLE = join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl')

const isHere = (tool: string): boolean => {
  const found = spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0
  if (found) return true
  assert.is.not(process.env['CI'], 'true', `${tool} is missing, and in CI nothing is skipped`)
  console.log(`skipped: ${tool} is not installed, so it cannot judge the export`)
  return false
}

const applied = async ({ folder, run }: Workspace): Promise<void> => {
  copyFileSync(EXAMPLE, join(folder, 'homelab.mpc.hcl'))
  const result = await run(['apply', '--auto-approve'])
  assert.is(result.code, 0, result.all)
}

test('the Terraform export has import blocks and is formatted as terraform fmt wants it', () =>
  withWorkspace(async (workspace) => {
    await applied(workspace)
    const result = await workspace.run(['export', '--format', 'terraform'])
    assert.is(result.code, 0, result.all)
    const folder = join(workspace.folder, 'terraform')
    const all = result.stdout
      .trim()
      .replace('Wrote ', '')
      .split(', ')
      .map((path) => readFileSync(join(workspace.folder, path), 'utf8'))
      .join('\n')
    assert.match(all, 'import {')
    assert.match(all, 'proxmox_virtual_environment_vm')
    assert.match(all, 'proxmox_virtual_environment_container')
    assert.not.ok(all.includes(workspace.simulator.token.split('=')[1] ?? ''))
    if (isHere('terraform')) execFileSync('terraform', ['fmt', '-check', '-diff', folder], { encoding: 'utf8' })
  }))

test('the Ansible export passes a syntax check and lists addresses in its inventory', () =>
  withWorkspace(async (workspace) => {
    await applied(workspace)
    const result = await workspace.run(['export', '--format', 'ansible', '--out', 'site'])
    assert.is(result.code, 0, result.all)
    const paths = result.stdout.trim().replace('Wrote ', '').split(', ')
    const all = paths.map((path) => readFileSync(join(workspace.folder, path), 'utf8')).join('\n')
    assert.match(all, '10.0.20.10')
    const playbook =
      paths.find((path) => /\b(?:playbook|site)\.ya?ml$/.test(path)) ??
      paths.find((path) => path.endsWith('.yml')) ??
      ''
    assert.ok(existsSync(join(workspace.folder, playbook)), paths.join())
    if (isHere('ansible-playbook')) {
      const checked = spawnSync('ansible-playbook', ['--syntax-check', join(workspace.folder, playbook)], {
        encoding: 'utf8',
        cwd: join(workspace.folder, 'site'),
        env: { ...process.env, HOME: workspace.folder, ANSIBLE_LOCALHOST_WARNING: 'false', LC_ALL: 'C.UTF-8' },
      })
      assert.is(checked.status, 0, `${checked.stdout}${checked.stderr}`)
    }
  }))

test('an export does not overwrite what is there', () =>
  withWorkspace(async (workspace) => {
    await applied(workspace)
    assert.is((await workspace.run(['export', '--format', 'terraform'])).code, 0)
    const again = await workspace.run(['export', '--format', 'terraform'])
    assert.is(again.code, 1, again.all)
    assert.match(again.stderr, '--force')
    assert.is((await workspace.run(['export', '--format', 'terraform', '--force'])).code, 0)
  }))

test('an export without a format, or of nothing applied, says what to do', () =>
  withWorkspace(async (workspace) => {
    copyFileSync(EXAMPLE, join(workspace.folder, 'homelab.mpc.hcl'))
    assert.is((await workspace.run(['export'])).code, 64)
    assert.is((await workspace.run(['export', '--format', 'pulumi'])).code, 64)
    const none = await workspace.run(['export', '--format', 'terraform'])
    assert.is(none.code, 1, none.all)
    assert.match(none.stderr, 'mpc apply')
  }))

test.run()
