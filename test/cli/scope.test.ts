import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { simulatorClient } from '../proxmox/connect.ts'
import { withWorkspace } from './mpc.ts'

const vm = (name: string, more = ''): string => `vm "${name}" {\n  node = "pve1"\n  memory = var.size\n${more}}\n`
const AS_OF = /The cluster as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.\n/
const VARIABLES = 'variable "size" {\n  default = 512\n}\n'

test('a plan of some files leaves alone what the others declare', () =>
  withWorkspace(async ({ run, write, folder }) => {
    write('variables.mpc.hcl', VARIABLES)
    write('a.mpc.hcl', vm('one'))
    write('b.mpc.hcl', vm('two') + vm('three', '  count = 2\n'))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    write('variables.mpc.hcl', VARIABLES.replace('512', '1024'))
    const some = await run(['plan', 'a.mpc.hcl'])
    assert.match(some.stdout, /vm\.one will be updated[\s\S]*0 to create, 1 to update, 0 to replace, 0 to destroy/)
    write('b.mpc.hcl', vm('two') + vm('three', '  count = 1\n'))
    const fewer = await run(['plan', './b.mpc.hcl'])
    assert.match(fewer.stdout, /0 to create, 2 to update, 0 to replace, 1 to destroy/)
    assert.match(fewer.stdout, /vm\.three\[1\] will be destroyed/)
    const whole = await run(['plan', '.'])
    assert.match(whole.stdout, /0 to create, 3 to update, 0 to replace, 1 to destroy/)
    mkdirSync(join(folder, 'other'))
    write('other/c.mpc.hcl', 'pool "lab" {}\n')
    assert.match((await run(['plan', 'other'])).stdout, /1 to create, 0 to update, 0 to replace, 0 to destroy/)
    assert.match((await run(['plan', 'other/c.mpc.hcl'])).stdout, /pool\.lab will be created/)
  }))

test('what a file needs of another that is not there yet is named', () =>
  withWorkspace(async ({ run, write }) => {
    write('variables.mpc.hcl', VARIABLES)
    write('a.mpc.hcl', vm('one', '  pool = pool.lab.poolid\n'))
    write('pools.mpc.hcl', 'pool "lab" {}\n')
    const alone = await run(['plan', 'a.mpc.hcl', '--json'])
    assert.is(alone.code, 1)
    assert.match(alone.stdout, 'plan.left-out')
    assert.match(alone.stdout, 'pools.mpc.hcl declares')
    assert.is((await run(['plan', 'a.mpc.hcl', 'pools.mpc.hcl'])).code, 0)
  }))

test('a plan that destroys most of what is managed is shown and refused', () =>
  withWorkspace(async ({ run, write, simulator, folder }) => {
    write('variables.mpc.hcl', VARIABLES)
    write('a.mpc.hcl', vm('one'))
    write('b.mpc.hcl', vm('two') + vm('three'))
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const before = simulator.dump()
    write('b.mpc.hcl', '')
    for (const args of [['plan'], ['apply', '--auto-approve'], ['plan', '--json']]) {
      const refused = await run(args)
      assert.is(refused.code, 6, refused.all)
      assert.match(
        refused.all,
        new RegExp(`2 of 3 managed guests would be destroyed[\\s\\S]*mpc ${args[0]} --allow-destroy`),
      )
      assert.match(refused.stdout, args.includes('--json') ? '"destroy":2' : /2 to destroy/)
    }
    for (const name of ['a', 'b', 'variables']) rmSync(join(folder, `${name}.mpc.hcl`))
    const vanished = await run(['apply', '--auto-approve', '--json'])
    assert.is(vanished.code, 6, vanished.all)
    assert.match(vanished.stdout, 'cli.mass-destroy')
    assert.match(vanished.stdout, 'no declaration file left')
    assert.equal(simulator.dump(), before)
    const allowed = await run(['apply', '--auto-approve', '--allow-destroy'])
    assert.is(allowed.code, 0, allowed.all)
    assert.match((await run(['plan'])).all, 'There are no *.mpc.hcl or *.mpc.yaml files')
  }))

test('a plan reads the cluster, says as of when, and marks what was changed outside of mpc', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('variables.mpc.hcl', VARIABLES)
    write('a.mpc.hcl', vm('one', '  cores = 2\n  onboot = true\n'))
    const made = await run(['apply', '--auto-approve', '--json'])
    assert.is(made.code, 0, made.all)
    const vmid = /qemu\/(\d+)\/config/.exec(made.stdout)?.[1] ?? /VM (\d+)/.exec(made.stdout)?.[1]
    const client = simulatorClient(simulator)
    await client.send({
      method: 'PUT',
      path: `/nodes/pve1/qemu/${vmid}/config`,
      params: { cores: '4', delete: 'onboot' },
    })
    client.close()
    const offline = await run(['plan', '--no-refresh'], { env: { PROXMOX_VE_ENDPOINT: 'https://127.0.0.1:1' } })
    assert.match(offline.stdout, /^No changes\./)
    assert.match(offline.stderr, AS_OF)
    write('variables.mpc.hcl', VARIABLES.replace('512', '1024'))
    for (const args of [['plan'], ['plan', '--refresh']]) {
      const { stdout, stderr } = await run(args)
      assert.match(stdout, /cores +=? *= 4 -> 2 +# changed outside of mpc\n/)
      assert.match(stdout, /\+ onboot += true +# changed outside of mpc\n/)
      assert.match(stdout, /memory += 512 -> 1024\n/)
      assert.match(stderr, AS_OF)
    }
    assert.match((await run(['plan', '--json'])).stderr, AS_OF)
    assert.match((await run(['show'])).stderr, AS_OF)
  }))

test.run()
