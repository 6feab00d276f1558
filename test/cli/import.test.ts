import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runProgram } from '../../src/cli/program/program.ts'
import { nodeIo } from '../../src/io/node-io.ts'
import { type Workspace, withWorkspace } from './mpc.ts'
import { callPve } from './pveum.ts'

const inHomelab = (work: (workspace: Workspace) => Promise<void>) => withWorkspace(work, { http: true })

const read = ({ folder }: Workspace, name: string): string => readFileSync(join(folder, name), 'utf8')
const filesOf = ({ folder }: Workspace): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.includes('.mpc.'))
    .sort()

/** What happens while the question stands: `answered` gives the answer, undefined is Ctrl-C. */
const atQuestion = async (
  { folder, env, guarded }: Workspace,
  args: readonly string[],
  answered: () => Promise<string | undefined>,
): Promise<{ readonly code: number; readonly stderr: string }> => {
  const controller = new AbortController()
  const told = { stdout: '', stderr: '' }
  const ask = async () => {
    const answer = await answered()
    if (answer === undefined) controller.abort()
    return answer
  }
  const stream = (name: keyof typeof told) => ({
    isTerminal: true,
    columns: 80,
    write: (text: string) => {
      told[name] += text
    },
  })
  const stdin = { isTerminal: true, ask, readAll: async () => '' }
  const own = { env: { ...env, NO_COLOR: '1' }, cwd: folder, args, stdin, signal: controller.signal }
  const io = { ...nodeIo(), ...own, stdout: stream('stdout'), stderr: stream('stderr') }
  return guarded(args, async () => {
    const code = await runProgram(io, '0.0.0')
    return { ...told, code }
  })
}

const isEmptyPlan = async ({ run }: Workspace): Promise<void> => {
  const plan = await run(['plan', '--detailed-exitcode'])
  assert.is(plan.code, 0, plan.all)
}

test('what is written is what a person would write, and nothing but yes writes it', () =>
  inHomelab(async (workspace) => {
    const { run, simulator } = workspace
    const before = simulator.dump()
    const no = await run(['import', '101', '202'], { input: 'y\n' })
    assert.is(no.code, 6, no.all)
    assert.match(no.stdout, /vm\.db +VM +101 \(db\) +pve1/)
    assert.match(no.stderr, 'Nothing was written.')
    const nobody = await run(['import', '101', '202'])
    assert.is(nobody.code, 6)
    assert.match(nobody.stderr, 'mpc import 101 202 --auto-approve')
    assert.is((await atQuestion(workspace, ['import', '101', '202'], async () => undefined)).code, 130)
    assert.equal(filesOf(workspace), [])
    const yes = await run(['import', '101', '202'], { input: 'yes\n' })
    assert.is(yes.code, 0, yes.all)
    assert.is(
      read(workspace, 'guests.mpc.hcl'),
      `# Written by mpc import. From here on the file is yours: edit it as you like.

pool "prod" {
  comment = "everything people rely on"
}

vm "db" {
  node    = "pve1"
  vmid    = 101
  tags    = ["db", "prod"]
  pool    = "prod"
  onboot  = true
  startup = { order = 1, up = 30 }
  ostype  = "l26"
  cpu     = "x86-64-v2-AES"
  cores   = 4
  memory  = 8192
  scsihw  = "virtio-scsi-single"
  boot    = { order = "scsi0;net0" }
  agent   = true

  disk "scsi0" {
    storage  = "local-lvm"
    size     = "64G"
    discard  = "on"
    iothread = true
  }

  network "net0" {
    bridge = "vmbr0"
  }
}

container "wiki" {
  node         = "pve2"
  vmid         = 202
  tags         = ["web"]
  unprivileged = true
  features     = { nesting = true }
  cores        = 1
  memory       = 1024
  rootfs       = { storage = "local-lvm", size = "8G" }

  mount_point "mp0" {
    storage = "tank"
    size    = "20G"
    mp      = "/srv/wiki"
  }

  network "net0" {
    name   = "eth0"
    bridge = "vmbr0"
    gw     = "10.0.0.1"
    ip     = "10.0.0.202/24"
  }
}
`,
    )
    await isEmptyPlan(workspace)
    assert.equal(simulator.dump(), before)
  }))

for (const language of ['hcl', 'yaml'])
  test(`edits and comments in ${language.toUpperCase()} are kept, and what is new is added`, () =>
    inHomelab(async (workspace) => {
      const { run, folder } = workspace
      const file = `guests.mpc.${language}`
      const more = ['--format', language, '--auto-approve']
      assert.is((await run(['import', '--node', 'pve1', ...more])).code, 0)
      const edited = `${read(workspace, file).replace(/(memory *[:=] *)8192/, '$112288 # more')}\n\n# the end`
      writeFileSync(join(folder, file), edited)
      const second = await run(['import', '--all', ...more])
      assert.is(second.code, 0, second.all)
      assert.match(second.stdout, 'The plan changes nothing of what was imported, and 1 other resource: mpc plan')
      const text = read(workspace, file)
      for (const line of edited.split('\n')) assert.ok(text.includes(line), line)
      if (language === 'hcl') assert.ok(text.startsWith(edited))
      const plan = await run(['plan', '--json'])
      const { changes } = JSON.parse(plan.stdout.trim().split('\n').at(-1) ?? '')
      assert.equal(
        changes.map(({ address, action }: { address: string; action: string }) => [address, action]),
        [['vm.db', 'update']],
      )
    }))

test('what somebody changes while the question stands is not written over', () =>
  inHomelab(async (workspace) => {
    const { run, write } = workspace
    const other = await atQuestion(workspace, ['import', '101'], async () => {
      await run(['import', '102', '--out', 'b.mpc.hcl', '--auto-approve'])
      return 'yes'
    })
    assert.is(other.code, 1)
    assert.match(other.stderr, 'cli.state-changed')
    const edited = await atQuestion(workspace, ['import', '101', '--out', 'b.mpc.hcl'], async () => {
      write('b.mpc.hcl', '# mine now\n')
      return 'yes'
    })
    assert.is(edited.code, 1)
    assert.match(edited.stderr, 'was changed meanwhile')
    assert.is(read(workspace, 'b.mpc.hcl'), '# mine now\n')
    assert.equal(filesOf(workspace), ['b.mpc.hcl'])
  }))

test('a file of other hands is added to by name only, and none is written over', () =>
  inHomelab(async (workspace) => {
    const { run, write, folder } = workspace
    write('web.mpc.hcl', 'locals {\n    x = 1\n}\n')
    write('vm.db.mpc.hcl', '# mine\n')
    write('flow.mpc.yaml', 'vm: { mine: { node: pve1, memory: 512 } }\n')
    write('notes.txt', 'mine')
    const apart = await run(['import', '101', '--split', '--auto-approve'])
    assert.is(apart.code, 1, apart.all)
    assert.match(apart.stderr, 'vm.db.mpc.hcl is there already')
    const flow = await run(['import', '101', '--out', 'flow.mpc.yaml', '--auto-approve'])
    assert.is(flow.code, 1, flow.all)
    assert.match(flow.stderr, 'Name another file with --out')
    for (const out of ['notes.txt', 'sub/a.mpc.hcl', '../a.mpc.hcl'])
      assert.is((await run(['import', '101', '--out', out, '--auto-approve'])).code, 64, out)
    assert.is((await run(['import', '101', '--out', 'a.mpc.hcl', '--format', 'yaml'])).code, 64)
    assert.is((await run(['import', '101', '--out', 'a.mpc.hcl', '--split'])).code, 64)
    rmSync(join(folder, 'flow.mpc.yaml'))
    assert.is((await run(['import', '101', '--out', 'web.mpc.hcl', '--auto-approve'])).code, 0)
    assert.ok(read(workspace, 'web.mpc.hcl').startsWith('locals {\n    x = 1\n}\n\npool "prod"'))
    assert.is((await run(['import', '--all', '--split', '--auto-approve'])).code, 0)
    assert.ok(filesOf(workspace).includes('container.wiki.mpc.hcl'))
    await isEmptyPlan(workspace)
  }))

test('after the state is lost, the command that a plan names binds everything again', () =>
  inHomelab(async (workspace) => {
    const { run, folder, simulator } = workspace
    assert.is((await run(['import', '--all', '--auto-approve'])).code, 0)
    const lines = read(workspace, 'guests.mpc.hcl')
    for (const text of [lines, lines.replaceAll(/ +vmid .*\n/g, '')]) {
      writeFileSync(join(folder, 'guests.mpc.hcl'), text)
      rmSync(join(folder, '.proxmox', 'state.db'))
      assert.is((await run(['sync'])).code, 0)
      const refused = await run(['plan'])
      assert.is.not(refused.code, 0, refused.all)
      const command = /`mpc (import [\d ]+)`/.exec(refused.stderr.replaceAll(/\s+/g, ' '))?.[1] ?? ''
      const sent = simulator.requests.filter(({ verb }) => verb !== 'GET').length
      const bound = await run([...command.split(' '), '--auto-approve'])
      assert.is(bound.code, 0, bound.all)
      assert.is(simulator.requests.filter(({ verb }) => verb !== 'GET').length, sent)
      assert.equal(filesOf(workspace), ['guests.mpc.hcl'])
      assert.is(read(workspace, 'guests.mpc.hcl'), text)
      await isEmptyPlan(workspace)
    }
  }))

test('who is asked for in vain is told, with what may have been meant', () =>
  inHomelab(async ({ run }) => {
    const cases: readonly (readonly [readonly string[], number, string])[] = [
      [['import'], 64, 'Say which guests to import'],
      [['import', '101', '--all'], 64, 'not both'],
      [['import', '1010'], 1, 'cli.no-such-guest] The cluster has no guest 1010'],
      [['import', 'db'], 1, 'mpc import 101'],
      [['import', 'vm.web', '101'], 1, 'is no VMID'],
      [['import', '--tag', 'prd'], 1, 'Did you mean "prod"?'],
      [['import', '--node', 'pve'], 1, 'Did you mean "pve1"?'],
      [['import', '--pool', 'none'], 1, 'No guest has the pool "none".'],
    ]
    for (const [args, code, text] of cases) {
      const result = await run(args)
      assert.is(result.code, code, result.all)
      assert.match(result.stderr.replaceAll(/\s+/g, ' '), text)
    }
  }))

test('an empty cluster, and one without a guest that is new, is nothing to do', async () => {
  await withWorkspace(
    async (workspace) => {
      const result = await workspace.run(['import', '--all'])
      assert.is(result.code, 0, result.all)
      assert.is(result.stdout, 'There is no guest to import.\n')
      assert.equal(filesOf(workspace), [])
    },
    { http: true, from: { nodes: [{ name: 'pve1' }] } },
  )
  await withWorkspace(async ({ run }) => {
    assert.is((await run(['import', '101', '--auto-approve'])).code, 0)
    assert.is((await run(['import', '101'])).stdout, 'There is nothing to import: 101 is managed already, as vm.db.\n')
  })
})

test('guests that cannot be read, or are spoken for, are left out with the reason', () =>
  inHomelab(async (workspace) => {
    const { run, write, simulator } = workspace
    write('a.mpc.hcl', 'import {\n  to = vm.git\n  id = "102"\n}\n\nvm "git" {\n  node = "pve1"\n}\n')
    const node = simulator.world.nodes.get('pve2')
    assert.ok(node)
    node.online = false
    const result = await run(['import', '--all', '--json', '--auto-approve'])
    assert.is(result.code, 0, result.all)
    const line = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')
    const why = new Map(line.left_out.map((one: { vmid: number; why: string }) => [one.vmid, one.why]))
    assert.match(String(why.get(102)), '`import` block binds it to vm.git')
    assert.match(String(why.get(103)), 'node pve2')
    assert.is(
      line.guests.some(({ vmid }: { vmid: number }) => vmid === 102 || vmid === 103),
      false,
    )
    node.online = true
    assert.is((await run(['import', '--all', '--auto-approve'])).code, 0)
    assert.match(read(workspace, 'guests.mpc.hcl'), 'vm "nas" {')
  }))

test('no secret is written, and what differs from a declaration that is only bound is a change', () =>
  inHomelab(async (workspace) => {
    const { run, write } = workspace
    await callPve(workspace.simulator, {
      method: 'PUT',
      path: '/nodes/pve1/qemu/102/config',
      params: { cipassword: 'correct horse' },
    })
    write('a.mpc.hcl', 'vm "db" {\n  node   = "pve1"\n  memory = 4096\n}\n')
    const result = await run(['import', '101', '102', '--auto-approve'])
    assert.is(result.code, 0, result.all)
    assert.match(result.stdout, '1 other resource: mpc plan')
    assert.is(/cipassword|\*\*/.test(read(workspace, 'guests.mpc.hcl')), false)
    const plan = await run(['plan'])
    assert.match(plan.stdout, /memory += 8192 -> 4096/)
  }))

test.run()
