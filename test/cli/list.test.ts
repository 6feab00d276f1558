import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Workspace, withWorkspace } from './mpc.ts'

const inHomelab = (work: (workspace: Workspace) => Promise<void>) => withWorkspace(work, { http: true })
const jsonOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')

test('guests are listed at once, in 80 columns, with what mpc knows of them', () =>
  inHomelab(async ({ run, write, simulator }) => {
    write('a.mpc.hcl', 'import {\n  to = vm.db\n  id = "101"\n}\n\nvm "db" {\n  node   = "pve1"\n  memory = 9000\n}\n')
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const asked = simulator.requests.length
    const all = await run(['list', 'guests'])
    assert.is(all.code, 0, all.all)
    assert.is(simulator.requests.length, asked)
    const lines = all.stdout.trimEnd().split('\n')
    assert.is(lines.length, 16)
    assert.ok(
      lines.every((line) => line.length <= 80),
      all.stdout,
    )
    assert.match(all.stdout, /101 {2}vm +db +pve1 +running +vm\.db +yes +p-\w+\.1/)
    assert.match(all.stderr, '15 guests, as of ')
  }))

test('filters, order, columns and formats', () =>
  inHomelab(async ({ run }) => {
    const names = async (...args: readonly string[]) =>
      (await run(['list', ...args, '--columns', 'name', '--format', 'csv'])).stdout
        .trim()
        .split('\r\n')
        .slice(1)
        .join(' ')
    assert.is(
      await names('vms', '--filter', 'memory>=8G', '--sort', '-memory,name'),
      'ci-runner build-box db nas win11',
    )
    assert.is(await names('guests', '--filter', 'tags=web', '--filter', 'type=container'), 'proxy wiki')
    assert.is(await names('guests', '--filter', 'name~^w', '--filter', 'status!=stopped'), 'web-old wiki')
    assert.is(await names('guests', '--filter', 'managed=yes'), '')
    assert.is(await names('containers', '--filter', 'vmid<202'), 'dns proxy')
    assert.is(await names('templates'), 'debian-12 ubuntu-24.04')
    assert.is(
      await names('guests', '--filter', 'pool='),
      'git nas homeassistant ci-runner build-box win11 wiki mqtt debian-12 ubuntu-24.04',
    )
    assert.is((await run(['list', 'vms', '--count', '--filter', 'node=pve3'])).stdout, '3\n')
    const yaml = await run(['list', 'pools', '--format', 'yaml', '--columns', 'pool,guests'])
    assert.is(yaml.stdout, '- pool: prod\n  guests: 5\n')
    const rows = jsonOf((await run(['list', 'storages', '--json', '--filter', 'used>300G'])).stdout).rows
    assert.equal([...new Set(rows.map(({ storage }: { storage: string }) => storage))], ['nfs-backup'])
    for (const what of ['nodes', 'networks', 'tasks', 'snapshots']) assert.is((await run(['list', what])).code, 0, what)
    assert.match((await run(['list', 'snapshots', '--refresh'])).stdout, /102 +git +before-upgrade/)
  }))

test('what does not exist is told with what may have been meant', () =>
  inHomelab(async ({ run }) => {
    const cases: readonly (readonly [readonly string[], number, string])[] = [
      [['list', 'gests'], 64, 'Did you mean "guests"?'],
      [['list', 'guests', '--filter', 'statsu=running'], 64, 'Did you mean "status"?'],
      [['list', 'guests', '--filter', 'running'], 64, 'is no filter'],
      [['list', 'guests', '--filter', 'name~('], 64, 'regular expression'],
      [['list', 'guests', '--sort', 'nmae'], 64, 'Did you mean "name"?'],
      [['list', 'guests', '--columns', 'nmae'], 64, 'Did you mean "name"?'],
      [['describe', 'vm', 'dbb'], 1, 'cli.no-such-thing] The last sync saw no vm "dbb". Did you mean "db"?'],
      [['describe', 'node', 'pve4'], 1, 'Did you mean "pve1"?'],
      [['describe', 'storage', 'loca'], 1, 'Did you mean "local"?'],
      [['describe', 'thing', 'x'], 64, 'There are: guest, vm'],
      [['describe', 'container', '101'], 1, 'saw no container "101"'],
    ]
    for (const [args, code, text] of cases) {
      const result = await run(args)
      assert.is(result.code, code, result.all)
      assert.match(result.stderr.replaceAll(/\s+/g, ' '), text)
    }
  }))

test('a guest is described with what is pending, what syncs saw, and what plans did', () =>
  inHomelab(async ({ run, write }) => {
    const declared = (memory: number) => `vm "db" {\n  node   = "pve1"\n  memory = ${memory}\n}\n`
    write('i.mpc.hcl', 'import {\n  to = vm.db\n  id = "101"\n}\n')
    for (const memory of [9000, 9500]) {
      write('a.mpc.hcl', declared(memory))
      assert.is((await run(['apply', '--auto-approve'])).code, 0)
    }
    for (const name of ['101', 'db', 'vm.db']) {
      const told = await run(['describe', 'vm', name])
      assert.is(told.code, 0, told.all)
      assert.match(told.stdout, /memory +8192 -> 9500 {2}\(at the next start\)/)
      assert.match(told.stdout, /disk\.scsi0 +local-lvm:vm-101-disk-0/)
      assert.match(told.stdout, 'memory: 9000 -> 9500')
      assert.match(told.stdout, /p-\w+\.1 {2}applied: set memory/)
    }
    const { versions, plans, attributes } = jsonOf((await run(['describe', 'guest', '101', '--json'])).stdout)
    assert.is(versions.length, 3)
    assert.is(plans.length, 2)
    assert.equal(
      attributes.find(({ name }: { name: string }) => name === 'memory'),
      { name: 'memory', value: '8192', next: '9500' },
    )
    assert.match((await run(['describe', 'guest', '102', '--refresh'])).stdout, 'before-upgrade')
    for (const [kind, name] of [
      ['node', 'pve1'],
      ['storage', 'local-lvm'],
      ['pool', 'prod'],
    ] as const)
      assert.match((await run(['describe', kind, name])).stdout, 'VM 101 (db)')
  }))

test('outputs are shown, a sensitive one only by its name', () =>
  inHomelab(async ({ run, write }) => {
    assert.match((await run(['output'])).stderr, /declaration\.no-files/)
    write(
      'a.mpc.hcl',
      'output "port" {\n  value = 8080\n}\n\noutput "names" {\n  value = ["a"]\n}\n\noutput "key" {\n  value     = sensitive("hush")\n  sensitive = true\n}\n',
    )
    const all = await run(['output'])
    assert.is(all.stdout, 'port = 8080\nnames = ["a"]\nkey = (sensitive)\n')
    assert.is((await run(['output', 'key'])).stdout, '"hush"\n')
    assert.is((await run(['output', '--raw', 'port'])).stdout, '8080')
    assert.is((await run(['output', '--raw', 'names'])).code, 1)
    assert.is((await run(['output', '--raw'])).code, 64)
    assert.equal(jsonOf((await run(['output', 'names', '--json'])).stdout).value, ['a'])
    assert.is((await run(['output', '--json'])).stdout.includes('hush'), false)
    const none = await run(['output', 'prot'])
    assert.is(none.code, 1)
    assert.match(none.stderr, 'Did you mean "port"?')
  }))

test('bindings are listed, shown, forgotten and made, and nothing on the cluster is changed', () =>
  inHomelab(async ({ run, simulator }) => {
    assert.is((await run(['import', '101', '200', '--auto-approve'])).code, 0)
    const before = simulator.dump()
    assert.is((await run(['state', 'list'])).stdout, 'container.dns\npool.prod\nvm.db\n')
    assert.match((await run(['state', 'show', 'vm.db'])).stdout, /bound to +VM 101 on pve1/)
    const declined = await run(['state', 'forget', 'vm.db'], { input: 'no\n' })
    assert.is(declined.code, 6, declined.all)
    assert.is((await run(['state', 'forget', 'vm.db'])).code, 6)
    const forgotten = await run(['state', 'forget', 'vm.db'], { input: 'yes\n' })
    assert.is(forgotten.code, 0, forgotten.all)
    assert.is((await run(['state', 'list'])).stdout, 'container.dns\npool.prod\n')
    assert.match((await run(['state', 'bind', 'vm.db', '200'])).stderr, 'cli.no-such-guest')
    assert.is((await run(['state', 'bind', 'vm.dbb', '101'])).code, 1)
    assert.is((await run(['state', 'bind', 'container.dns', '201'])).code, 1)
    const bound = await run(['state', 'bind', 'vm.db', '101'])
    assert.is(bound.code, 0, bound.all)
    const plan = await run(['plan', '--detailed-exitcode'])
    assert.is(plan.code, 0, plan.all)
    assert.match((await run(['state', 'bind', 'vm.db', '101'])).stderr, 'cli.bound-already')
    assert.equal(simulator.dump(), before)
    assert.match((await run(['state', 'rm', 'vm.db'])).stderr, 'mpc state forget vm.web')
    assert.match((await run(['state', 'show', 'vm.dbb'])).stderr, 'Did you mean "vm.db"?')
  }))

test.run()
