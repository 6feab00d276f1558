import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'
import type { TaskEntry } from '../../resource/server.ts'
import type { RunContext } from '../request/run-context.ts'

const LIFE = /^(?:qm|vz)(?:create|restore|destroy)$/

/** A destruction that failed has left the guest there. */
const failedToDestroy = ({ type, status }: TaskEntry): boolean =>
  type.endsWith('destroy') && status !== undefined && !/^(?:OK|WARNINGS)/.test(status)

/** When the plan looked at the guests, by the node's clock, as far as that can be told from ours. Unix seconds. */
const plannedAt = ({ asOf, clocks, world }: RunContext, node: string): number | undefined => {
  const [at, known] = [Date.parse(asOf ?? ''), clocks.get(node)]
  if (!known || !Number.isFinite(at)) return undefined
  const ago = world.clock.now().getTime() - (world.clock.monotonic() - known.asked) - at
  return Math.floor(known.time - ago / 1000)
}

/** Unix seconds by the node's clock, from which on only this run may have re-created the guest. */
const knownSince = (ctx: RunContext, { node }: GuestRef, { event }: GuestIdentity): number => {
  const { began, clocks } = ctx
  const made = Number.parseInt(event?.split(':')[4] ?? '', 16)
  if (Number.isFinite(made)) return made
  const planned = began.has(node) ? undefined : plannedAt(ctx, node)
  if (planned !== undefined) return planned
  // A task of the very second in which the run began may have come before it.
  return (began.get(node) ?? clocks.get(node)?.time ?? Number.NaN) + 1
}

/** When a task began: seconds, and within one the ticks that its node counts. */
const beginOf = (upid: string): readonly [node: string, ticks: number, seconds: number] => {
  const [, node = '', , ticks = '', seconds = ''] = upid.split(':')
  return [node, Number.parseInt(ticks, 16), Number.parseInt(seconds, 16)]
}

/** Whether a task cannot have come before another: what came in one second is told apart on one node only. */
const isAfter = ({ upid }: TaskEntry, event: string | null | undefined): boolean => {
  if (event === null || event === undefined) return true
  const [[node, ticks, seconds], [other, otherTicks, otherSeconds]] = [beginOf(upid), beginOf(event)]
  return seconds > otherSeconds || (seconds === otherSeconds && node === other && ticks > otherTicks)
}

/** The task that had made the guest when the plan was made, as far as that is known. */
const plannedEvent = ({ plan }: RunContext, { vmid }: GuestRef): string | null | undefined =>
  plan.steps.find(({ guest, expects }) => guest?.vmid === vmid && expects?.identity)?.expects?.identity?.event

/** A guest without a UUID that somebody else has made since may look just as the old one did; the node's task list tells. */
export const isRecreated = async (
  ctx: RunContext,
  guest: GuestRef,
  seen: GuestIdentity,
): Promise<boolean | Diagnostic> => {
  const event = seen.event ?? plannedEvent(ctx, guest)
  const identity: GuestIdentity = { ...seen, ...(event !== undefined && { event }) }
  const since = knownSince(ctx, guest, identity)
  if (identity.uuid !== undefined || !Number.isFinite(since)) return false
  try {
    const tasks = await ctx.world.server.tasksSince(guest.node, guest.vmid, since)
    return tasks.some(
      (task) =>
        LIFE.test(task.type) && isAfter(task, identity.event) && !ctx.tasks.has(task.upid) && !failedToDestroy(task),
    )
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
}
