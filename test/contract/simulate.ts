import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Line } from './published.ts'

/** Runs `mpc simulate --json` of the given installation, hands over its first line, and ends it as a service manager would. */
export const whileSimulating = async (
  main: string,
  { cwd, args = [] }: { readonly cwd: string; readonly args?: readonly string[] },
  work: (ready: Line) => Promise<void>,
): Promise<number | null> => {
  const child = spawn(process.execPath, [main, 'simulate', '--port', '0', '--json', ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  try {
    const first = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('close', (code) => reject(new Error(`the simulator ended with ${code}: ${errors}`)))
    })
    await work(JSON.parse(first) as Line)
  } finally {
    child.kill('SIGTERM')
  }
  return ended
}
