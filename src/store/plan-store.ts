import type { Kysely } from 'kysely'
import { type Checked, diagnose } from '../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { fromJson, toJson } from './json-text.ts'
import { renewedPlan, renewedStep } from './older-plan.ts'
import type { PlanStepTable, Tables } from './tables.ts'

export interface SavedPlan {
  readonly id: string
  readonly createdAt: string
  readonly origin: Plan['origin']['kind']
  readonly steps: number
}

export interface PlanStore {
  /** Saving an equal plan again only makes it new again. Old plans that were never applied are swept. */
  readonly save: (plan: Plan, asOf?: string) => Promise<void>
  /** ISO 8601: when the picture was taken that a saved plan was made from; undefined where nobody kept it. */
  readonly asOf: (id: string) => Promise<string | undefined>
  /** By id, or by the beginning of one when only one plan has it; `p-` may be left out. */
  readonly get: (idOrPrefix: string) => Promise<Checked<Plan>>
  /** Newest first. */
  readonly list: () => Promise<readonly SavedPlan[]>
}

/** Plans nobody applied are only worth keeping while somebody may still want to. */
const UNAPPLIED_KEPT = 100

const stepRow = (plan: string, step: Step, position: number): PlanStepTable => ({
  plan,
  position,
  step: step.id,
  action: step.action,
  address: step.address,
  vmid: step.guest?.vmid ?? null,
  disruption: step.disruption,
  reversal: step.reversal.by,
  body: toJson(step),
})

const STEPS_AT_ONCE = 500

/** Used by the journal too: a run never stands without its plan. */
export const writePlan = async (db: Kysely<Tables>, plan: Plan, at: string, asOf?: string): Promise<void> => {
  const known = await db.selectFrom('plan').select('fingerprint').where('id', '=', plan.id).executeTakeFirst()
  if (known?.fingerprint === plan.fingerprint) {
    const times = { created_at: at, ...(asOf !== undefined && { as_of: asOf }) }
    await db.updateTable('plan').set(times).where('id', '=', plan.id).execute()
    return
  }
  if (known) throw new Error(`plan id ${plan.id} already stands for ${known.fingerprint}, not ${plan.fingerprint}`)
  await db
    .insertInto('plan')
    .values({
      id: plan.id,
      fingerprint: plan.fingerprint,
      cluster: plan.cluster,
      origin: plan.origin.kind,
      origin_run: plan.origin.kind === 'revert' ? plan.origin.run : null,
      steps: plan.steps.length,
      created_at: at,
      as_of: asOf ?? null,
      body: toJson({ ...plan, steps: [] }),
    })
    .execute()
  for (let from = 0; from < plan.steps.length; from += STEPS_AT_ONCE) {
    const steps = plan.steps.slice(from, from + STEPS_AT_ONCE)
    await db
      .insertInto('plan_step')
      .values(steps.map((step, index) => stepRow(plan.id, step, from + index)))
      .execute()
  }
}

/** A saved plan by its whole id. Throws when there is none. */
export const readPlan = async (db: Kysely<Tables>, id: string): Promise<Plan> => {
  const { body } = await db.selectFrom('plan').select('body').where('id', '=', id).executeTakeFirstOrThrow()
  const plan = fromJson<Plan>(body)
  if (plan.steps.length > 0) return renewedPlan(plan, plan.steps.map(renewedStep))
  const rows = await db.selectFrom('plan_step').select('body').where('plan', '=', id).orderBy('position').execute()
  const steps = rows.flatMap(({ body: text }) => (text === null ? [] : [renewedStep(fromJson<Step>(text))]))
  return renewedPlan(plan, steps)
}

const sweep = async (db: Kysely<Tables>): Promise<void> => {
  const unapplied = db
    .selectFrom('plan')
    .select('plan.id')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('run').select('run.id').whereRef('run.plan', '=', 'plan.id'))),
    )
  const newestFirst = await unapplied.orderBy('created_at', 'desc').orderBy('id').execute()
  for (const { id } of newestFirst.slice(UNAPPLIED_KEPT)) await db.deleteFrom('plan').where('id', '=', id).execute()
}

const get = async (db: Kysely<Tables>, idOrPrefix: string): Promise<Checked<Plan>> => {
  const text = idOrPrefix.trim().toLowerCase()
  const prefix = text.startsWith('p-') ? text : `p-${text}`
  const rows = await db
    .selectFrom('plan')
    .select('id')
    .where(({ eb, fn, val }) => eb(fn('substr', ['id', val(1), val(prefix.length)]), '=', prefix))
    .orderBy('id')
    .limit(6)
    .execute()
  const found = rows.find(({ id }) => id === prefix) ?? (rows.length === 1 ? rows[0] : undefined)
  if (found) return { value: await readPlan(db, found.id), diagnostics: [] }
  const problem =
    rows.length > 1
      ? diagnose('store.ambiguous-plan', {
          detail: `${rows.map(({ id }) => id).join(', ')} begin with "${prefix}". Give one more character of the one you mean.`,
        })
      : diagnose('store.unknown-plan', {
          detail: `No saved plan has the id "${idOrPrefix}". Plans are saved by mpc plan and mpc apply in this workspace; ones that were never applied are removed after a while.`,
          hint: 'mpc history',
        })
  return { value: undefined, diagnostics: [problem] }
}

/** Plans by id; a plan is content, so equal plans are one. */
export const planStore = (db: Kysely<Tables>, now: () => Date): PlanStore => ({
  save: (plan, asOf) =>
    db.transaction().execute(async (tx) => {
      await writePlan(tx, plan, now().toISOString(), asOf)
      await sweep(tx)
    }),
  get: (idOrPrefix) => get(db, idOrPrefix),
  asOf: async (id) => {
    const row = await db.selectFrom('plan').select('as_of').where('id', '=', id).executeTakeFirst()
    return row?.as_of ?? undefined
  },
  list: async () => {
    const rows = await db
      .selectFrom('plan')
      .select(['id', 'created_at', 'origin', 'steps'])
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute()
    return rows.map(({ id, created_at, origin, steps }) => ({
      id,
      createdAt: created_at,
      origin: origin as SavedPlan['origin'],
      steps,
    }))
  },
})
