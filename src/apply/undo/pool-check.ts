import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { GuestRef } from '../../resource/guest.ts'
import { readPool } from '../effect/is-effect-present.ts'
import { poolName, poolsAfter } from '../effect/pools-after.ts'
import { type Asking, ask } from '../observe/read-guest.ts'

type Row = Readonly<Record<string, unknown>>

/** PVE API: GET /cluster/resources. */
const readResources = async (asking: Asking): Promise<readonly Row[]> => {
  const answer = await ask(asking, '/cluster/resources', { type: 'vm' })
  return answer.kind === 'answered' && Array.isArray(answer.data) ? answer.data : []
}

/** Pools of guests by VMID; missing: the server does not show the guest. */
const readMembership = async (asking: Asking): Promise<ReadonlyMap<number, string | undefined>> =>
  new Map(
    (await readResources(asking)).map(({ vmid, pool }) => [Number(vmid), typeof pool === 'string' ? pool : undefined]),
  )

/** The node that has a guest of this VMID now; undefined: none, or the server does not show it. */
export const nodeOf = async (asking: Asking, { vmid }: GuestRef): Promise<string | undefined> =>
  (await readResources(asking)).flatMap((row) =>
    Number(row['vmid']) === vmid && typeof row['node'] === 'string' ? [row['node']] : [],
  )[0]

const movedByOthers = async (asking: Asking, step: Step): Promise<readonly string[]> => {
  if (step.reversal.by === 'nothing') return []
  const [left, back] = [poolsAfter(step.requests).poolOf, poolsAfter(step.reversal.requests).poolOf]
  const vmids = [...back.keys()].filter((vmid) => left.has(vmid))
  if (vmids.length === 0) return []
  const now = await readMembership(asking)
  return vmids
    .filter((vmid) => now.has(vmid) && now.get(vmid) !== left.get(vmid) && now.get(vmid) !== back.get(vmid))
    .map(
      (vmid) =>
        `guest ${vmid} is in ${poolName(now.get(vmid))} by now, and the run put it into ${poolName(left.get(vmid))}`,
    )
}

const commentedByOthers = async (asking: Asking, step: Step): Promise<readonly string[]> => {
  if (step.reversal.by === 'nothing') return []
  const [left, back] = [poolsAfter(step.requests).comments, poolsAfter(step.reversal.requests).comments]
  const found: string[] = []
  for (const [poolid, comment] of back) {
    const pool = left.has(poolid) ? await readPool(asking, poolid) : undefined
    const known = [comment, left.get(poolid) ?? ''].map((text) => text.trim())
    if (pool && !known.includes(pool.comment.trim()))
      found.push(
        `the comment of pool ${poolid} is "${pool.comment}" by now, and the run left it as "${left.get(poolid)}"`,
      )
  }
  return found
}

/** Undoing would take back what somebody else has done to pools since the step. */
export const poolsOfOthers = async (asking: Asking, step: Step): Promise<Diagnostic | undefined> => {
  const changed = [...(await movedByOthers(asking, step)), ...(await commentedByOthers(asking, step))]
  if (changed.length === 0) return undefined
  return diagnose('apply.not-undone', {
    address: step.address,
    detail: `"${step.summary}" was not undone, because somebody else has changed that since: ${changed.join(', ')}. What they did stays. Decide which is right, then run mpc plan.`,
    hint: 'mpc plan',
  })
}
