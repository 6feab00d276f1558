import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { requiredSteps, type Step } from '../../plan/plan.ts'
import { guestPath } from '../../resource/guest.ts'
import { type ApiRequest, isOutputRef } from '../../resource/request.ts'
import { capitalized } from '../../util/capitalized.ts'
import { effectOf, type RequestEffect, touchedKeys } from '../effect/request-effect.ts'
import { journalNotes } from '../request/journal-notes.ts'
import type { RunContext } from '../request/run-context.ts'
import { runRequests } from '../request/run-requests.ts'
import type { StepResult } from '../run/step-result.ts'
import { type Unlike, unlike } from './compare-measures.ts'
import { measureGuest, measurePool, poolLost, sidesOf } from './measure.ts'
import type { GuestMeasure, Measure } from './measured.ts'

/** How what a run touched compares with what it was before. */
export interface Comparison {
  /** All of it was read again, and nothing differs. */
  readonly equal: boolean
  /** Something that the run may have changed differs, or cannot be read. */
  readonly left: boolean
  readonly diagnostics: readonly Diagnostic[]
}

const readAgain = (ctx: RunContext, before: Measure): Promise<Measure | undefined> =>
  before.kind === 'guest'
    ? measureGuest(
        ctx.asking,
        before.guest,
        sidesOf(ctx.plan).get(before.guest.vmid) ?? { power: false, snapshots: false, acl: false },
      )
    : measurePool(ctx.asking, before.poolid, before.vmids)

const stepsOf = ({ plan }: RunContext, before: Measure): readonly Step[] =>
  before.kind === 'guest'
    ? requiredSteps(plan).filter(({ guest }) => guest?.vmid === before.guest.vmid)
    : plan.steps.filter(
        (step) =>
          poolLost(step) === before.poolid ||
          step.requests.map(effectOf).some((effect) => 'poolid' in effect && effect.poolid === before.poolid),
      )

const effectsOf = ({ requests, reversal }: Step): readonly RequestEffect[] =>
  [...requests, ...(reversal.by === 'nothing' ? [] : reversal.requests)].map(effectOf)

/** Its volumes were made, moved or restored: PVE has given them other names. */
const movesVolumes = (effects: readonly RequestEffect[]): boolean =>
  effects.some(
    (effect) =>
      effect.kind === 'guest-gone' ||
      effect.kind === 'guest-made' ||
      effect.kind === 'moved' ||
      (effect.kind === 'config' && effect.tasks.some((task) => task === 'qmmove' || task === 'move_volume')),
  )

/** PVE changes them along with others: a new drive joins the boot order, a detached volume becomes `unusedN`. */
const COMPANIONS = /^(?:unused\d+|boot|bootdisk)$/

/** Whether the run can have changed it; otherwise somebody else did. */
const mayBeOurs = (effects: readonly RequestEffect[], { what }: Unlike): boolean => {
  const key = what.replace(/^pending /, '')
  if (COMPANIONS.test(key) || /^(?:the guest|the pool|comment|members|power|ha|rights|lxc lines)$/.test(what))
    return true
  const named = effects.filter((effect) => 'guest' in effect)
  if (what === 'snapshots') return named.some(({ kind }) => kind === 'snapshot' || kind === 'guest-gone')
  return named.some((effect) => {
    if (effect.kind === 'guest-gone' || effect.kind === 'guest-made') return true
    return effect.kind === 'config' && (effect.keys === 'all' || touchedKeys(effect)?.includes(key) === true)
  })
}

interface Difference {
  readonly before: Measure
  readonly now: Measure | undefined
  readonly ours: readonly Unlike[]
  readonly theirs: readonly Unlike[]
}

const compare = async (ctx: RunContext, before: Measure): Promise<Difference> => {
  const now = await readAgain(ctx, before)
  if (!now) return { before, now, ours: [], theirs: [] }
  const effects = stepsOf(ctx, before).flatMap(effectsOf)
  const all = unlike(before, now, { exactVolumes: !movesVolumes(effects) })
  return {
    before,
    now,
    ours: all.filter((one) => mayBeOurs(effects, one)),
    theirs: all.filter((one) => !mayBeOurs(effects, one)),
  }
}

/** The volume of a key's text: `local-lvm:vm-107-disk-1`. */
const volumeOf = (text: string | undefined): string | undefined => /^[^,]+:[^,]+/.exec(text ?? '')?.[0]

/** Keys whose volume a request names, by its id or by reference: it was there before. A request for a new one names only a storage and a size. */
const isNamed = (step: Step, key: string, volume: string): boolean =>
  step.requests.some(({ params = {} }) => {
    const param = params[key]
    return isOutputRef(param) || (typeof param === 'string' && param.includes(volume))
  })

/** Volumes that steps of this run have made on a guest, by their own records. */
const ownVolumes = (results: readonly StepResult[], vmid: number): ReadonlySet<string> =>
  new Set(
    results
      .filter(({ step }) => step.guest?.vmid === vmid)
      .flatMap(({ step, after }) =>
        Object.entries(after?.values ?? {}).flatMap(([key, text]) => {
          const volume = volumeOf(text ?? undefined)
          return volume === undefined || isNamed(step, key, volume) ? [] : [volume]
        }),
      ),
  )

/**
 * What takes back the traces that undoing leaves: a removal that the guest has not let go of, an order of boot devices that waits or was
 * extended, and the detached volume of a disk that the run had made. Nothing else is touched.
 */
const mendingOf = (before: GuestMeasure, { ours }: Difference, own: ReadonlySet<string>): readonly ApiRequest[] => {
  const path = `${guestPath(before.guest)}/config`
  const put = (params: Readonly<Record<string, string>>): ApiRequest => ({ method: 'PUT', path, params, digest: true })
  const had = new Set(Object.values(before.config?.current ?? {}).flatMap((text) => volumeOf(text) ?? []))
  const differs = new Set(ours.map(({ what }) => what))
  // Where the value itself differs too, what waits may be what brings the old one back at the next start.
  const pending = ours.flatMap(({ what, before: was }) => {
    const key = what.startsWith('pending ') ? what.slice('pending '.length) : ''
    return key !== '' && was === undefined && !differs.has(key) ? [key] : []
  })
  const erased = ours.flatMap(({ what, before: was, now }) => {
    const volume = volumeOf(now)
    return /^unused\d+$/.test(what) && was === undefined && volume && own.has(volume) && !had.has(volume) ? [what] : []
  })
  const boot = ours.find(({ what }) => what === 'boot')
  return [
    ...(pending.length > 0 ? [put({ revert: pending.join(',') })] : []),
    ...erased.map((key) => put({ delete: key })),
    ...(boot ? [put(boot.before === undefined ? { delete: 'boot' } : { boot: boot.before })] : []),
  ]
}

/** Mending is written down like any undoing, under an id of its own. */
const mendingStep = (
  address: Step['address'],
  guest: GuestMeasure['guest'],
  requests: readonly ApiRequest[],
): Step => ({
  id: `${address}/mend`,
  action: 'update',
  address,
  guest,
  summary: 'take back what undoing left behind',
  requests,
  needs: [],
  disruption: 'none',
  reversal: { by: 'nothing', reason: 'It is part of the rollback.' },
  because: { address, reason: 'safety', attributes: [] },
})

const mend = async (ctx: RunContext, difference: Difference, results: readonly StepResult[]): Promise<Difference> => {
  const { before, now } = difference
  const [first] = stepsOf(ctx, before)
  if (before.kind !== 'guest' || now?.kind !== 'guest' || !now.config || !first) return difference
  const requests = mendingOf(before, difference, ownVolumes(results, before.guest.vmid))
  if (requests.length === 0) return difference
  const step = mendingStep(first.address, before.guest, requests)
  const notes = journalNotes(ctx)
  await runRequests(ctx, { step, direction: 'reverse', requests, prior: [], sendMore: true }, notes)
  await notes.flush()
  return compare(ctx, before)
}

export const nameOfMeasure = (measure: Measure): string =>
  measure.kind === 'pool'
    ? `Pool ${measure.poolid}`
    : `${capitalized(kindOfType(measure.guest.type).label)} ${measure.guest.vmid} on ${measure.guest.node}`

export const differenceLines = (list: readonly Unlike[]): string =>
  list.map(({ what, before, now }) => `  ${what}: ${before ?? '(none)'} → ${now ?? '(none)'}`).join('\n')

const notAsBefore = (ctx: RunContext, { before, ours }: Difference): Diagnostic =>
  diagnose('apply.not-as-before', {
    address: stepsOf(ctx, before)[0]?.address,
    detail: `${nameOfMeasure(before)} is not as it was before the run (before → now):\n${differenceLines(ours)}`,
  })

const changedByOthers = (ctx: RunContext, { before, theirs }: Difference): Diagnostic =>
  diagnose('apply.changed-by-others', {
    address: stepsOf(ctx, before)[0]?.address,
    detail: `${nameOfMeasure(before)} was changed by somebody else during the run, and that change stays (before → now):\n${differenceLines(theirs)}`,
  })

const notMeasured = (ctx: RunContext, { before }: Difference): Diagnostic =>
  diagnose('apply.not-compared', {
    address: stepsOf(ctx, before)[0]?.address,
    detail: `${nameOfMeasure(before)} could not be read again, so it is not known whether it is as it was before the run. Check it before you change it.`,
  })

/**
 * Reads again what the run touched and compares it with what it was before. Where everything was undone (`complete`), traces that undoing left
 * are taken back first.
 */
export const compareWithBefore = async (
  ctx: RunContext,
  results: readonly StepResult[],
  { complete }: { readonly complete: boolean },
): Promise<Comparison> => {
  const befores = await Promise.all(ctx.before.values())
  const differences: Difference[] = []
  for (const before of befores) {
    if (!before) continue
    const found = await compare(ctx, before)
    differences.push(complete ? await mend(ctx, found, results) : found)
  }
  const diagnostics = differences.flatMap((one) => [
    ...(one.now ? [] : [notMeasured(ctx, one)]),
    ...(one.ours.length > 0 ? [notAsBefore(ctx, one)] : []),
    ...(one.theirs.length > 0 ? [changedByOthers(ctx, one)] : []),
  ])
  const left = differences.some(({ now, ours }) => !now || ours.length > 0)
  const isWhole = befores.every((before) => before !== undefined)
  return { equal: isWhole && diagnostics.length === 0, left, diagnostics }
}
