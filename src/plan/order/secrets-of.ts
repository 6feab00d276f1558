import { isSecret, type Secret } from '../../resource/config-value.ts'
import { requestsOf } from '../../resource/reversal.ts'
import type { Plan } from '../plan.ts'

/** Every secret a plan's requests refer to, reversals included. */
export const secretsOf = ({ steps }: Pick<Plan, 'steps'>): readonly Secret[] =>
  steps
    .flatMap(({ requests, reversal }) => [...requests, ...requestsOf(reversal)])
    .flatMap(({ params }) => Object.values(params ?? {}).filter(isSecret))
