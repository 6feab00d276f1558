import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { RefusalReason, TaskEnd, TaskWait } from '../../resource/server.ts'
import type { Patience } from '../apply-dependencies.ts'
import { effectHolds } from '../effect/is-effect-present.ts'
import { effectOf, type RequestEffect } from '../effect/request-effect.ts'
import type { RequestRecord } from '../journal.ts'
import { isoNow, noteTask, type RunContext, record } from './run-context.ts'
import { type Attempt, addressed, requestRecord, type StepRequest } from './step-request.ts'

const taskFailed = (
  { step, request }: StepRequest,
  upid: string,
  { exitstatus, log }: TaskEnd & { kind: 'failed' },
): Diagnostic =>
  diagnose('apply.task-failed', {
    address: step.address,
    detail: [
      `"${step.summary}" (${request.method} ${request.path}) ended with: ${exitstatus}`,
      ...log.slice(-8).map((line) => `  ${line}`),
      `Task ${upid}`,
    ].join('\n'),
  })

const taskWarned = ({ step }: StepRequest, upid: string, warnings: number): Diagnostic =>
  diagnose('apply.task-warnings', {
    address: step.address,
    detail: `"${step.summary}" succeeded with ${warnings} warning${warnings === 1 ? '' : 's'}; see the log of task ${upid}.`,
  })

/** Whether this run has begun the task itself, or an earlier process that waited for it has left it. */
export type TaskOrigin = 'ours' | 'earlier'

/** Tasks that copy, move, restore or erase volumes: they may take hours, and some say nothing for long. */
const LONG =
  /^(?:vzdump|(?:qm|vz)(?:create|clone|restore|migrate|destroy|template)|qmmove|move_volume|hamigrate|imgdel|imgcopy)$/

const limitOf = ({ task, quiet }: Patience, upid: string, origin: TaskOrigin): TaskWait => {
  const type = upid.split(':')[5] ?? ''
  if (origin === 'earlier') return { ...(task !== undefined && { atMost: task }), quiet: quiet.again }
  if (task !== undefined) return { atMost: task }
  return { quiet: LONG.test(type) ? quiet.long : quiet.brief }
}

/**
 * Waits for a task as long as the patience for one goes. An interruption shortens the wait, but not for what is undone because of it.
 */
const waitOnce = async (ctx: RunContext, job: StepRequest, upid: string, origin: TaskOrigin): Promise<TaskEnd> => {
  const { server, signal } = ctx.world
  const step = job.step.id
  let given = 0
  const follow = (wait: TaskWait): Promise<TaskEnd> => {
    // A second look at the same task gives its log from the beginning.
    let skip = given
    return server.waitForTask(
      upid,
      (line) => {
        if (skip-- > 0) return
        given += 1
        ctx.emit({ type: 'task-log', at: isoNow(ctx), step, line })
      },
      wait,
    )
  }
  const { interrupted } = ctx.patience
  const limit = limitOf(ctx.patience, upid, origin)
  if (!signal || (job.direction === 'reverse' && signal.aborted)) return follow(limit)
  const end = await follow({ ...limit, signal })
  if (end.kind !== 'running' || !signal.aborted) return end
  ctx.emit({ type: 'task-awaited', at: isoNow(ctx), step, upid })
  return follow({ atMost: interrupted })
}

/** Nothing was done, because something else held the guest; trying again may help. */
export const isWaitable = ({ direction }: StepRequest, reason: RefusalReason): boolean =>
  reason === 'lock-timeout' || (direction === 'reverse' && reason === 'held-by-task')

/** Waits for a task that is in the journal already. */
export const waitForEnd = async (
  ctx: RunContext,
  job: StepRequest,
  effect: RequestEffect,
  upid: string,
  origin: TaskOrigin = 'ours',
): Promise<Attempt> => {
  let end = await waitOnce(ctx, job, upid, origin)
  for (const wait of ctx.patience.unreachable) {
    if (end.kind !== 'lost') break
    await ctx.world.clock.sleep(wait)
    end = await waitOnce(ctx, job, upid, origin)
  }
  if (end.kind === 'ok')
    return { kind: 'done', data: upid, diagnostics: end.warnings > 0 ? [taskWarned(job, upid, end.warnings)] : [] }
  if (end.kind === 'failed' && isWaitable(job, end.reason))
    return { kind: 'locked', message: end.exitstatus, diagnostics: [taskFailed(job, upid, end)] }
  if (end.kind === 'running') {
    const diagnostics = [addressed(end.diagnostic, job.step)]
    return { kind: 'failed', message: 'the task has not ended', diagnostics, effect: 'maybe', unreachable: true, upid }
  }
  const holds =
    (job.direction === 'reverse' || end.kind === 'lost') && (await effectHolds(ctx.asking, effect, job.request))
  if (holds) return { kind: 'done', data: upid, diagnostics: [] }
  const diagnostic = end.kind === 'failed' ? taskFailed(job, upid, end) : addressed(end.diagnostic, job.step)
  const message = end.kind === 'failed' ? end.exitstatus : 'the task is lost'
  const isStale = end.kind === 'failed' && end.reason === 'stale-digest'
  return {
    kind: 'failed',
    message,
    diagnostics: [diagnostic],
    effect: 'maybe',
    unreachable: end.kind === 'lost',
    upid,
    ...(isStale && { isStale }),
  }
}

/** Writes the task's id down before waiting for it. */
export const followTask = async (
  ctx: RunContext,
  job: StepRequest,
  upid: string,
  kept: Pick<RequestRecord, 'before' | 'held' | 'since'>,
): Promise<Attempt> => {
  noteTask(ctx, upid)
  // Told first: where it cannot be written down, the person has it.
  ctx.emit({ type: 'task-started', at: isoNow(ctx), step: job.step.id, upid })
  await record(ctx, [{ type: 'request', record: requestRecord(ctx, job, 'sent', { upid, ...kept }) }])
  return waitForEnd(ctx, job, effectOf(job.request), upid)
}
