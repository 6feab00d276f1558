import type { Step } from '../plan/plan.ts'
import { isIrreversible } from '../plan/plan-summary.ts'

/**
 * What a person should know of a step before saying yes, worst first: content is lost; it cannot be undone; the guest is re-created; the guest
 * restarts or stops; undoing it costs what the guest wrote since.
 */
export const RISKS = ['loss', 'irreversible', 'recreate', 'restart', 'costly-undo'] as const

export type Risk = (typeof RISKS)[number]

/** Headings for steps of a kind. */
export const RISK_TEXT = {
  loss: 'Data is lost',
  irreversible: 'Cannot be undone',
  recreate: 'The guest is recreated',
  restart: 'The guest restarts or stops',
  'costly-undo': 'Undoing costs what the guest wrote since',
} as const satisfies Record<Risk, string>

/** The worst that can be said of a step; undefined when nobody is hurt. */
export const riskOf = (step: Step): Risk | undefined => {
  if (step.disruption === 'data-loss') return 'loss'
  if (isIrreversible(step)) return 'irreversible'
  if (step.disruption === 'recreate') return 'recreate'
  if (step.disruption === 'restart' || step.action === 'stop') return 'restart'
  return step.reversal.by === 'snapshot' ? 'costly-undo' : undefined
}
