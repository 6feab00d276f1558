import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import type { Simulator } from '../../src/simulator/start.ts'
import { linesOf } from '../contract/published.ts'
import { type Workspace, withWorkspace } from './mpc.ts'
import { callPve, makeToken, pveumCallsIn } from './pveum.ts'

const as = (token: string) => ({ env: { PROXMOX_VE_API_TOKEN: token } })
const AUTO = ['apply', '--auto-approve', '--quiet']

const userWith = async (simulator: Simulator, acl: Readonly<Record<string, string>>, userid = 'dev@pve') => {
  await callPve(simulator, { method: 'POST', path: '/access/users', params: { userid, password: 'Secret-12345' } })
  for (const [path, roles] of Object.entries(acl))
    await callPve(simulator, { method: 'PUT', path: '/access/acl', params: { path, users: userid, roles } })
}

const MIXED = `
pool "p" {}

vm "a" {
  node    = "pve1"
  pool    = pool.p.poolid
  cores   = 2
  startup = "order=1"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "1G"
  }
  network "net0" {
    bridge = "vmbr0"
    tag    = 20
  }
  power = "running"
}
`

for (const [about, privsep] of [
  ['a token without privilege separation', false],
  ['a token with privilege separation', true],
  ['a user with a password', undefined],
] as const)
  test(`${about} is told everything it lacks at once, and what is advised works`, () =>
    withWorkspace(
      async ({ run, write, simulator }: Workspace) => {
        await userWith(simulator, { '/': 'PVEAuditor' })
        const token = privsep === undefined ? '' : await makeToken(simulator, 'dev@pve', privsep)
        if (privsep)
          await callPve(simulator, {
            method: 'PUT',
            path: '/access/acl',
            params: { path: '/', tokens: 'dev@pve!tok', roles: 'PVEAuditor' },
          })
        const login =
          privsep === undefined
            ? { env: { PROXMOX_VE_API_TOKEN: '', PROXMOX_VE_USERNAME: 'dev@pve', PROXMOX_VE_PASSWORD: 'Secret-12345' } }
            : as(token)
        write('a.mpc.hcl', MIXED)
        assert.is((await run(['sync'], login)).code, 0)
        const plan = await run(['plan'], login)
        assert.is(plan.code, 0, plan.all)
        assert.match(plan.all, 'cli.rights-missing')
        for (const right of [
          /Pool\.Allocate.* on \/pool\/p,/,
          /VM\.Config\.CPU.* on \/pool\/p,/,
          /VM\.PowerMgmt.* on \/pool\/p,/,
          /Sys\.Modify on \/,/,
          /Datastore\.AllocateSpace on \/storage\/local-lvm,/,
          /SDN\.Use on \/sdn\/zones\/localnetwork\/vmbr0,/,
        ])
          assert.match(plan.all, right)
        const refused = await run(AUTO, login)
        assert.is(refused.code, 1, refused.all)
        assert.match(refused.all, 'cli.rights-refused')
        assert.match(refused.all, 'Nothing was changed')
        const calls = pveumCallsIn(refused.all)
        assert.ok(calls.some(({ params }) => params['users'] === 'dev@pve'))
        for (const call of calls) await callPve(simulator, call)
        const applied = await run(AUTO, login)
        assert.is(applied.code, 0, applied.all)
        assert.match((await run(['plan'], login)).all, 'No changes')
      },
      { http: true },
    ))

test('rights on every single guest of a large plan are asked for once', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      await userWith(simulator, { '/': 'PVEAuditor' })
      const token = await makeToken(simulator, 'dev@pve', false)
      write('a.mpc.hcl', 'vm "a" {\n  count = 12\n  node = "pve1"\n}\n')
      const refused = await run(AUTO, as(token))
      assert.is(refused.code, 1, refused.all)
      const calls = pveumCallsIn(refused.all)
      assert.is(calls.length, 2, refused.all)
      for (const call of calls) await callPve(simulator, call)
      assert.is((await run(AUTO, as(token))).code, 0)
    },
    { http: true },
  ))

test('what only root@pam may set is refused before anything is sent, and done with its password', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const guest = (lines = '') => `vm "a" {\n  node = "pve1"\n  vmid = 300\n  power = "running"\n${lines}}\n`
      write('a.mpc.hcl', guest())
      assert.is((await run(AUTO)).code, 0)
      const before = simulator.dump()['qemu/300']
      write('a.mpc.hcl', guest('  cores = 2\n  args = "-foo"\n  lifecycle {\n    reboot = "allowed"\n  }\n'))
      const plan = await run(['plan'])
      assert.is(plan.code, 0, plan.all)
      assert.match(plan.all, 'cli.rights-missing')
      const refused = await run(AUTO)
      assert.is(refused.code, 1, refused.all)
      assert.match(refused.all, 'a login as root@pam with its password, to set args of vm.a')
      assert.match(refused.all, 'Nothing was changed')
      assert.is(simulator.dump()['qemu/300'], before)
      const root = {
        PROXMOX_VE_API_TOKEN: '',
        PROXMOX_VE_USERNAME: 'root@pam',
        PROXMOX_VE_PASSWORD: simulator.password,
      }
      const done = await run(AUTO, { env: root })
      assert.is(done.code, 0, done.all)
      write('a.mpc.hcl', guest('  cores = 2\n'))
      assert.match((await run(AUTO)).all, 'to set args of vm.a')
    },
    { http: true },
  ))

const inPool = async (simulator: Simulator): Promise<string> => {
  await callPve(simulator, { method: 'POST', path: '/pools', params: { poolid: 'lab' } })
  await callPve(simulator, { method: 'PUT', path: '/pools', params: { poolid: 'lab', storage: 'local-lvm' } })
  await userWith(simulator, { '/pool/lab': 'PVEAdmin', '/sdn': 'PVESDNUser' })
  return makeToken(simulator, 'dev@pve', false)
}

const visible = async (simulator: Simulator): Promise<readonly number[]> => {
  const rows = await callPve(simulator, { method: 'GET', path: '/cluster/resources', params: {} })
  return (rows as readonly { readonly vmid?: number }[]).flatMap(({ vmid }) => vmid ?? [])
}

test('a user of one pool makes, changes and removes its guests, under VMIDs that guests it does not see leave free', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const token = await inPool(simulator)
      const taken = await visible(simulator)
      // A gap between guests that cannot be seen, so that the lowest free number alone is no answer.
      const free = Array.from({ length: 200 }, (_, at) => 100 + at).filter((vmid) => !taken.includes(vmid))
      const [first = 0, second = 0, third = 0] = free
      for (const vmid of [second])
        await callPve(simulator, { method: 'POST', path: '/nodes/pve1/qemu', params: { vmid: String(vmid) } })
      const guest = (more = '') =>
        `vm "a" {\n  count = 2\n  node = "pve1"\n  pool = "lab"\n  cores = 1\n  disk "scsi0" {\n    storage = "local-lvm"\n    size = "1G"\n  }\n${more}}\n`
      write('a.mpc.hcl', guest())
      assert.is((await run(['sync'], as(token))).code, 0)
      const applied = await run(AUTO, as(token))
      assert.is(applied.code, 0, applied.all)
      const made = await visible(simulator)
      assert.ok(made.includes(first) && made.includes(third), String(made))
      assert.match((await run(['plan'], as(token))).all, 'No changes')
      write('a.mpc.hcl', guest('  memory = 512\n'))
      assert.is((await run(AUTO, as(token))).code, 0)
      write('a.mpc.hcl', '')
      const gone = await run([...AUTO, '--allow-irreversible'], as(token))
      assert.not.match(gone.all, 'VM.Audit')
    },
    { http: true },
  ))

test('a declared VMID that a guest has which the user does not see is refused when planning', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const token = await inPool(simulator)
      const [taken] = await visible(simulator)
      write('a.mpc.hcl', `vm "a" {\n  node = "pve1"\n  pool = "lab"\n  vmid = ${taken}\n}\n`)
      assert.is((await run(['sync'], as(token))).code, 0)
      const plan = await run(['plan'], as(token))
      assert.is(plan.code, 1, plan.all)
      assert.match(plan.all, 'plan.vmid-taken')
      assert.match(plan.all, `the server says that ${taken} is taken`)
    },
    { http: true },
  ))

test('a VMID that a guest has taken since, which the user does not see, makes the plan stale', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const token = await inPool(simulator)
      write('a.mpc.hcl', 'vm "a" {\n  node = "pve1"\n  pool = "lab"\n}\n')
      assert.is((await run(['sync'], as(token))).code, 0)
      const lines = linesOf((await run(['plan', '--json'], as(token))).stdout)
      const plan = lines.find(({ type }) => type === 'plan') as unknown as Plan
      const vmid = plan.changes[0]?.guest?.vmid
      await callPve(simulator, { method: 'POST', path: '/nodes/pve1/qemu', params: { vmid: String(vmid) } })
      const stale = await run(['apply', plan.id, '--auto-approve'], as(token))
      assert.is(stale.code, 5, stale.all)
      assert.match(stale.all, 'is taken by a guest that your user or token cannot see')
    },
    { http: true },
  ))

const README = readFileSync(join(process.cwd(), 'README.md'), 'utf8')

test("the README's role lacks Sys.Modify for startup and privileged containers only, and its command adds it", () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const calls = pveumCallsIn(README)
      const [more = ''] = /pveum role modify [^`]*/.exec(README) ?? []
      let secret = ''
      for (const call of calls)
        secret = ((await callPve(simulator, call)) as { value?: string } | null)?.value ?? secret
      const login = as(`mpc@pve!plan=${secret}`)
      write(
        'a.mpc.hcl',
        'vm "a" {\n  node = "pve1"\n  startup = "order=1"\n}\ncontainer "b" {\n  node = "pve1"\n  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"\n  unprivileged = false\n  rootfs = { storage = "local-lvm", size = "1G" }\n}\n',
      )
      const refused = await run(AUTO, login)
      assert.is(refused.code, 1, refused.all)
      assert.match(refused.all, /^\s*- Sys\.Modify on \/, for/m)
      assert.is(refused.all.match(/^\s*- /gm)?.length, 1, refused.all)
      for (const call of pveumCallsIn(more)) await callPve(simulator, call)
      const applied = await run(AUTO, login)
      assert.is(applied.code, 0, applied.all)
    },
    { http: true },
  ))

test.run()
