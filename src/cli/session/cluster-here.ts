import { resolve } from 'node:path'
import type { LoadOptions } from '../../declaration/load-declarations.ts'
import { lookupsOf } from '../../declaration/lookups-of.ts'
import { knownGuests } from '../../plan/binding/known-guests.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../plan/plan-options.ts'
import { openWorkspace } from '../../project/workspace.ts'
import type { CommandContext } from '../program/command-context.ts'

/** What expressions can ask of the cluster: look-ups, and what a plan would know of the guests. */
export type ClusterAnswers = Pick<LoadOptions, 'lookups' | 'known'>

/**
 * Answers from the last sync of the workspace around the folder; none where there is no workspace, or nothing was synced yet. Connects to
 * nothing.
 */
export const clusterHere = async ({ io, global }: CommandContext): Promise<ClusterAnswers> => {
  const { workspace, settings } = await openWorkspace(io.files, resolve(io.cwd, global.chdir ?? '.'))
  if (!workspace || !settings || !(await io.files.exists(workspace.stateFile))) return {}
  const { openStore } = await import('../../store/open-store.ts')
  const store = await openStore(workspace.stateFile, { clock: io.clock, holder: io.self })
  try {
    const [latest, applied] = await Promise.all([store.observations.latest(), store.bindings.all()])
    if (!latest) return {}
    const options = { ...DEFAULT_PLAN_OPTIONS, vmids: settings.defaults.vmids }
    return {
      lookups: lookupsOf(latest.observed),
      known: async (desired) => knownGuests(desired, latest.observed, applied, options),
    }
  } finally {
    await store.close()
  }
}
