import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/start.ts'
import { type Agreed, agreedBy, agreedToNothing, type ContentGuard, contentGuard } from '../nothing-lost.ts'

export interface Ended {
  /** null: by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Result extends Ended {
  readonly code: number
  /** Both streams as a terminal would show them, in order. */
  readonly all: string
}

const MAIN = join(process.cwd(), 'dist', 'main.js')

/** Runs the bundle as a user does; `input` goes to its standard input. */
export const mpc = (
  args: readonly string[],
  {
    cwd,
    env = {},
    input = '',
    interruptAt,
    together = false,
  }: {
    readonly cwd: string
    readonly env?: Readonly<Record<string, string>>
    readonly input?: string
    /** Ctrl-C as soon as this has been printed. */
    readonly interruptAt?: string
    /** Both streams into one pipe, so that `all` is in the order of writing; `stderr` stays empty. */
    readonly together?: boolean
  },
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const command = [process.execPath, MAIN, ...args] as const
    const [program, ...rest] = together ? (['sh', '-c', 'exec "$@" 2>&1', 'sh', ...command] as const) : command
    const child = spawn(program, rest, {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out = { stdout: '', stderr: '', all: '' }
    let isInterrupted = false
    const interrupt = () => {
      if (isInterrupted || interruptAt === undefined || !out.all.includes(interruptAt)) return
      isInterrupted = true
      child.kill('SIGINT')
    }
    child.stdout.on('data', (chunk: Buffer) => {
      out.stdout += chunk
      out.all += chunk
      interrupt()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      out.stderr += chunk
      out.all += chunk
      interrupt()
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ ...out, code: code ?? (signal === null ? -1 : 128) }))
    // A command that never reads its input may be gone before it is written.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })

export interface Workspace {
  readonly folder: string
  readonly simulator: Simulator
  readonly env: Readonly<Record<string, string>>
  readonly run: (
    args: readonly string[],
    more?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly interruptAt?: string },
  ) => Promise<Result>
  readonly write: (name: string, text: string) => void
  readonly guard: ContentGuard
  /** Around a command line that is run in another way than by `run`. */
  readonly guarded: ReturnType<typeof guarded>
}

const WRITES = new Set(['apply', 'recover', 'revert'])

/** What the plan that was shown had marked: text by its mark, JSON by the steps of the plan that was printed. */
const shownAsLost = (args: readonly string[], { stdout, stderr }: Ended): Agreed => {
  if (!args.includes('--json')) return () => `${stdout}${stderr}`.includes('[DATA IS LOST]')
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const plan = lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'plan')
  return plan ? agreedBy(plan) : agreedToNothing
}

/** A command that writes may lose content only where [DATA IS LOST] was shown and it was told to go on all the same. */
export const guarded =
  (guard: ContentGuard) =>
  <T extends Ended>(args: readonly string[], run: () => Promise<T>): Promise<T> =>
    args.some((arg) => WRITES.has(arg))
      ? guard.around(run, (result) => {
          const agreed = args.includes('--allow-irreversible') && result ? shownAsLost(args, result) : agreedToNothing
          return { agreed, isEnded: result?.code === 0 || result?.code === 3 }
        })
      : run()

/** A fresh folder, set up and synced against a simulated cluster of its own; both are gone afterwards. */
export const withWorkspace = async (
  work: (workspace: Workspace) => Promise<void>,
  options: SimulatorOptions & { readonly setUp?: boolean } = {},
): Promise<void> => {
  const simulator = await startSimulator({ http: false, speed: Number.POSITIVE_INFINITY, seed: 7, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'mpc-test-'))
  const guard = contentGuard(simulator)
  const guardedRun = guarded(guard)
  const env = { PROXMOX_VE_API_TOKEN: simulator.token, HOME: folder }
  const workspace: Workspace = {
    folder,
    simulator,
    env,
    guard,
    guarded: guardedRun,
    run: (args, more = {}) => guardedRun(args, () => mpc(args, { cwd: folder, ...more, env: { ...env, ...more.env } })),
    write: (name, text) => writeFileSync(join(folder, name), text),
  }
  try {
    if (options.setUp !== false) {
      const pin = simulator.fingerprint === '' ? [] : ['--fingerprint', simulator.fingerprint]
      for (const args of [['init', '--endpoint', simulator.url, ...pin], ['sync']]) {
        const result = await workspace.run(args)
        if (result.code !== 0) throw new Error(`mpc ${args[0]} failed:\n${result.all}`)
      }
    }
    await work(workspace)
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Configurations but for volumes that a revert has detached and kept. */
export const withoutKept = (dump: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(dump).map(([guest, text]) => [guest, text.replace(/^unused\d+: .*\n/gm, '')]))
