import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import { type Result, type Workspace, withWorkspace } from './mpc.ts'

const POOLS = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `pool "${name}" {}\n`).join('')
const VM = 'vm "web" {\n  node = "pve1"\n  clone = "debian-12"\n  cores = 2\n}\n'

/** Runs an apply, and does something to its files when the first write has arrived at the server. */
const applyWhile = async (
  { run, simulator }: Workspace,
  args: readonly string[],
  deed: () => void,
): Promise<Result> => {
  const under = run(args)
  while (!simulator.requests.some(({ verb }) => verb !== 'GET')) await new Promise((done) => setTimeout(done, 5))
  deed()
  return under
}

const writes = ({ simulator }: Workspace): number => simulator.requests.filter(({ verb }) => verb !== 'GET').length

const state = ({ folder }: Workspace): string => join(folder, '.proxmox', 'state.db')

const deeds: readonly (readonly [string, (workspace: Workspace) => void])[] = [
  ['the state is deleted', (workspace) => rmSync(state(workspace))],
  ['its folder is deleted', ({ folder }) => rmSync(join(folder, '.proxmox'), { recursive: true })],
  ['its folder is moved away', ({ folder }) => renameSync(join(folder, '.proxmox'), join(folder, 'elsewhere'))],
  [
    'a copy is put in its place',
    (workspace) => {
      copyFileSync(state(workspace), `${state(workspace)}.copy`)
      renameSync(`${state(workspace)}.copy`, state(workspace))
    },
  ],
  ['its log is deleted', (workspace) => rmSync(`${state(workspace)}-wal`)],
]

/** The commands of a hint, as a person would type them. */
const commandsOf = ({ stderr }: Result): readonly string[] =>
  stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:rm -f|mv|mpc init) ?/.test(line))

for (const [what, deed] of deeds)
  test(`when ${what} under an apply, nothing more is sent, and what stands can be undone`, () =>
    withWorkspace(
      async (workspace) => {
        const { run, write, simulator, folder } = workspace
        const before = simulator.dump()
        const facts = simulator.facts()
        write('a.mpc.hcl', `${VM}${POOLS}`)
        const settings = readFileSync(join(folder, '.proxmox', 'config.yml'))
        const failed = await applyWhile(workspace, ['apply', '--auto-approve', '--parallelism', '1'], () =>
          deed(workspace),
        )
        assert.is(failed.code, 4, failed.all)
        assert.is(writes(workspace), 1, failed.all)
        assert.match(failed.stderr, 'store.lost')
        assert.match(failed.stdout, /Suspended\.[\s\S]*(?:done|not known yet)/)
        const commands = commandsOf(failed)
        assert.ok(commands.length >= 2, failed.stderr)
        assert.is(commands.includes('mpc init'), !existsSync(join(folder, '.proxmox', 'config.yml')))
        // What `mpc init` would write, with the same answers.
        if (commands.includes('mpc init')) writeFileSync(join(folder, '.proxmox', 'config.yml'), settings)
        for (const command of commands)
          if (command !== 'mpc init') execFileSync('sh', ['-ec', command], { cwd: folder })
        const recovered = await run(['recover', '--undo'])
        assert.is(recovered.code, 0, recovered.all)
        assert.equal(simulator.dump(), before)
        assert.equal(lostContents(facts, simulator.facts()), [])
      },
      { speed: 20 },
    ))

test('an apply that another process has taken the lease from sends nothing more and undoes nothing', () =>
  withWorkspace(
    async (workspace) => {
      const { run, write, simulator } = workspace
      const before = simulator.dump()
      write('a.mpc.hcl', `${VM}${POOLS}`)
      const args = ['apply', '--auto-approve', '--parallelism', '1']
      const lost = await applyWhile(workspace, args, () => {
        const database = new BetterSqlite(state(workspace))
        database.exec("update lease set token = 'another', host = 'elsewhere', pid = 1, origin = 'elsewhere'")
        database.close()
      })
      assert.is(lost.code, 4, lost.all)
      assert.is(writes(workspace), 1, lost.all)
      assert.match(lost.stderr, 'store.lease-lost')
      assert.match((await run(['recover', '--undo'])).stderr, 'store.in-use')
      const database = new BetterSqlite(state(workspace))
      database.exec("update lease set heartbeat_at = '2026-01-01T00:00:00.000Z'")
      database.close()
      const recovered = await run(['recover', '--undo'])
      assert.is(recovered.code, 0, recovered.all)
      assert.equal(simulator.dump(), before)
    },
    { speed: 20 },
  ))

test.run()
