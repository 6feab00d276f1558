import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../contract/published.ts'
import { withWorkspace } from './mpc.ts'

const AUTO = ['apply', '--auto-approve', '--quiet']

const vm = (body: string, lifecycle = '') =>
  `vm "a" {\n  node = "pve1"\n  vmid = 900\n  power = "running"\n  disk "ide2" {\n    storage = "local-lvm"\n    media = "cloudinit"\n  }\n${body}\n${lifecycle}}\n`
const ALLOWED = '  lifecycle {\n    reboot = "allowed"\n  }\n'

for (const [about, before, after, names] of [
  ['pending configuration', '  cores = 1', '  cores = 2', ['cores']],
  ['cloud-init values', '  ciuser = "ops"', '  ciuser = "admin"', ['ciuser']],
  [
    'both, and a cloud-init password',
    '  cores = 1\n  cipassword = "Secret-1"',
    '  cores = 2\n  cipassword = "Secret-2"',
    ['cores', 'cipassword'],
  ],
] as const)
  test(`a guest that waits for a restart because of ${about} is named until it is restarted, which a later leave plans`, () =>
    withWorkspace(async ({ run, write }) => {
      write('a.mpc.hcl', vm(before))
      assert.is((await run(AUTO)).code, 0)
      assert.not.match((await run(['plan'])).all, 'reboot-pending')
      write('a.mpc.hcl', vm(after))
      const applied = await run([...AUTO, '--allow-irreversible'])
      assert.is(applied.code, 0, applied.all)
      assert.match(applied.all, 'cli.reboot-pending')
      for (const name of names) assert.match(applied.all, new RegExp(`vm\\.a \\(900\\):.*${name}`))
      const plan = await run(['plan'])
      assert.match(plan.all, 'No changes')
      assert.match(plan.all, 'plan.reboot-pending')
      for (const name of names) assert.match(plan.all, `\`${name}\``)
      assert.match((await run(['status'])).all, /Waits: .*vm\.a \(900\)/)
      const [status] = linesOf((await run(['status', '--json'])).stdout)
      assert.equal(status?.['waiting_for_restart'], [{ address: 'vm.a', vmid: 900, attributes: [...names].sort() }])
      write('a.mpc.hcl', vm(after, ALLOWED))
      const restart = await run(['plan'])
      assert.match(restart.all, 'shut down so that')
      assert.match(restart.all, 'restarts the guest')
      assert.not.match(restart.all, 'plan.reboot-pending')
      const again = await run(AUTO)
      assert.is(again.code, 0, again.all)
      assert.not.match(again.all, 'reboot-pending')
      const rest = await run(['plan'])
      assert.match(rest.all, 'No changes')
      assert.not.match(rest.all, 'reboot-pending')
      assert.not.match((await run(['status'])).all, 'Waits')
    }))

test('what is left to others is not waited for, and nobody is restarted for it', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', vm('  cores = 1'))
    assert.is((await run(AUTO)).code, 0)
    write('a.mpc.hcl', vm('  cores = 2'))
    assert.is((await run(AUTO)).code, 0)
    write('a.mpc.hcl', vm('  cores = 2', '  lifecycle {\n    reboot = "allowed"\n    ignore_changes = [cores]\n  }\n'))
    const plan = await run(['plan'])
    assert.not.match(plan.all, 'shut down')
    assert.not.match(plan.all, 'reboot-pending')
  }))

test.run()
