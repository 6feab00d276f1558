import type { Plan, ResourceChange, Step } from '../plan/plan.ts'
import type { AttributeChange, Disruption } from '../resource/change.ts'
import { reversalText } from './reversal-text.ts'
import type { Tone } from './style.ts'
import { valueText } from './value-text.ts'

export interface AttributeView {
  readonly symbol: string
  readonly tone: Tone
  readonly name: string
  readonly text: string
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
  /** As text by `requestLine`, where they are shown at all. */
  readonly requests: Step['requests']
  readonly needs: readonly string[]
}

export interface ResourceView {
  readonly address: string
  readonly symbol: string
  readonly tone: Tone
  readonly heading: string
  readonly guest: string
  readonly disruption: Disruption
  readonly attributes: readonly AttributeView[]
  readonly steps: readonly StepView[]
}

/** Everything a plan shows, laid out once for every renderer, so that terminal, text and Markdown cannot disagree. */
export interface PlanView {
  readonly id: string
  readonly title: string
  readonly empty: boolean
  readonly resources: readonly ResourceView[]
  readonly outputs: readonly { readonly name: string; readonly text: string }[]
  readonly summary: string
  readonly undo: string
  readonly irreversible: readonly { readonly step: StepView; readonly address: string }[]
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
  reboot: 'pending until the next reboot',
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
  reboot: 'takes effect at the next reboot',
  recreate: 'forces recreation',
  'data-loss': 'destroys data',
} as const satisfies Record<Disruption, string>

/** One line for a request, parameters in PVE's own spelling; secrets and references by name. */
export const requestLine = (request: Step['requests'][number]): string => {
  const params = Object.entries(request.params ?? {}).map(([name, value]) => {
    if (typeof value !== 'object') return `${name}=${value}`
    return `${name}=${'secret' in value ? '(sensitive)' : `{${value.fromStep}.${value.output}}`}`
  })
  return [request.method, request.path, ...params, ...(request.digest ? ['digest=…'] : [])].join(' ')
}

const UNKNOWN = '(known after apply)'

const attributeView = (attribute: AttributeChange, action: ResourceChange['action']): AttributeView => {
  const { name, before, after, unknown, sensitive } = attribute
  const hidden = sensitive === true
  const show = (value: AttributeChange['before']) => (hidden && value !== undefined ? '(sensitive)' : valueText(value))
  const next = unknown ? UNKNOWN : show(after)
  // What a change of power does, its step says.
  const effect = action === 'update' && name !== 'power' ? EFFECT_TEXT[attribute.disruption] : ''
  if (before === undefined) return { symbol: '+', tone: 'create', name, text: next, effect }
  if (after === undefined && !unknown)
    return { symbol: '-', tone: 'destroy', name, text: `${show(before)} -> (unset)`, effect }
  return { symbol: '~', tone: 'update', name, text: `${show(before)} -> ${next}`, effect }
}

/** A value that was never known and is not there afterwards (the undoing of a creation has such) says nothing. */
const says = ({ before, after, unknown }: AttributeChange): boolean =>
  before !== undefined || after !== undefined || unknown === true

const stepView = (step: Step, number: number): StepView => ({
  id: step.id,
  number,
  summary: step.summary,
  disruption: step.disruption,
  disruptionText: POWER_TEXT[step.action] ?? DISRUPTION_TEXT[step.disruption],
  undo: reversalText(step.reversal),
  irreversible: step.reversal.by === 'nothing',
  requests: step.requests,
  needs: step.needs,
})

const guestText = ({ guest, name }: ResourceChange): string =>
  guest
    ? `${guest.type === 'qemu' ? 'VM' : 'container'} ${guest.vmid}${name === undefined ? '' : ` (${name})`} on ${guest.node}`
    : (name ?? '')

const count = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`

/** "1 to create, 2 to update, 0 to replace, 0 to destroy." with bindings named only when there are any. */
export const summaryText = ({ changes }: Pick<Plan, 'changes'>): string => {
  const of = (action: ResourceChange['action']) => changes.filter((change) => change.action === action).length
  const parts = [
    `${of('create')} to create`,
    `${of('update')} to update`,
    `${of('replace')} to replace`,
    `${of('destroy')} to destroy`,
  ]
  if (of('bind') > 0) parts.push(`${of('bind')} to bind`)
  if (of('forget') > 0) parts.push(`${of('forget')} to forget`)
  return `${parts.join(', ')}.`
}

const undoText = (steps: readonly StepView[]): string => {
  const stuck = steps.filter(({ irreversible }) => irreversible).length
  if (steps.length === 0) return ''
  if (stuck > 0) return `${count(steps.length, 'step')}; ${count(stuck, 'step')} CANNOT be undone.`
  const lossy = steps.filter(({ disruption }) => disruption === 'data-loss').length
  const but = lossy === 0 ? '' : `, but ${lossy === 1 ? '1 loses data' : `${lossy} lose data`}`
  return `${count(steps.length, 'step')}; every step can be undone${but}.`
}

const titleOf = (plan: Plan, empty: boolean): string => {
  if (empty) return 'No changes. The cluster matches the declarations.'
  if (plan.origin.kind === 'revert') return `Plan ${plan.id} undoes run ${plan.origin.run} of plan ${plan.origin.plan}:`
  return `Plan ${plan.id} changes ${count(plan.changes.length, 'resource')}:`
}

/** Lays a plan out for showing. Pure; secrets never enter the view. */
export const planView = (plan: Plan): PlanView => {
  const steps = new Map(plan.steps.map((step, index) => [step.id, stepView(step, index + 1)]))
  const resources = plan.changes.map((change): ResourceView => {
    const own = change.steps.map((id) => steps.get(id)).filter((step) => step !== undefined)
    return {
      address: change.address,
      symbol: LOOK[change.action].symbol,
      tone: LOOK[change.action].tone,
      heading: `${change.address} ${LOOK[change.action].verb}`,
      guest: guestText(change),
      disruption: change.disruption,
      attributes: change.change.attributes.filter(says).map((attribute) => attributeView(attribute, change.action)),
      steps: own,
    }
  })
  const all = [...steps.values()]
  const empty = plan.steps.length === 0
  return {
    id: plan.id,
    title: titleOf(plan, empty),
    empty,
    resources,
    outputs: plan.outputs.map(({ name, value, sensitive }) => ({
      name,
      text: sensitive ? '(sensitive)' : (JSON.stringify(value) ?? UNKNOWN),
    })),
    summary: summaryText(plan),
    undo: undoText(all),
    irreversible: resources.flatMap(({ address, steps: own }) =>
      own.filter(({ irreversible }) => irreversible).map((step) => ({ step, address })),
    ),
  }
}
