import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { shellWord } from '../../src/util/shell-word.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const MAIN = join(process.cwd(), 'dist', 'main.js')
const CTRL_C = '\x03'
const CTRL_D = '\x04'

/** Runs a command line on a terminal of its own, and types once it has asked; gives all that is seen. */
const typed = (
  { folder, env }: Workspace,
  args: readonly string[],
  {
    when,
    keys,
    more = {},
  }: { readonly when: RegExp; readonly keys: string; readonly more?: Readonly<Record<string, string>> },
): Promise<{ readonly code: number | null; readonly seen: string }> =>
  new Promise((resolve, reject) => {
    const line = [process.execPath, MAIN, ...args].map(shellWord).join(' ')
    const child = spawn('timeout', ['30', 'script', '-qefc', line, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', NO_COLOR: '1', ...env, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let seen = ''
    let isAsked = false
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk
      if (isAsked || !when.test(stripVTControlCharacters(seen))) return
      isAsked = true
      child.stdin.write(keys)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, seen }))
  })

const TRUST = /Only "yes" is accepted: $/
const prompts: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['of init', ['init', '-C', 'new'], /Where is your Proxmox VE server\?.*\) $/],
  ['for trust', ['sync'], TRUST],
  ['of mpc trust', ['trust'], TRUST],
  ['for approval', ['apply', '--no-color'], /Apply these changes\? Only "yes" is accepted: $/],
  ['for a variable', ['plan', '--no-refresh'], /var\.secret: $/],
]

const prepare = (workspace: Workspace, what: string): void => {
  const { folder, write } = workspace
  write('a.mpc.hcl', what === 'for a variable' ? 'variable "secret" {\n  sensitive = true\n}\n' : 'pool "lab" {}\n')
  if (what.includes('trust')) rmSync(join(folder, '.config'), { recursive: true, force: true })
}

for (const [what, args, when] of prompts)
  test(`at the prompt ${what} Ctrl-C ends with 130, and the end of input is no answer`, () =>
    withWorkspace(
      async (workspace) => {
        prepare(workspace, what)
        const before = workspace.simulator.dump()
        const interrupted = await typed(workspace, args, { when, keys: CTRL_C })
        assert.is(interrupted.code, 130, interrupted.seen)
        assert.not.match(interrupted.seen, /bug|Error:/)
        assert.match(interrupted.seen, /Interrupted\.|Nothing was changed/)
        const unanswered = await typed(workspace, args, { when, keys: CTRL_D })
        assert.ok([1, 6].includes(unanswered.code ?? -1), unanswered.seen)
        assert.match(unanswered.seen, /Error: |Nothing was changed/)
        assert.not.match(unanswered.seen, 'bug')
        assert.not.ok(existsSync(join(workspace.folder, 'new')))
        assert.equal(workspace.simulator.dump(), before)
      },
      { http: true },
    ))

/** The command that a message advises, as a person pastes it. */
const advised = (seen: string, pattern: RegExp): readonly string[] => {
  const line = seen.split(/\r?\n/).find((text) => pattern.test(text)) ?? ''
  return line.trim().split(' ').slice(1)
}

test('what is advised after a certificate that nobody has signed works as it stands', () =>
  withWorkspace(
    async ({ run, simulator, folder }) => {
      const failed = await run(['init', '-C', 'a b', '--endpoint', simulator.url])
      assert.is(failed.code, 1, failed.all)
      assert.not.ok(existsSync(join(folder, 'a b')))
      assert.match(failed.stderr, /mpc init -C 'a b' --endpoint \S+ --no-test\n/)
      const words = advised(failed.stderr, /^ *mpc init .*--fingerprint/)
        .join(' ')
        .replace("'a b'", 'a_b')
        .split(' ')
      const again = await run(words)
      assert.is(again.code, 0, again.all)
    },
    { setUp: false },
  ))

test('settings that are not trusted name what to type, and a wrong MPC_TRUST is said', () =>
  withWorkspace(
    async (workspace) => {
      const { run, folder } = workspace
      prepare(workspace, 'for trust')
      const refused = await run(['sync'], { env: { MPC_TRUST: '0'.repeat(32) } })
      assert.is(refused.code, 6)
      assert.match(refused.stderr, 'MPC_TRUST is set, to the hash of other settings.')
      assert.match(refused.stderr, /^ *mpc trust$/m)
      const hash = /^ *export MPC_TRUST=(\w+)$/m.exec(refused.stderr)?.[1] ?? ''
      assert.is((await run(['sync'], { env: { MPC_TRUST: hash } })).code, 0)
      assert.match((await run(['sync', '-C', folder])).stderr, `mpc -C ${folder} trust`)
    },
    { http: true },
  ))

test('help about what is no command says so', () =>
  withWorkspace(
    async ({ run }) => {
      for (const args of [
        ['help', 'foo'],
        ['help', 'aply'],
      ]) {
        const told = await run(args)
        assert.is(told.code, 64, told.all)
        assert.match(told.stderr, `unknown command '${args[1]}'`)
      }
      assert.match((await run(['help', 'destroy'])).stderr, 'mpc has no command')
      for (const args of [['help'], ['help', 'plan']]) assert.is((await run(args)).code, 0)
    },
    { setUp: false },
  ))

test('a file that cannot be written is said with the name that was typed', () =>
  withWorkspace(async ({ run, write, folder }) => {
    write('a.mpc.hcl', 'pool "lab" {}\n')
    writeFileSync(join(folder, 'file'), '')
    for (const [args, words] of [
      [['plan', '--out', '/nonexist/x'], /\/nonexist\/x cannot be used: it or its folder does not exist \(ENOENT\)/],
      [['plan', '--out', 'file/x'], /file\/x cannot be used: a part of its path is a file/],
      [['plan', '--out', '.'], /cannot be used: it is a folder/],
      [['plan', '--out', '/proc/x'], /\/proc\/x cannot be used/],
      [['plan', '--out', '/dev/full'], /\/dev\/full cannot be used: its disk is full/],
      [['export', '--format', 'ansible', '--out', '/proc/x'], /^Error: /],
      [['export', '--format', 'ansible', '--out', 'file'], /^Error: /],
      [
        ['init', '-C', '/proc/x', '--no-test', '--endpoint', 'https://pve.example.com:8006'],
        /\/proc\/x cannot be used/,
      ],
    ] as const) {
      const told = await run(args)
      assert.is(told.code, 1, told.all)
      assert.not.match(told.all, 'bug')
      assert.match(told.stderr, words)
    }
    assert.is((await run(['plan', '--out', '/dev/null'])).code, 0)
    assert.is((await run(['plan', '--out', 'file'])).code, 0)
  }))

test.run()
