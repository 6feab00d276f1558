import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

type Line = Readonly<Record<string, unknown>>

const linesOf = (stdout: string): readonly Line[] =>
  stdout
    .trim()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Line)

const GUEST = (name: string, memory: number) =>
  `container "${name}" {\n  node = "pve1"\n  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"\n  rootfs = "local-lvm:1"\n  hostname = "${name}"\n  memory = ${memory}\n}\n`

const logOf = ({ folder }: Workspace) => join(folder, '.proxmox', 'audit.log')

test('the log tells who ran what and how it ended, every request and its answer, and no secret', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write(
      'a.mpc.hcl',
      `variable "pw" {\n  sensitive = true\n}\n${GUEST('one', 512)}vm "sec" {\n  node = "pve1"\n  clone = "debian-12"\n  cipassword = var.pw\n}\n`,
    )
    const applied = await run(['apply', '--auto-approve', '--var', 'pw=ganz-geheim'])
    assert.is(applied.code, 0, applied.all)
    assert.is((await run(['apply', '--var=pw=ganz-geheim'], { input: 'no\n' })).code, 0)
    write('a.mpc.hcl', GUEST('one', 256))
    assert.is((await run(['apply', '--exclude', 'vm.sec'], { input: 'no\n' })).code, 6)
    const listed = await run(['audit', '--json'])
    assert.is(listed.code, 0, listed.all)
    const lines = linesOf(listed.stdout)
    const commands = lines.filter(({ event }) => event === 'command')
    assert.equal(
      commands.map(({ command, exit }) => [command, exit]),
      [
        ['sync', 0],
        ['apply', 0],
        ['apply', 0],
        ['apply', 6],
      ],
    )
    assert.equal(commands[1]?.['args'], ['apply', '--auto-approve', '--var', 'pw=…'])
    assert.equal(commands[2]?.['args'], ['apply', '--var=pw=…'])
    assert.ok(commands.every(({ user, host, synced }) => user !== '' && host !== '' && Array.isArray(synced)))
    const requests = lines.filter(({ event }) => event === 'request')
    const answers = lines.filter(({ event }) => event === 'answer')
    assert.is(answers.length, requests.length)
    assert.ok(answers.some(({ upid }) => String(upid).startsWith('UPID:')))
    assert.is(lines.filter(({ event }) => event === 'run').length, 1)
    assert.is(lines.find(({ event }) => event === 'end')?.['status'], 'applied')
    assert.not.match(readFileSync(logOf(workspace), 'utf8'), 'geheim')

    const text = await run(['audit'])
    assert.match(text.stdout, /@\S+: mpc apply --auto-approve --var 'pw=…': exit 0/)
    assert.match(text.stdout, /cipassword=\(secret\)/)
    const vmid =
      /container \d+/.exec(applied.stdout)?.[0].split(' ')[1] ??
      /\d{3}/.exec(String(requests[0]?.['params']))?.[0] ??
      ''
    for (const guest of [vmid, 'container.one']) {
      const own = linesOf((await run(['audit', '--json', '--guest', guest])).stdout)
      assert.ok(own.length >= 2, guest)
      assert.ok(
        own.every(({ step }) => String(step).startsWith('container.one/')),
        JSON.stringify(own),
      )
    }
    assert.match((await run(['audit', '--guest', '10'])).stderr, 'cli.bad-option')
    assert.is(linesOf((await run(['audit', '--json', '--since', '1h'])).stdout).length, lines.length)
    assert.match((await run(['audit', '--since', '2999-01-01'])).stdout, 'Nothing is written down')
    for (const wrong of [
      ['--since', 'soon'],
      ['--since', '5x'],
      ['--guest', 'web'],
      ['--guest', ''],
    ])
      assert.is((await run(['audit', ...wrong])).code, 64, wrong.join(' '))
  }))

test('verify names the line that was changed, replaced, removed or swapped', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', GUEST('one', 512))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const whole = await run(['audit', '--verify'])
    assert.is(whole.code, 0, whole.all)
    const log = logOf(workspace)
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    assert.match(whole.stdout, `whole: ${lines.length} lines`)
    const [one = '', two = '', three = '', ...rest] = lines
    const changes: readonly (readonly [readonly string[], RegExp])[] = [
      [[one, two.replace(/"at":"2/, '"at":"1'), three, ...rest], /line 2 was changed/],
      [[one, three, ...rest], /line 2 is missing/],
      [[one, two, three], new RegExp(`lines? 4 (?:to ${lines.length} are|is) missing`)],
      [[one, three, two, ...rest], /line 2 stands where line 4 belongs/],
      [[one, 'gone', three, ...rest], /line 2 is missing/],
      [[], new RegExp(`lines 1 to ${lines.length} are missing`)],
    ]
    for (const [changed, said] of changes) {
      writeFileSync(log, changed.map((line) => `${line}\n`).join(''))
      const broken = await run(['audit', '--verify'])
      assert.is(broken.code, 1, broken.all)
      assert.match(broken.stderr, said)
      assert.match(broken.stderr, 'store.audit-broken')
    }
    writeFileSync(log, `${lines.join('\n')}\n`)
    assert.is((await run(['audit', '--verify', '--json'])).code, 0)
  }))

test('a log stays whole when commands are killed and others write at the same time', () =>
  withWorkspace(
    async (workspace) => {
      const { run, write } = workspace
      write('a.mpc.hcl', GUEST('one', 512) + GUEST('two', 512))
      await Promise.all([run(['apply', '--auto-approve']), run(['plan']), run(['sync']), run(['plan'])])
      write('a.mpc.hcl', GUEST('one', 256) + GUEST('two', 256) + GUEST('three', 256))
      await signalled(workspace, ['apply', '--auto-approve'], 'container.three', 'SIGKILL')
      await Promise.all([run(['sync']), run(['recover', '--undo']), run(['plan'])])
      const verified = await run(['audit', '--verify'])
      assert.is(verified.code, 0, verified.all)
    },
    { speed: 20 },
  ))

test.run()
