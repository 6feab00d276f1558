import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const writes = ({ simulator }: Workspace) => simulator.requests.filter(({ verb }) => verb !== 'GET').length

/** Adds settings to those `mpc init` wrote; gives the way back. */
const set = ({ folder }: Workspace, text: string): (() => void) => {
  const path = join(folder, '.proxmox', 'config.yml')
  const before = readFileSync(path, 'utf8')
  appendFileSync(path, text)
  return () => writeFileSync(path, before)
}

const SMALL = (name: string, more = '') =>
  `container "${name}" {\n  node = "pve1"\n  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"\n  rootfs = "local-lvm:1"\n  hostname = "${name}"\n${more}}\n`

/** Refuses with 6 and sends nothing that writes. */
const isRefused = async (workspace: Workspace, args: readonly string[], ...phrases: readonly (string | RegExp)[]) => {
  const sent = writes(workspace)
  const refused = await workspace.run(args)
  assert.is(refused.code, 6, refused.all)
  for (const phrase of phrases) assert.match(refused.all, phrase)
  assert.is(writes(workspace), sent, 'something was sent')
}

const planOf = (text: string): string => /\bp-[a-z0-9]{7}\b/.exec(text)?.[0] ?? ''

test('read_only sends nothing: plan works, apply, revert and recover are refused with the place of the setting', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', SMALL('one'))
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    write('a.mpc.hcl', SMALL('one', '  memory = 256\n'))
    const lift = set(workspace, 'read_only: true\n')
    const planned = await run(['plan'])
    assert.is(planned.code, 0, planned.all)
    const place = /project\.read-only[\s\S]*config\.yml line \d+, column 12/
    await isRefused(workspace, ['apply', '--auto-approve'], place)
    await isRefused(workspace, ['apply', planOf(planned.stdout), '--auto-approve'], place)
    await isRefused(workspace, ['revert', planOf(applied.stdout), '--auto-approve'], place)
    lift()
    set(workspace, 'read_only: false\n')
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
  }))

test('protect keeps guests by VMID, range, name, tag, pool and node, and leaves those with similar names alone', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    const TWO = (memory: number) =>
      `${SMALL('db', `  vmid = 301\n  tags = ["prod"]\n  pool = pool.site.poolid\n  memory = ${memory}\n`)}${SMALL('db2', `  vmid = 3010\n  tags = ["prod2"]\n  memory = ${memory}\n`)}pool "site" {\n  poolid = "site"\n}\n`
    write('a.mpc.hcl', TWO(512))
    const first = await run(['apply', '--auto-approve'])
    assert.is(first.code, 0, first.all)
    write('a.mpc.hcl', TWO(1024))
    for (const rule of [
      '301',
      '300-302',
      'db',
      'name:db',
      'tag:PROD',
      'prod',
      'site',
      'pool:site',
      '"301"',
      'vmid:301',
    ]) {
      const lift = set(workspace, `protect: [${rule}]\n`)
      const refused = await run(['plan'])
      assert.is(refused.code, 6, `${rule}: ${refused.all}`)
      assert.match(refused.stderr, 'db (301) on pve1: container.db')
      assert.match(refused.stderr, 'config.yml line')
      assert.not.match(refused.stderr, '3010')
      await isRefused(workspace, ['apply', '--auto-approve'], 'project.guarded')
      lift()
    }
    for (const rule of ['30', '3', '-5', '"*"', 'db*', 'tags:prod', '302-300', '[301]', '""', 'null', '1.5']) {
      const lift = set(workspace, `protect: [${rule}]\n`)
      const wrong = await run(['plan'])
      assert.is(wrong.code, 1, `${rule}: ${wrong.all}`)
      assert.match(wrong.stderr, 'project.invalid-setting')
      lift()
    }
    const lift = set(workspace, 'protect: [name:prod, tag:db, pool:db, node:db, pod, 3011-4000, node:pve2, pool:sit]\n')
    const saved = await run(['plan'])
    assert.is(saved.code, 0, saved.all)
    lift()
    const all = set(workspace, 'protect: [node:pve1, 301]\nmax_destroy: 0\nread_only: true\n')
    write('a.mpc.hcl', '')
    await isRefused(
      workspace,
      ['apply', '--auto-approve', '--allow-destroy'],
      /project\.guarded[\s\S]*node:pve1/,
      /"301"[\s\S]*container\.db/,
      'project.too-many-destroyed',
      'project.read-only',
    )
    // A plan that was saved before, and a revert, are held against the rules of today.
    await isRefused(workspace, ['apply', planOf(saved.stdout), '--auto-approve'], 'project.guarded')
    await isRefused(
      workspace,
      ['revert', planOf(first.stdout), '--auto-approve'],
      'project.guarded',
      'project.too-many-destroyed',
    )
    all()
  }))

test('max_destroy counts destroyed and replaced guests, and no option lifts it', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', ['a', 'b', 'c'].map((name) => SMALL(name)).join(''))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    set(workspace, 'max_destroy: 1\n')
    write('a.mpc.hcl', SMALL('a'))
    await isRefused(workspace, ['apply', '--auto-approve', '--allow-destroy'], /allows 1 guest[\s\S]*2 guests/)
    await isRefused(
      workspace,
      ['plan', '--replace', 'container.a', '--exclude', 'container.b', '--allow-destroy'],
      '2 guests',
    )
    const one = await run(['apply', '--auto-approve', '--exclude', 'container.c'])
    assert.is(one.code, 0, one.all)
  }))

test('a run that was cut short is undone although a rule names the guests it made itself, and that is said', () =>
  withWorkspace(
    async (workspace) => {
      const { run, simulator, folder } = workspace
      copyFileSync(join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl'), join(folder, 'homelab.mpc.hcl'))
      const before = simulator.dump()
      await signalled(workspace, ['apply', '--auto-approve'], 'creating a clone of VM 9000', 'SIGKILL')
      const lift = set(workspace, 'read_only: true\n')
      await isRefused(workspace, ['recover', '--undo'], 'project.read-only')
      await isRefused(workspace, ['apply', '--auto-approve'], 'project.read-only')
      lift()
      set(workspace, 'protect: [100-9999]\nmax_destroy: 0\n')
      const undone = await run(['recover', '--undo'])
      assert.is(undone.code, 0, undone.all)
      assert.match(undone.stderr, /"protect" in the settings names [\d, ]+: only what this run itself made/)
      assert.equal(simulator.dump(), before)
    },
    { speed: 20 },
  ))

test.run()
