import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import { effectOf, type RequestEffect, touchedKeys } from '../effect/request-effect.ts'
import type { RunContext } from '../request/run-context.ts'
import { differenceLines, nameOfMeasure } from './as-before.ts'
import { type Unlike, unlike } from './compare-measures.ts'
import { measureGuest, measurePool } from './measure.ts'
import type { Measure } from './measured.ts'

/** How a run that undid another one left what that one had touched. */
export interface EarlierComparison {
  /** All of it was read, and nothing differs from what the other run had found. */
  readonly asBefore: boolean
  readonly diagnostics: readonly Diagnostic[]
}

const readAgain = ({ asking }: RunContext, before: Measure): Promise<Measure | undefined> =>
  before.kind === 'pool'
    ? measurePool(asking, before.poolid, before.vmids)
    : measureGuest(asking, before.guest, {
        power: before.power !== undefined,
        snapshots: before.snapshots !== undefined,
        acl: before.acl !== undefined,
      })

const sentBy = (step: Step): readonly RequestEffect[] => step.requests.map(effectOf)

const isAbout = (before: Measure, effect: RequestEffect): boolean =>
  before.kind === 'pool'
    ? 'poolid' in effect && effect.poolid === before.poolid
    : 'guest' in effect && effect.guest.vmid === before.guest.vmid

/** What this run itself set, so that it has to be as it was. */
const wasSetBack = (effects: readonly RequestEffect[], { what }: Unlike): boolean => {
  if (what === 'the guest') return effects.some(({ kind }) => kind === 'guest-gone' || kind === 'guest-made')
  if (what === 'the pool') return effects.some(({ kind }) => kind === 'pool')
  if (what === 'comment') return effects.some(({ kind }) => kind === 'pool-comment')
  if (what === 'members') return effects.some(({ kind }) => kind === 'membership')
  if (what === 'power') return effects.some(({ kind }) => kind === 'power')
  const key = what.replace(/^pending /, '')
  return effects.some((effect) => effect.kind === 'config' && touchedKeys(effect)?.includes(key) === true)
}

/** Backups and snapshots that this run has taken stay. */
const taken = ({ plan }: RunContext): readonly string[] =>
  plan.steps
    .flatMap(sentBy)
    .flatMap((effect) => {
      if (effect.kind === 'backup') return [`  a backup of guest ${effect.filed.vmid} on ${effect.storage} stays`]
      return effect.kind === 'snapshot' && effect.present
        ? [`  the snapshot ${effect.name} of guest ${effect.guest.vmid} stays`]
        : []
    })
    .sort()

const unread = (before: Measure): Diagnostic =>
  diagnose('apply.not-compared', {
    detail: `${nameOfMeasure(before)} could not be read again, so it is not known whether it is as it was before the run that was undone. Check it before you change it.`,
  })

interface Found {
  readonly before: Measure
  readonly now: Measure | undefined
  readonly left: readonly Unlike[]
  readonly others: readonly Unlike[]
}

const compare = async (ctx: RunContext, before: Measure): Promise<Found> => {
  const now = await readAgain(ctx, before)
  if (!now) return { before, now, left: [], others: [] }
  // That a value waits for the next start was said in the plan.
  const atOnce = ctx.plan.steps.filter(({ disruption }) => disruption !== 'pending')
  const effects = atOnce.flatMap(sentBy).filter((effect) => isAbout(before, effect))
  // A volume that was made or restored has another name.
  const same = new Set(unlike(before, now, { exactVolumes: false }).map(({ what }) => what))
  const all = unlike(before, now, { exactVolumes: true })
  const isLeft = (one: Unlike) => same.has(one.what) && wasSetBack(effects, one)
  return { before, now, left: all.filter(isLeft), others: all.filter((one) => !isLeft(one)) }
}

/**
 * For a plan that undoes a run: reads what that run had touched and compares it with what that run had found. What this run set and that is something else is left;
 * what it was to keep, and what others have changed since, is told.
 */
export const compareWithEarlier = async (ctx: RunContext, earlier: readonly Measure[]): Promise<EarlierComparison> => {
  const { origin } = ctx.plan
  if (origin.kind !== 'revert') return { asBefore: false, diagnostics: [] }
  const of = origin.plan
  const found = await Promise.all(earlier.map((before) => compare(ctx, before)))
  const kept = taken(ctx)
  const left = found.filter((one) => one.left.length > 0)
  const others = found.flatMap(({ before, others: list }) =>
    list.length === 0 ? [] : [`${nameOfMeasure(before)}:`, differenceLines(list)],
  )
  const told = [...others, ...(kept.length > 0 ? ['Taken by this run:', ...kept] : [])]
  const diagnostics = [
    ...found.flatMap(({ before, now }) => (now ? [] : [unread(before)])),
    ...left.map(({ before, left: list }) =>
      diagnose('apply.not-as-before', {
        detail: `${nameOfMeasure(before)} is not as it was before ${of}, although all steps were done (before → now):\n${differenceLines(list)}`,
      }),
    ),
    ...(told.length === 0
      ? []
      : [
          diagnose('apply.revert-differs', {
            detail: `This is not as it was before ${of} (before → now):\n${told.join('\n')}`,
          }),
        ]),
  ]
  return { asBefore: earlier.length > 0 && diagnostics.length === 0, diagnostics }
}
