import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFiles } from '../../src/io/node-files.ts'
import type { Surroundings } from '../../src/project/credentials.ts'

/** A folder for a test that is gone afterwards. */
export const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-project-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Real files, a made-up environment, and a made-up command. */
export const surroundings = (
  env: Surroundings['env'] = {},
  run: Surroundings['run'] = async (command) => {
    throw new Error(`${command} is not expected`)
  },
): Surroundings => ({ env, files: nodeFiles, run })
