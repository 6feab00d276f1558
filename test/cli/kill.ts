import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Ended, Workspace } from './mpc.ts'

/** Runs a command line and sends it a signal as soon as its standard error says `when`; gives what it ended with. */
export const signalled = (
  workspace: Workspace,
  args: readonly string[],
  when: string,
  ...signals: readonly NodeJS.Signals[]
): Promise<Ended> => workspace.guarded(args, () => spawned(workspace, args, when, signals))

const spawned = (
  { folder, env }: Workspace,
  args: readonly string[],
  when: string,
  signals: readonly NodeJS.Signals[],
): Promise<Ended> =>
  new Promise((resolve) => {
    const out = { stdout: '', stderr: '', sent: false }
    const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk: Buffer) => {
      out.stdout += chunk
    })
    const [first = 'SIGKILL', ...later] = signals
    child.stderr.on('data', (chunk: Buffer) => {
      out.stderr += chunk
      if (!out.sent && out.stderr.includes(when)) {
        out.sent = true
        child.kill(first)
        for (const [at, signal] of later.entries()) setTimeout(() => child.kill(signal), 300 * (at + 1))
      }
    })
    child.on('close', (code) => resolve({ code, stdout: out.stdout, stderr: out.stderr }))
  })
