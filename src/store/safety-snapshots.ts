import type { Kysely } from 'kysely'
import { effectOf } from '../apply/effect/request-effect.ts'
import type { Address } from '../resource/address.ts'
import type { KeptSnapshot } from '../resource/kept-snapshot.ts'
import type { ApiRequest } from '../resource/request.ts'
import { fromJson } from './json-text.ts'
import type { Tables } from './tables.ts'

/** Requests that took or removed snapshots, or guests with all they had, oldest first. */
const readRequests = (db: Kysely<Tables>) =>
  db
    .selectFrom('journal')
    .innerJoin('run', 'run.id', 'journal.run')
    .leftJoin('plan_step', (join) =>
      join.onRef('plan_step.plan', '=', 'run.plan').onRef('plan_step.step', '=', 'journal.step'),
    )
    .select(['journal.run', 'run.plan', 'journal.request', 'plan_step.action', 'plan_step.address'])
    .where('journal.status', '=', 'done')
    .where(({ or, eb }) =>
      or([eb('plan_step.action', '=', 'snapshot'), eb('journal.request', 'like', '%"method":"DELETE"%')]),
    )
    .orderBy('journal.at')
    .execute()

type Taken = Omit<KeptSnapshot, 'isWayBack'> & { readonly plan: string }

/** Guests, by plan, that only a rollback to a snapshot brings back. */
const readWaysBack = async (db: Kysely<Tables>, plans: readonly string[]): Promise<ReadonlySet<string>> => {
  if (plans.length === 0) return new Set()
  const needing = db.selectFrom('plan_step').select(['plan', 'vmid']).distinct().where('reversal', '=', 'snapshot')
  const rows = await needing.where('plan', 'in', plans).execute()
  return new Set(rows.map(({ plan, vmid }) => `${plan} ${vmid}`))
}

/** Snapshots that mpc took and, by its own records, has not removed, oldest first. */
export const readSafetySnapshots = async (db: Kysely<Tables>): Promise<readonly KeptSnapshot[]> => {
  const standing = new Map<string, Taken>()
  for (const { run, plan, request, action, address } of await readRequests(db)) {
    const effect = effectOf(fromJson<ApiRequest>(request))
    if (effect.kind === 'guest-gone') {
      for (const [key, { guest }] of standing) if (guest.vmid === effect.guest.vmid) standing.delete(key)
    }
    if (effect.kind !== 'snapshot') continue
    const { guest, name } = effect
    const key = `${guest.vmid} ${name}`
    standing.delete(key)
    const taken = effect.present && action === 'snapshot' && address !== null
    if (taken) standing.set(key, { run, plan, address: address as Address, guest, name })
  }
  const ways = await readWaysBack(db, [...new Set([...standing.values()].map(({ plan }) => plan))])
  return [...standing.values()].map(({ plan, ...one }) => ({
    ...one,
    isWayBack: ways.has(`${plan} ${one.guest.vmid}`),
  }))
}
