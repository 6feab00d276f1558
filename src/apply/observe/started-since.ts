import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { TaskEntry } from '../../resource/server.ts'
import type { RunContext } from '../request/run-context.ts'

/** The guest ran after such a task, for a while at least. */
const hasRun = ({ type, status }: TaskEntry): boolean =>
  /^(?:qm|vz)(?:start|resume|reboot)$/.test(type) && (status === undefined || /^(?:OK|WARNINGS)/.test(status))

/** Who has started a guest since the run began, by the node's task list: what it wrote then is not the run's. A diagnostic: nobody can be asked now. */
export const startedByOthers = async (
  { world, run, tasks, began, clocks }: RunContext,
  { node, vmid }: GuestRef,
): Promise<readonly string[] | Diagnostic> => {
  const since = began.get(node) ?? clocks.get(node)?.time
  if (since === undefined) return []
  try {
    const found = await world.server.tasksSince(node, vmid, since)
    const started = found.filter((task) => hasRun(task) && !tasks.has(task.upid)).map(({ upid }) => upid)
    // Times are whole seconds: what an earlier run of mpc did just before this one began is in the list too.
    const ours = await world.journal.knownTasks?.(run, started)
    return started.filter((upid) => !ours?.has(upid))
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
}
