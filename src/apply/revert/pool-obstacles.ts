import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { Observed } from '../../resource/observed.ts'
import { standingSteps } from '../effect/guest-after-run.ts'
import { type PoolsAfter, poolName, poolOfNew, poolsAfter } from '../effect/pools-after.ts'
import { effectOf, type RequestEffect } from '../effect/request-effect.ts'
import type { RecordedRun } from '../journal.ts'

/** What the steps of a revert are held against. */
interface Scene {
  readonly left: PoolsAfter
  readonly pools: ReadonlyMap<string, { readonly comment: string }>
  /** Pools that the steps make or delete, and guests that they destroy or take out of their pools. */
  readonly made: ReadonlySet<string>
  readonly deleted: ReadonlySet<string>
  readonly leaving: ReadonlySet<number>
  readonly observed: Observed
}

const poolsThat = (effects: readonly RequestEffect[], present: boolean): ReadonlySet<string> =>
  new Set(effects.flatMap((effect) => (effect.kind === 'pool' && effect.present === present ? [effect.poolid] : [])))

const sceneOf = (run: RecordedRun, steps: readonly Step[], observed: Observed): Scene => {
  const effects = steps.flatMap(({ requests }) => requests.map(effectOf))
  return {
    left: poolsAfter(standingSteps(run).flatMap(({ step }) => step.requests)),
    pools: new Map(observed.pools.map(({ poolid, comment = '' }) => [poolid, { comment }])),
    made: poolsThat(effects, true),
    deleted: poolsThat(effects, false),
    leaving: new Set(
      effects.flatMap((effect) =>
        effect.kind === 'guest-gone' ? [effect.guest.vmid] : effect.kind === 'membership' ? effect.vmids : [],
      ),
    ),
    observed,
  }
}

const gone = (poolid: string): string => `Pool ${poolid} does not exist any more. Create it first.`

const commentObstacles = ({ left, pools }: Scene, poolid: string): readonly string[] => {
  const [was, now] = [left.comments.get(poolid), pools.get(poolid)?.comment]
  if (was === undefined || now === undefined || was.trim() === now.trim()) return []
  return [
    `The comment of pool ${poolid} is "${now}" by now, and the run left it as "${was}"; undoing the run would undo that as well. Set it back first, or change the pool by its declaration.`,
  ]
}

const memberObstacles = (scene: Scene, { poolid, vmids, present }: RequestEffect & { readonly kind: 'membership' }) => {
  const { left, pools, made, observed } = scene
  const moved = observed.guests.flatMap(({ vmid, name, pool }) => {
    const was = left.poolOf.get(vmid)
    if (!vmids.includes(vmid) || !left.poolOf.has(vmid) || was === pool) return []
    return [
      `${name} (${vmid}) is in ${poolName(pool)} by now, and the run left it in ${poolName(was)}; undoing the run would undo that as well. Move it back first, or change the guest by its declaration.`,
    ]
  })
  return [...moved, ...(present && !pools.has(poolid) && !made.has(poolid) ? [gone(poolid)] : [])]
}

const deletionObstacles = (scene: Scene, poolid: string): readonly string[] => {
  const { pools, deleted, leaving, observed } = scene
  if (!pools.has(poolid)) return [`Pool ${poolid} does not exist any more, so what the run did to it cannot be undone.`]
  const members = observed.guests.filter(({ vmid, pool }) => pool === poolid && !leaving.has(vmid))
  const nested = [...pools.keys()].filter((other) => other.startsWith(`${poolid}/`) && !deleted.has(other)).sort()
  const inside = [...members.map(({ name, vmid }) => `${name} (${vmid})`), ...nested.map((other) => `pool ${other}`)]
  return [
    ...(inside.length === 0
      ? []
      : [
          `Pool ${poolid}, which the run made, has by now in it what the run did not put there: ${inside.join(', ')}. Proxmox VE deletes empty pools only: take that out first.`,
        ]),
    ...commentObstacles(scene, poolid),
  ]
}

const poolObstaclesOf = (scene: Scene, effect: RequestEffect): readonly string[] => {
  if (effect.kind === 'membership') return memberObstacles(scene, effect)
  if (effect.kind === 'pool-comment')
    return scene.pools.has(effect.poolid) || scene.made.has(effect.poolid)
      ? commentObstacles(scene, effect.poolid)
      : [gone(effect.poolid)]
  if (effect.kind !== 'pool') return []
  if (!effect.present) return deletionObstacles(scene, effect.poolid)
  return scene.pools.has(effect.poolid)
    ? [
        `The run deleted pool ${effect.poolid}, and undoing it would create it; pool ${effect.poolid} exists again by now. Delete that one first.`,
      ]
    : []
}

/** What prevents these steps where pools are concerned: somebody has changed them since the run, or they are gone. */
export const poolObstacles = (run: RecordedRun, steps: readonly Step[], observed: Observed): readonly Diagnostic[] => {
  const scene = sceneOf(run, steps, observed)
  return steps.flatMap(({ address, requests }) =>
    requests.flatMap((request) => {
      const effect = effectOf(request)
      const pool = effect.kind === 'guest-made' ? poolOfNew(request) : undefined
      const isMissing = pool !== undefined && !scene.pools.has(pool) && !scene.made.has(pool)
      const told = [...poolObstaclesOf(scene, effect), ...(isMissing ? [gone(pool)] : [])]
      return told.map((detail) => diagnose('apply.revert-changed', { address, detail }))
    }),
  )
}
