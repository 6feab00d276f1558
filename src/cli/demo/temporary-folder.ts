import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExitCode } from '../exit-code.ts'
import type { CommandContext } from '../program/command-context.ts'

/** Gives the demo a folder of its own and removes it afterwards, unless it is to be kept. */
export const withTemporaryFolder = async (
  { note }: CommandContext,
  { keep }: { readonly keep: boolean },
  work: (folder: string) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const folder = await mkdtemp(join(tmpdir(), 'mpc-demo-'))
  try {
    return await work(folder)
  } finally {
    if (keep) note(`The demo's files are in ${folder}\n`)
    else await rm(folder, { recursive: true, force: true })
  }
}
