import { kindOfType } from '../kinds/registry.ts'
import type { Plan, ResourceChange, Step } from '../plan/plan.ts'
import { isIrreversible, type PlanSummary, planSummary } from '../plan/plan-summary.ts'
import type { AttributeChange, Disruption } from '../resource/change.ts'
import { counted } from '../util/counted.ts'
import { visibleLine } from '../util/visible.ts'
import { changedLines, signedLines } from './changed-lines.ts'
import { type OutputView, outputViews } from './output-view.ts'
import { reversalText } from './reversal-text.ts'
import { type Risk, riskOf } from './risk.ts'
import type { Tone } from './style.ts'
import { UNKNOWN, valueLines } from './value-lines.ts'

export interface AttributeView {
  readonly symbol: string
  readonly tone: Tone
  readonly name: string
  /** The value, or what becomes of it; of one that takes several lines the first. */
  readonly text: string
  /** The other lines, each behind two characters: `- ` when it goes, `+ ` when it comes with a change. */
  readonly below: readonly string[]
  /** The same for forms that show what goes and what comes on lines of their own: each begins with `- `, `+ ` or two blanks. */
  readonly diff: readonly string[]
  /** A few words on what it means for the guest; empty when nobody notices. */
  readonly effect: string
}

export interface StepView {
  readonly id: string
  readonly number: number
  readonly summary: string
  readonly disruption: Disruption
  readonly disruptionText: string
  readonly undo: string
  readonly irreversible: boolean
  /** Undefined: nobody is hurt by the step, nor by its undoing. */
  readonly risk?: Risk
  /** As text by `requestLine`, where they are shown at all. */
  readonly requests: Step['requests']
  readonly needs: readonly string[]
}

export interface ResourceView {
  readonly address: string
  readonly action: ResourceChange['action']
  readonly symbol: string
  readonly tone: Tone
  readonly heading: string
  readonly guest: string
  readonly disruption: Disruption
  readonly attributes: readonly AttributeView[]
  readonly steps: readonly StepView[]
}

/** What a plan shows but its resources. */
export interface PlanFrame {
  readonly id: string
  readonly fingerprint: string
  readonly counts: PlanSummary
  readonly title: string
  readonly empty: boolean
  readonly outputs: readonly OutputView[]
  readonly summary: string
  readonly undo: string
  readonly reversible: boolean
}

/** Everything a plan shows, laid out once for every renderer, so that terminal, text and Markdown cannot disagree. */
export interface PlanView extends PlanFrame {
  readonly resources: readonly ResourceView[]
}

const LOOK = {
  create: { symbol: '+', tone: 'create', verb: 'will be created' },
  update: { symbol: '~', tone: 'update', verb: 'will be updated in place' },
  replace: { symbol: '-/+', tone: 'replace', verb: 'will be replaced' },
  destroy: { symbol: '-', tone: 'destroy', verb: 'will be destroyed' },
  bind: { symbol: '=', tone: 'accent', verb: 'will be bound to an existing guest' },
  forget: { symbol: '.', tone: 'dim', verb: 'will be forgotten; the guest stays as it is' },
} as const satisfies Record<ResourceChange['action'], { symbol: string; tone: Tone; verb: string }>

const DISRUPTION_TEXT = {
  none: '',
  live: 'live',
  pending: 'pending until the next reboot',
  restart: 'the guest restarts',
  recreate: 'the guest is recreated',
  'data-loss': 'DATA IS LOST',
} as const satisfies Record<Disruption, string>

const POWER_TEXT: Partial<Record<Step['action'], string>> = {
  start: 'the guest starts',
  stop: 'the guest stops',
}

const EFFECT_TEXT = {
  none: '',
  live: '',
  pending: 'takes effect at the next reboot',
  restart: 'restarts the guest',
  recreate: 'forces recreation',
  'data-loss': 'destroys data',
} as const satisfies Record<Disruption, string>

/** One line for a request, parameters in PVE's own spelling; secrets and references by name. */
export const requestLine = (request: Step['requests'][number]): string => {
  const params = Object.entries(request.params ?? {}).map(([name, value]) => {
    if (typeof value !== 'object') return `${name}=${value}`
    return `${name}=${'secret' in value ? '(sensitive)' : `{${value.fromStep}.${value.output}}`}`
  })
  return visibleLine([request.method, request.path, ...params, ...(request.digest ? ['digest=…'] : [])].join(' '))
}

type ValueText = Pick<AttributeView, 'text' | 'below'>

const whole = ([text = '', ...below]: readonly string[], sign: string): ValueText => ({
  text,
  below: below.map((line) => `${sign} ${line}`),
})

const changed = (before: readonly string[], after: readonly string[]): ValueText => {
  if (before.length === 1 && after.length === 1) return { text: `${before[0]} -> ${after[0]}`, below: [] }
  const lines = changedLines(before, after)
  const [first = '', ...below] = lines
  return first.startsWith('  ') ? { text: first.slice(2), below } : { text: '', below: lines }
}

/** What a destroyed guest had needs no word that it is gone; elsewhere that is the change. */
const gone = (lines: readonly string[], action: ResourceChange['action']): ValueText =>
  whole(action === 'destroy' ? lines : [...lines.slice(0, -1), `${lines.at(-1)} -> (unset)`], '-')

const attributeView = (attribute: AttributeChange, action: ResourceChange['action']): AttributeView => {
  const { name, before, after, unknown, sensitive } = attribute
  const show = (value: AttributeChange['before']) =>
    sensitive === true && value !== undefined ? ['(sensitive)'] : valueLines(value)
  const next = unknown ? [UNKNOWN] : show(after)
  // What a change of power does, its step says.
  const meaning = action === 'update' && name !== 'power' ? EFFECT_TEXT[attribute.disruption] : ''
  const effect = [...(attribute.outside ? ['changed outside of mpc'] : []), ...(meaning === '' ? [] : [meaning])].join(
    '; ',
  )
  if (before === undefined)
    return { symbol: '+', tone: 'create', name, ...whole(next, ' '), diff: signedLines(name, [], next), effect }
  const last = show(before)
  if (after === undefined && !unknown)
    return { symbol: '-', tone: 'destroy', name, ...gone(last, action), diff: signedLines(name, last, []), effect }
  return { symbol: '~', tone: 'update', name, ...changed(last, next), diff: signedLines(name, last, next), effect }
}

/** A value that was never known and is not there afterwards (the undoing of a creation has such) says nothing. */
const says = ({ before, after, unknown }: AttributeChange): boolean =>
  before !== undefined || after !== undefined || unknown === true

const stepView = (step: Step, number: number, risk = riskOf(step)): StepView => ({
  id: step.id,
  ...(risk && { risk }),
  number,
  summary: visibleLine(step.summary),
  disruption: step.disruption,
  disruptionText: POWER_TEXT[step.action] ?? DISRUPTION_TEXT[step.disruption],
  undo: visibleLine(reversalText(step.reversal)),
  irreversible: isIrreversible(step),
  requests: step.requests,
  needs: step.needs,
})

const guestText = ({ kind, guest, name }: ResourceChange): string =>
  guest
    ? `${kindOfType(guest.type).label} ${guest.vmid}${name === undefined ? '' : ` (${name})`} on ${guest.node}`
    : `${kind} ${name ?? ''}`.trim()

/** "1 to create, 2 to update, 0 to replace, 0 to destroy." with bindings named only when there are any. */
const summaryText = ({ create, update, replace, destroy, bind, forget }: PlanSummary): string => {
  const parts = [`${create} to create`, `${update} to update`, `${replace} to replace`, `${destroy} to destroy`]
  if (bind > 0) parts.push(`${bind} to bind`)
  if (forget > 0) parts.push(`${forget} to forget`)
  return `${parts.join(', ')}.`
}

const undoText = ({ steps }: Plan, { irreversible: stuck }: PlanSummary): string => {
  if (steps.length === 0) return ''
  if (stuck > 0) return `${counted(steps.length, 'step')}; ${counted(stuck, 'step')} CANNOT be undone.`
  const lossy = steps.filter(({ disruption }) => disruption === 'data-loss').length
  const costly = steps.filter(({ reversal }) => reversal.by === 'snapshot').length
  const swept = steps.filter(({ optional }) => optional)
  const backups = swept.filter(({ action }) => action === 'backup').length
  const removed = [
    ...(swept.length > backups ? [counted(swept.length - backups, 'old snapshot')] : []),
    ...(backups > 0 ? [counted(backups, 'backup')] : []),
  ]
  const but = removed.length === 0 ? '' : ` but the removal of ${removed.join(' and ')}`
  if (lossy + costly === 0) return `${counted(steps.length, 'step')}; every step can be undone${but}.`
  const parts = [
    ...(lossy > 0
      ? [
          `${lossy === 1 ? '1 loses data' : `${lossy} lose data`}, as far as ${lossy === 1 ? 'its undo does' : 'their undo does'} not restore it`,
        ]
      : []),
    ...(costly > 0 ? [`undoing ${costly} loses what the guest wrote since`] : []),
  ]
  return `${counted(steps.length, 'step')}; ${parts.join('; ')}.`
}

const titleOf = (plan: Plan, empty: boolean): string => {
  const { madeFromOthers = [] } = plan
  if (empty && madeFromOthers.length > 0)
    return `No changes, although the declarations name another source for ${madeFromOthers.join(', ')}: see the warnings.`
  if (empty) return 'No changes. The cluster matches the declarations.'
  if (plan.origin.kind === 'revert') return `Plan ${plan.id} undoes run ${plan.origin.run} of plan ${plan.origin.plan}:`
  return `Plan ${plan.id} changes ${counted(plan.changes.length, 'resource')}:`
}

const RETAINED = 'will be stopped, renamed and kept, and no longer managed'

/** A guest that is declared no more ends without being destroyed where that was declared. */
const verbOf = ({ action, steps }: ResourceChange): string =>
  action === 'destroy' && steps.some((id) => id.endsWith('/retain')) ? RETAINED : LOOK[action].verb

/** The resources one after the other: a large plan's need not all be laid out at the same time. */
export function* resourceViews({ steps, changes }: Plan): Generator<ResourceView> {
  const numbers = new Map(steps.map(({ id }, index) => [id, index]))
  const viewOf = (id: string): readonly StepView[] => {
    const index = numbers.get(id) ?? -1
    const step = steps[index]
    return step ? [stepView(step, index + 1)] : []
  }
  for (const change of changes) {
    const { symbol, tone } = LOOK[change.action]
    yield {
      address: change.address,
      action: change.action,
      symbol,
      tone,
      heading: visibleLine(`${change.address} ${verbOf(change)}`),
      guest: visibleLine(guestText(change)),
      disruption: change.disruption,
      attributes: change.change.attributes.filter(says).map((attribute) => attributeView(attribute, change.action)),
      steps: change.steps.flatMap(viewOf),
    }
  }
}

/** What stands around the resources. */
export const planFrame = (plan: Plan): PlanFrame => {
  const empty = plan.steps.length === 0
  const summary = planSummary(plan)
  return {
    id: plan.id,
    fingerprint: plan.fingerprint,
    counts: summary,
    title: titleOf(plan, empty),
    empty,
    outputs: outputViews(plan.outputs),
    summary: summaryText(summary),
    undo: undoText(plan, summary),
    reversible: summary.irreversible === 0,
  }
}

/** Lays a plan out for showing. Pure; secrets never enter the view. */
export const planView = (plan: Plan): PlanView => ({ ...planFrame(plan), resources: [...resourceViews(plan)] })
