import type { World } from '../state/world.ts'
import { type HaState, managerRuns } from './state.ts'

type Rules = HaState['rules']
type Rule = readonly [name: string, sids: readonly string[]]

const listOf = (text: string | undefined): readonly string[] => (text ?? '').split(',').filter((item) => item !== '')

const rulesOf = (rules: Rules, type: string, affinity?: string): readonly Rule[] =>
  [...rules]
    .filter(([, rule]) => rule.type === type && rule.section['disable'] !== '1')
    .filter(([, { section }]) => affinity === undefined || section['affinity'] === affinity)
    .map(([name, { section }]) => [name, listOf(section['resources'])] as const)

/** The positive rules that hang together by their resources, and all resources of each such group. */
const connected = (positive: readonly Rule[]): readonly { names: string[]; sids: Set<string> }[] => {
  let groups: { names: string[]; sids: Set<string> }[] = []
  for (const [name, sids] of positive) {
    const met = groups.filter((group) => sids.some((sid) => group.sids.has(sid)))
    groups = groups.filter((group) => !met.includes(group))
    groups.push({
      names: [...met.flatMap((group) => group.names), name],
      sids: new Set([...met.flatMap((group) => [...group.sids]), ...sids]),
    })
  }
  return groups
}

const hasPriorities = (rules: Rules, name: string): boolean => {
  const nodes = listOf(rules.get(name)?.section['nodes'])
  return new Set(nodes.map((node) => node.split(':')[1] ?? '0')).size > 1
}

/**
 * What is wrong with rules, by name: those that contradict one another, and those that have no effect. Errors are of the key
 * `resources`. PVE source: the checks of `PVE::HA::Rules`.
 */
export const ruleErrors = (world: World, rules: Rules): ReadonlyMap<string, readonly string[]> => {
  const errors = new Map<string, string[]>()
  const add = (name: string, text: string): void => void errors.set(name, [...(errors.get(name) ?? []), text])
  const byNode = rulesOf(rules, 'node-affinity')
  const byResource = rulesOf(rules, 'resource-affinity')
  const negative = rulesOf(rules, 'resource-affinity', 'negative')
  for (const [name, sids] of byNode)
    for (const sid of sids)
      if (byNode.some(([other, others]) => other !== name && others.includes(sid)))
        add(name, `resource '${sid}' is already used in another node affinity rule`)
  for (const [name, sids] of byResource)
    if (sids.length < 2) add(name, 'rule is ineffective as there are less than two resources')
  const nodes = managerRuns(world) ? world.nodes.size : 0
  for (const [name, sids] of negative)
    if (sids.length > nodes) add(name, 'rule defines more resources than available nodes')
  for (const { names, sids } of connected(rulesOf(rules, 'resource-affinity', 'positive')))
    for (const [name, apart] of negative) {
      if (apart.filter((sid) => sids.has(sid)).length < 2) continue
      add(name, 'rule shares two or more resources with a positive resource affinity rule')
      for (const together of names)
        add(together, 'rule shares two or more resources with a negative resource affinity rule')
    }
  for (const [name, sids] of byNode.filter(([each]) => hasPriorities(rules, each)))
    for (const [other] of byResource.filter(([, others]) => others.some((sid) => sids.includes(sid)))) {
      const both =
        'resources are in a resource affinity rule and cannot be in a node affinity rule with multiple priorities'
      add(name, both)
      add(other, 'resources are in node affinity rules with multiple priorities')
    }
  return errors
}
