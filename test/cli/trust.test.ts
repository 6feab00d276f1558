import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { mpc, type Workspace, withWorkspace } from './mpc.ts'
import { withFolder } from './run-here.ts'

const settingsOf = (folder: string): string => join(folder, '.proxmox', 'config.yml')

/** The workspace's settings in a folder of somebody else's making, as after a clone. */
const withClone = (work: (workspace: Workspace, clone: string) => Promise<void>): Promise<void> =>
  withWorkspace(
    async (workspace) => {
      const clone = mkdtempSync(join(tmpdir(), 'mpc-clone-'))
      try {
        mkdirSync(join(clone, '.proxmox'))
        cpSync(settingsOf(workspace.folder), settingsOf(clone))
        writeFileSync(join(clone, 'a.mpc.hcl'), 'pool "lab" {}\n')
        await work(workspace, clone)
      } finally {
        rmSync(clone, { recursive: true, force: true })
      }
    },
    { http: true },
  )

test('the settings of a folder that mpc init did not write are not acted on before somebody agreed to them', () =>
  withClone(async ({ env, simulator }, clone) => {
    const home = join(clone, 'home')
    const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      mpc(args, { cwd: clone, env: { ...env, HOME: home, ...more } })
    const seen = simulator.requests.length
    for (const args of [['sync'], ['plan'], ['status'], ['apply', '--auto-approve'], ['trust']]) {
      const refused = await run(args)
      assert.is(refused.code, 6, refused.all)
      assert.match(refused.stderr, /endpoint: [\s\S]*MPC_TRUST=[0-9a-f]{32}/)
      assert.match(refused.stderr, 'project.untrusted')
    }
    assert.is((await run(['sync', '--json'])).code, 6)
    assert.is(simulator.requests.length, seen)
    assert.is((await run(['plan', '--no-refresh'])).code, 1)
    const shown = await run(['trust', '--show'])
    const hash = /hash: (\w+) \(not trusted\)/.exec(shown.stdout)?.[1] ?? ''
    assert.is((await run(['sync'], { MPC_TRUST: hash.replace(/^./, 'z') })).code, 6)
    assert.is((await run(['sync'], { MPC_TRUST: hash })).code, 0)
    assert.is((await run(['sync'], { PROXMOX_VE_ENDPOINT: simulator.url })).code, 0)
    assert.is((await run(['sync'])).code, 6)
    assert.is((await run(['trust'], { MPC_TRUST: hash })).code, 0)
    assert.is((await run(['sync'])).code, 0)
    const [file = ''] = readdirSync(join(home, '.config', 'mpc', 'trust'))
    assert.is(statSync(join(home, '.config', 'mpc', 'trust', file)).mode & 0o777, 0o600)
    writeFileSync(settingsOf(clone), 'endpoint: http://127.0.0.1:1\n')
    assert.is((await run(['sync'])).code, 6)
    assert.is((await run(['trust', '--revoke'])).code, 0)
    assert.match((await run(['trust', '--show'])).stdout, 'not trusted')
  }))

test('a command of the settings runs only once it was agreed to, and again only as it was', () =>
  withClone(async ({ simulator }, clone) => {
    writeFileSync(join(clone, 'token.sh'), `#!/bin/sh\ntouch ${clone}/ran\necho '${simulator.token}'\n`)
    chmodSync(join(clone, 'token.sh'), 0o755)
    writeFileSync(settingsOf(clone), `endpoint: ${simulator.url}\ncredentials:\n  command: [./token.sh]\n`)
    const run = (args: readonly string[], env = {}) =>
      mpc(args, { cwd: clone, env: { HOME: join(clone, 'home'), ...env } })
    assert.is((await run(['sync'])).code, 6)
    assert.not.ok(existsSync(join(clone, 'ran')))
    const hash = /hash: (\w+)/.exec((await run(['trust', '--show'])).stdout)?.[1] ?? ''
    assert.is((await run(['sync'], { MPC_TRUST: hash })).code, 0)
    assert.ok(existsSync(join(clone, 'ran')))
    writeFileSync(join(clone, 'token.sh'), '#!/bin/sh\necho other\n')
    assert.is((await run(['sync'], { MPC_TRUST: hash })).code, 6)
  }))

test('settings that belong to somebody else are not obeyed', () =>
  withClone(async ({ env }, clone) => {
    if (process.getuid?.() !== 0) return console.log('skipped: only root can give a file away')
    const run = (args: readonly string[], more = {}) => mpc(args, { cwd: clone, env: { ...env, ...more } })
    const hash = /hash: (\w+)/.exec((await run(['trust', '--show'])).stdout)?.[1] ?? ''
    chownSync(settingsOf(clone), 12345, 12345)
    for (const args of [['sync'], ['plan', '--no-refresh'], ['trust']]) {
      const refused = await run(args)
      assert.is(refused.code, 6, refused.all)
      assert.match(refused.stderr, 'project.foreign-settings')
      assert.match(refused.stderr, 'belongs to user 12345')
    }
    assert.is((await run(['sync'], { MPC_TRUST: hash })).code, 0)
    assert.is((await run(['sync'], { SUDO_UID: '12345', MPC_TRUST: hash })).code, 0)
  }))

test('init tests the endpoint it is given, and leaves nothing behind when that fails', async () => {
  const simulator = await startSimulator({ http: true, seed: 7 })
  const folder = mkdtempSync(join(tmpdir(), 'mpc-init-'))
  const env = { PROXMOX_VE_API_TOKEN: simulator.token, HOME: join(folder, 'home') }
  try {
    const failed = await mpc(['init', '--endpoint', 'http://127.0.0.1:1'], {
      cwd: folder,
      env: { ...env, PROXMOX_VE_ENDPOINT: simulator.url },
    })
    assert.is(failed.code, 1, failed.all)
    assert.match(failed.stderr, 'project.not-initialized')
    assert.equal(readdirSync(folder), [])
    const made = await mpc(['-C', 'new', 'init', '--endpoint', simulator.url], {
      cwd: folder,
      env: { ...env, PROXMOX_VE_ENDPOINT: 'http://127.0.0.1:1' },
    })
    assert.is(made.code, 0, made.all)
    assert.match(made.stderr, 'PROXMOX_VE_ENDPOINT is http://127.0.0.1:1 and overrides')
    assert.is((await mpc(['sync'], { cwd: join(folder, 'new'), env })).code, 0)
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('declarations read no file outside of their repository unless that is allowed', () =>
  withFolder({ 'repo/site/a.txt': 'a', 'repo/b.txt': 'b', 'c.txt': 'c', 'deep/d.txt': 'd' }, async ({ path, run }) => {
    mkdirSync(join(path, 'repo', '.git'))
    symlinkSync('../../c.txt', join(path, 'repo', 'site', 'link.txt'))
    const site = ['-C', join(path, 'repo', 'site')]
    const evaluate = (expression: string, ...more: string[]) => run([...site, 'eval', expression, ...more])
    assert.is((await evaluate('file("a.txt")')).stdout, '"a"\n')
    assert.is((await evaluate('file("../b.txt")')).stdout, '"b"\n')
    for (const expression of [
      'file("../../c.txt")',
      'file("link.txt")',
      'filebase64("/etc/hostname")',
      'fileexists("../../c.txt")',
      'filesha256("../../c.txt")',
      'templatefile("../../c.txt", {})',
      'fileset("../../deep", "*")',
      `file("${path}/c.txt")`,
    ]) {
      const refused = await evaluate(expression)
      assert.is(refused.code, 1, expression)
      assert.match(refused.stderr, '--allow-files', expression)
      assert.is(
        (await evaluate(expression, '--allow-files')).code,
        expression.includes('/etc') && !existsSync('/etc/hostname') ? 1 : 0,
      )
    }
    rmSync(join(path, 'repo', '.git'), { recursive: true })
    assert.is((await evaluate('file("../b.txt")')).code, 1)
  }))

test.run()
