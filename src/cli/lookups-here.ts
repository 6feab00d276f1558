import { resolve } from 'node:path'
import { lookupsOf } from '../declaration/lookups-of.ts'
import type { Lookups } from '../declaration/module/world.ts'
import { findWorkspace } from '../project/workspace.ts'
import type { CommandContext } from './command-context.ts'

/** What `data` blocks give of the last sync; undefined where there is no workspace, or nothing was synced yet. Connects to nothing. */
export const lookupsHere = async (context: CommandContext): Promise<Lookups | undefined> => {
  const { io, global } = context
  const workspace = await findWorkspace(io.files, resolve(io.cwd, global.chdir ?? '.'))
  if (!workspace || !(await io.files.exists(workspace.stateFile))) return undefined
  const { openStore } = await import('../store/open-store.ts')
  const store = await openStore(workspace.stateFile, { clock: io.clock, holder: io.self })
  try {
    const latest = await store.observations.latest()
    return latest && lookupsOf(latest.observed)
  } finally {
    await store.close()
  }
}
