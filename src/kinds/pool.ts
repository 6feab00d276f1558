import type { ResourceKindFacts } from './resource-kind-facts.ts'

export const poolFacts: ResourceKindFacts = {
  plural: 'pools',
  fields: ['poolid', 'comment'],
  terraformType: /_pool$/,
}
