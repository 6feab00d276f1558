import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStore } from '../../src/store/open-store.ts'
import { storeOptions } from '../store/temporary-store.ts'
import { type Result, type Workspace, withWorkspace } from './mpc.ts'

const MAIN = join(process.cwd(), 'dist', 'main.js')

/** No file may become larger than so many blocks of 512 bytes: the system's answer is an error, as from a full disk. */
const LIMITED = 'ulimit -f "$0"; exec "$@"'

/** `.proxmox` on a file system of so many kilobytes; what lies there afterwards is put back. */
const SMALL = `dir=$(mktemp -d); mount -t tmpfs -o size="$0k" none "$dir"; cp -a .proxmox/. "$dir"; mount --bind "$dir" .proxmox
code=0; "$@" || code=$?; umount .proxmox; cp -a "$dir"/. .proxmox; umount "$dir"; rmdir "$dir"; exit $code`

const inShell = ({ folder, env }: Workspace, shell: readonly string[], args: readonly string[]): Promise<Result> =>
  new Promise((resolve, reject) => {
    const [program = 'sh', ...rest] = [...shell, process.execPath, MAIN, ...args]
    const child = spawn(program, rest, {
      cwd: folder,
      env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const out = { stdout: '', stderr: '', all: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        out[name] += chunk
        out.all += chunk
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...out, code: code ?? -1 }))
  })

const DECLARED = `${['a', 'b', 'c'].map((name) => `pool "${name}" {}\n`).join('')}vm "web" {
  node  = "pve1"
  clone = "debian-12"
  cores = 2
  tags  = ["x"]
}
`

const writes = ({ simulator }: Workspace): number => simulator.requests.filter(({ verb }) => verb !== 'GET').length

const kilobytesOf = ({ folder }: Workspace): number =>
  readdirSync(join(folder, '.proxmox'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + 4 * Math.ceil(statSync(join(parentPath, name)).size / 4096) + 4, 16)

interface Shortage {
  readonly name: string
  /** The command that leaves so many kilobytes for what a command writes. */
  readonly shell: (workspace: Workspace, room: number) => readonly string[]
}

const limit: Shortage = {
  name: 'a limit on the size of files',
  shell: (_workspace, room) => ['sh', '-c', LIMITED, String(2 * room)],
}

const small: Shortage = {
  name: 'a full disk',
  shell: (workspace, room) => ['unshare', '-rm', 'sh', '-ec', SMALL, String(kilobytesOf(workspace) + room)],
}

/** Not everywhere may a test mount something; a limit on the size of files ends in the same places. */
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' }).status === 0

/** What is wrong with the state and the audit log. */
const damageOf = async ({ folder }: Workspace): Promise<readonly string[]> => {
  const store = await openStore(join(folder, '.proxmox', 'state.db'), storeOptions())
  try {
    return (await store.check()).map(({ detail }) => detail)
  } finally {
    await store.close()
  }
}

/** What a command says, and leaves, when it could not write: never a bug, and never more or less than the truth. Gives whether all was undone. */
const checkShortage = async (workspace: Workspace, result: Result, sent: number, dump: unknown): Promise<boolean> => {
  const { run, simulator } = workspace
  assert.not.match(result.all, /bug|no transaction/)
  if (result.code === 0) return false
  assert.match(result.stderr, /\[(?:store\.(?:unwritable|unopened)|cli\.file-trouble)\]/)
  assert.match(result.stderr, /cannot be (?:used|opened): \w+/)
  assert.is(result.code, sent === 0 ? 1 : 4, result.all)
  if (sent === 0) assert.equal(simulator.dump(), dump)
  else assert.match(result.stdout, /Suspended\.[\s\S]*(?:: done|: not known yet)/)
  const recovered = await run(['recover', '--undo'])
  assert.is(recovered.code, 0, recovered.all)
  assert.equal(await damageOf(workspace), [])
  // Where only the end could not be written down, everything was done.
  return !recovered.stdout.includes('Applied.')
}

/** Runs a command with ever more room until it succeeds; gives the codes it ended with. */
const withEverMoreRoom = async (
  workspace: Workspace,
  { shell }: Shortage,
  args: readonly string[],
  { start = 4, step }: { readonly start?: number; readonly step: number },
): Promise<readonly number[]> => {
  const codes: number[] = []
  for (let room = start; ; room += step) {
    const dump = workspace.simulator.dump()
    const before = writes(workspace)
    const result = await inShell(workspace, shell(workspace, room), args)
    codes.push(result.code)
    if (!(await checkShortage(workspace, result, writes(workspace) - before, dump))) return codes
    assert.equal(workspace.simulator.dump(), dump)
    assert.ok(room < 4000, result.all)
  }
}

for (const shortage of canMount ? [limit, small] : [limit])
  test(`${shortage.name} is said in every command, with what stands`, () =>
    withWorkspace(async (workspace) => {
      const { run, write } = workspace
      write('a.mpc.hcl', DECLARED)
      assert.ok((await withEverMoreRoom(workspace, shortage, ['sync'], { step: 140 })).includes(1))
      assert.ok((await withEverMoreRoom(workspace, shortage, ['plan'], { step: 140 })).includes(1))
      const applied = await withEverMoreRoom(workspace, shortage, ['apply', '--auto-approve', '--parallelism', '1'], {
        start: 180,
        step: 28,
      })
      assert.ok(applied.includes(1) && applied.includes(4), String(applied))
      // A disk that is full reverts like one on which files are limited, and it takes long to find that out.
      if (shortage !== limit) return
      const plan = /p-\w+/.exec((await run(['history'])).stdout)?.[0] ?? ''
      const revert = ['revert', plan, '--auto-approve', '--allow-irreversible']
      const reverted = await withEverMoreRoom(workspace, shortage, revert, { start: 200, step: 24 })
      assert.ok(reverted.includes(4), String(reverted))
    }))

test('a recovery that cannot be written down changes nothing more, and goes on when it can', () =>
  withWorkspace(async (workspace) => {
    const { write, simulator } = workspace
    const before = simulator.dump()
    write('a.mpc.hcl', DECLARED)
    const cut = await inShell(workspace, limit.shell(workspace, 300), ['apply', '--auto-approve', '--parallelism', '1'])
    assert.is(cut.code, 4, cut.all)
    const codes: number[] = []
    for (let room = 4; codes.at(-1) !== 0; room += 16) {
      const result = await inShell(workspace, limit.shell(workspace, room), ['recover', '--undo'])
      assert.not.match(result.all, /bug|no transaction/)
      assert.ok([0, 1, 4].includes(result.code), result.all)
      codes.push(result.code)
    }
    assert.ok(codes.includes(4), String(codes))
    assert.equal(simulator.dump(), before)
    assert.equal(await damageOf(workspace), [])
  }))

test.run()
