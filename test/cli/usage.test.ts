import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { COMMANDS } from '../../src/cli/program/command-table.ts'
import { mpc, withWorkspace } from './mpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'mpc-usage-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const run = (...args: readonly string[]) => mpc(args, { cwd: folder })

test('an unknown command is wrong usage and suggests the one meant', async () => {
  const { code, stderr, stdout } = await run('plna')
  assert.is(code, 64)
  assert.match(stderr, 'Did you mean plan?')
  assert.is(stdout, '')
})

test('an unknown option is wrong usage and suggests the one meant', async () => {
  const { code, stderr } = await run('plan', '--targt', 'vm.web')
  assert.is(code, 64)
  assert.match(stderr, 'Did you mean --target?')
})

test('a command of Terraform is answered with what mpc does instead', async () => {
  const { code, stderr } = await run('destroy')
  assert.is(code, 64)
  assert.match(stderr, 'mpc revert <plan-id>')
  assert.not.match(stderr, 'Did you mean')
})

test('options of one dash are taken as Terraform takes them', async () => {
  assert.match((await run('-version')).stdout, /^\d+\.\d+\.\d+\n$/)
  assert.match((await run('plan', '-help')).stdout, 'Examples:')
  assert.match((await run('-chdir=nowhere', 'plan', '-no-color')).stderr, 'nowhere')
  assert.match((await run('plan', '-json')).stdout, '"type":"diagnostic"')
})

test('a missing argument is wrong usage', async () => {
  const { code, stderr } = await run('revert')
  assert.is(code, 64)
  assert.match(stderr, 'plan-id')
})

test('every command explains itself with examples', async () => {
  for (const { name, summary } of COMMANDS) {
    const { code, stdout } = await run(name, '--help')
    assert.is(code, 0, name)
    assert.match(stdout, 'Examples:')
    assert.ok(summary.length > 10, name)
  }
})

test('mpc alone shows the commands', async () => {
  const { code, stdout } = await run()
  assert.is(code, 0)
  for (const { name } of COMMANDS) assert.match(stdout, new RegExp(`^  ${name}\\b`, 'm'))
})

test('the version is the one in package.json', async () => {
  const { stdout } = await run('--version')
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
})

test('completion is written for each shell and names every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run('completion', shell)
    assert.is(code, 0)
    for (const { name } of COMMANDS) assert.ok(stdout.includes(name), `${shell} knows ${name}`)
  }
  const wrong = await run('completion', 'bsh')
  assert.is(wrong.code, 64)
  assert.match(wrong.stderr, 'Did you mean "bash"?')
})

test('a command outside a workspace says how to make one', async () => {
  for (const name of ['plan', 'sync', 'apply', 'history', 'show']) {
    const { code, stderr } = await run(name)
    assert.is(code, 1, name)
    assert.match(stderr, 'mpc init')
    assert.not.match(stderr, /\n\s+at /)
  }
})

test('a folder that does not exist is named', async () => {
  const { code, stderr } = await run('-C', 'nowhere', 'plan')
  assert.is(code, 1)
  assert.match(stderr, 'nowhere')
})

test('an old Node is told that it is old', async () => {
  const pretend = join(folder, 'pretend.cjs')
  writeFileSync(
    pretend,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } })\n",
  )
  const old = await mpc(['plan'], { cwd: folder, env: { NODE_OPTIONS: `--require ${pretend}` } })
  assert.is(old.code, 1)
  assert.match(old.stderr, /^Error: mpc needs Node 20\.19 or newer, and this is Node 18\.19\.0/)
  assert.not.match(readFileSync(join(process.cwd(), 'dist', 'main.js'), 'utf8'), /\?\.|\?\?|^await /m)
})

test('plans are completed by their ids', async () => {
  await withWorkspace(async ({ run, write, folder }) => {
    write('a.mpc.hcl', 'pool "lab" {}\n')
    const id = /p-\w+/.exec((await run(['plan'])).stdout)?.[0]
    assert.is((await run(['completion', 'plan-ids'])).stdout, `${id}\n`)
    assert.is((await run(['-C', join(folder, '..'), 'completion', 'plan-ids'])).all, '')
  })
  for (const shell of ['bash', 'zsh', 'fish'])
    assert.match((await mpc(['completion', shell], { cwd: process.cwd() })).stdout, 'mpc completion plan-ids')
})

test('a value that an option does not take is wrong usage', () =>
  withWorkspace(async ({ run }) => {
    for (const args of [
      ['history', '--limit', 'abc'],
      ['simulate', '--port', 'x'],
    ])
      assert.is((await run(args)).code, 64, args.join(' '))
  }))

test('a wrong number of steps at once is told before anything is read', async () => {
  for (const args of [['apply'], ['apply', 'p-none'], ['revert', 'p-none']]) {
    const { code, stderr } = await run(...args, '--parallelism', 'x')
    assert.is(code, 64, stderr)
    assert.match(stderr, '--parallelism takes a whole number')
  }
})

test('what would make another plan cannot be used with a saved one', async () => {
  for (const options of [
    ['--target', 'vm.web'],
    ['--exclude', 'vm.web'],
    ['--replace', 'vm.web'],
    ['--allow-duplicate-names'],
    ['--allow-disk-replacement'],
    ['--destroy'],
    ['--allow-destroy'],
    ['--no-refresh'],
  ]) {
    const { code, stderr } = await run('apply', 'p-none', '--auto-approve', ...options)
    assert.is(code, 64, stderr)
    assert.match(stderr, `${options[0]} cannot be used with a saved plan`)
  }
  const both = await run('apply', 'p-none', '--destroy', '--target', 'vm.web')
  assert.match(both.stderr, '--target, --destroy cannot be used')
})

test('a variable that is not declared is told also beside a saved plan', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('a.mpc.hcl', 'pool "lab" {}\n')
    const id = String(/p-\w+/.exec((await run(['plan'])).stdout)?.[0])
    const before = simulator.dump()
    for (const args of [['plan'], ['apply', id, '--auto-approve']]) {
      const { code, stderr } = await run([...args, '--var', 'nosuch=1'])
      assert.is(code, 1, stderr)
      assert.match(stderr, 'nosuch')
    }
    assert.equal(simulator.dump(), before)
  }))

test.run()
