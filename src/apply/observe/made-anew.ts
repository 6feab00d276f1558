import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'
import type { TaskEntry } from '../../resource/server.ts'
import type { RunContext } from '../request/run-context.ts'

const LIFE = /^(?:qm|vz)(?:create|restore|destroy)$/

/** A destruction that failed has left the guest there. */
const failedToDestroy = ({ type, status }: TaskEntry): boolean =>
  type.endsWith('destroy') && status !== undefined && !/^(?:OK|WARNINGS)/.test(status)

/** Unix seconds by the node's clock, from which on only this run may have made the guest anew. */
const knownSince = ({ began, clocks }: RunContext, { node }: GuestRef, { event }: GuestIdentity): number => {
  const made = Number.parseInt(event?.split(':')[4] ?? '', 16)
  if (Number.isFinite(made)) return made
  // A task of the very second in which the run began may have come before it.
  return (began.get(node) ?? clocks.get(node)?.time ?? Number.NaN) + 1
}

/** A guest without a UUID that somebody else has made since may look just as the old one did; the node's task list tells. */
export const madeAnew = async (
  ctx: RunContext,
  guest: GuestRef,
  identity: GuestIdentity,
): Promise<boolean | Diagnostic> => {
  const since = knownSince(ctx, guest, identity)
  if (identity.uuid !== undefined || !Number.isFinite(since)) return false
  try {
    const tasks = await ctx.world.server.tasksSince(guest.node, guest.vmid, since)
    return tasks.some(
      (task) =>
        LIFE.test(task.type) && task.upid !== identity.event && !ctx.tasks.has(task.upid) && !failedToDestroy(task),
    )
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
}
