import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runProgram } from '../../src/cli/program/program.ts'
import { nodeIo } from '../../src/io/node-io.ts'
import type { ContentGuard } from '../nothing-lost.ts'
import { guarded } from './mpc.ts'

export interface HereResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Folder {
  readonly path: string
  readonly write: (name: string, text: string) => void
  readonly read: (name: string) => string
  /** Runs a command line in this process, with the folder as the working directory. */
  readonly run: (
    args: readonly string[],
    more?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
  ) => Promise<HereResult>
}

/** Taking over signals once is enough for all runs of a process. */
const realIo = nodeIo()

const runIn = async (
  cwd: string,
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
): Promise<HereResult> => {
  const out = { stdout: '', stderr: '' }
  const collect = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      out[name] += text
    },
    isTerminal: false,
    columns: 80,
  })
  const code = await runProgram(
    {
      ...realIo,
      env: { NO_COLOR: '1', ...env },
      cwd,
      args,
      stdin: { isTerminal: false, ask: async () => undefined, readAll: async () => input },
      stdout: collect('stdout'),
      stderr: collect('stderr'),
    },
    '0.0.0',
  )
  return { code, ...out }
}

/** A fresh folder to run command lines in without a process for each; gone afterwards. With a cluster, content on it is guarded. */
export const withFolder = async (
  files: Readonly<Record<string, string>>,
  work: (folder: Folder) => Promise<void>,
  guard?: ContentGuard,
): Promise<void> => {
  const guardedRun = guard && guarded(guard)
  const path = mkdtempSync(join(tmpdir(), 'mpc-here-'))
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  try {
    for (const [name, text] of Object.entries(files)) write(name, text)
    await work({
      path,
      write,
      read: (name) => readFileSync(join(path, name), 'utf8'),
      run: (args, more = {}) => {
        const run = () => runIn(path, args, more)
        return guardedRun ? guardedRun(args, run) : run()
      },
    })
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}
