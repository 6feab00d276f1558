import type { Plan, ResourceChange, Step } from '../plan/plan.ts'
import type { Change, Disruption } from '../resource/change.ts'

/** Plans saved by an older mpc have one word for what stays pending and for what restarts a guest. */
const isOldWord = (word: string): boolean => word === 'reboot'

const renewedWord = (word: Disruption, restarts: boolean): Disruption =>
  isOldWord(word) ? (restarts ? 'restart' : 'pending') : word

const renewedReason = (because: Change): Change =>
  because.attributes.some(({ disruption }) => isOldWord(disruption))
    ? {
        ...because,
        attributes: because.attributes.map((attribute) => ({
          ...attribute,
          disruption: renewedWord(attribute.disruption, attribute.name === 'power' || attribute.name === 'node'),
        })),
      }
    : because

/** A saved step in the words of today. */
export const renewedStep = (step: Step): Step => ({
  ...step,
  disruption: renewedWord(step.disruption, step.action === 'stop' || step.action === 'move'),
  because: renewedReason(step.because),
})

/** A saved plan in the words of today; `steps` are renewed already. */
export const renewedPlan = (plan: Plan, steps: readonly Step[]): Plan => {
  const restarting = new Set(steps.flatMap(({ id, disruption }) => (disruption === 'restart' ? [id] : [])))
  const changes = plan.changes.map(
    (change): ResourceChange => ({
      ...change,
      change: renewedReason(change.change),
      disruption: renewedWord(
        change.disruption,
        change.steps.some((id) => restarting.has(id)),
      ),
    }),
  )
  return { ...plan, changes, steps }
}
