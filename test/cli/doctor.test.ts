import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileFindings } from '../../src/cli/run/local-checks.ts'
import { clockFindings } from '../../src/cli/run/server-checks.ts'
import { simulatorClient } from '../proxmox/connect.ts'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const GUEST = (name: string) =>
  `container "${name}" {\n  node = "pve1"\n  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"\n  rootfs = "local-lvm:1"\n  hostname = "${name}"\n}\n`

const writes = ({ simulator }: Workspace) => simulator.requests.filter(({ verb }) => verb !== 'GET').length

const finds = async ({ run }: Workspace, ...phrases: readonly (string | RegExp)[]) => {
  const result = await run(['doctor'])
  assert.is(result.code, 1, result.all)
  for (const phrase of phrases) assert.match(result.all, phrase)
  return result
}

test('a sound workspace has no findings, and nothing is sent that changes the cluster', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', GUEST('one'))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const sent = writes(workspace)
    const well = await run(['doctor'])
    assert.is(well.code, 0, well.all)
    assert.match(well.stdout, /ok {3}state and audit log\nok {3}files and disk\nok {3}runs\nok {3}connection/)
    assert.is(writes(workspace), sent)
    const json = JSON.parse((await run(['doctor', '--json'])).stdout)
    assert.is(json.healthy, true)
  }))

test('open files, a changed audit log, a rule that protects nothing, and a server that does not answer are told together', () =>
  withWorkspace(async (workspace) => {
    const { folder, run, simulator } = workspace
    const state = join(folder, '.proxmox', 'state.db')
    const log = join(folder, '.proxmox', 'audit.log')
    chmodSync(log, 0o644)
    writeFileSync(log, readFileSync(log, 'utf8').replace('"command":"sync"', '"command":"plan"'))
    appendFileSync(join(folder, '.proxmox', 'config.yml'), 'protect: [tag:prodd]\n')
    const found = await finds(
      workspace,
      'doctor.open-files',
      /[\s\S]*audit\.log has mode 0644/,
      /store\.audit-broken[\s\S]*line 1 was changed/,
      'doctor.idle-rule',
      /[\s\S]*config\.yml line[\s\S]*tag:prodd/,
    )
    // The advice works as it is typed.
    const [, advice = ''] = /^ +chmod go-rwx (.+)$/m.exec(found.stderr) ?? []
    chmodSync(advice, 0o600)
    assert.is(statSync(log).mode & 0o077, 0)
    assert.not.match((await run(['doctor'])).all, 'open-files')
    assert.ok(statSync(state).size > 0)
    await simulator.stop()
    await finds(workspace, 'proxmox.', /!! {3}connection/)
  }))

test('guests that are gone, or whose VMID another one has taken, are found', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    write('a.mpc.hcl', GUEST('one') + GUEST('two').replace('{\n', '{\n  vmid = 555\n'))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const client = simulatorClient(simulator)
    const gone = await client.send({ method: 'DELETE', path: '/nodes/pve1/lxc/555', params: {} })
    assert.is(gone.kind, 'answered')
    await finds(workspace, 'doctor.guest-gone', /[\s\S]*container\.two/)
    const taken = await client.send({
      method: 'POST',
      path: '/nodes/pve1/qemu',
      params: { vmid: 555, name: 'stranger' },
    })
    assert.is(taken.kind, 'answered')
    await finds(workspace, 'doctor.guest-taken', /[\s\S]*stranger/)
    client.close()
  }))

test('a run that was cut short is found', () =>
  withWorkspace(
    async (workspace) => {
      workspace.write('a.mpc.hcl', GUEST('one'))
      await signalled(workspace, ['apply', '--auto-approve'], 'container.one', 'SIGKILL')
      await finds(workspace, 'cli.unfinished-run', 'mpc recover')
    },
    { speed: 20 },
  ))

test('a disk that is nearly full and a clock that differs are findings', () =>
  withWorkspace(async ({ simulator }) => {
    const room = fileFindings({ open: [], room: 5 * 2 ** 20, size: 100 })
    assert.is(room[0]?.code, 'doctor.little-room')
    assert.match(room[0]?.detail ?? '', '5 MB are free')
    assert.equal(fileFindings({ open: [], room: 10 ** 12, size: 100 }), [])
    const client = simulatorClient(simulator)
    const nodes = [{ node: 'pve1', status: 'online' as const }]
    assert.equal(await clockFindings(client, { nodes }, { now: () => new Date() }), [])
    const late = { now: () => new Date(Date.now() - 3_600_000) }
    const [off] = await clockFindings(client, { nodes }, late)
    assert.is(off?.code, 'doctor.clock-differs')
    assert.match(off?.detail ?? '', /pve1 is 3(?:599|600|601) s ahead/)
    client.close()
  }))

test.run()
