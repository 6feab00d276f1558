import { kindOfTerraformType, RESOURCE_KIND_NAMES, RESOURCE_KINDS } from '../../../kinds/resource-kinds.ts'
import { didYouMean } from '../../../util/did-you-mean.ts'
import { listed } from '../../../util/listed.ts'
import type { Attribute, Block, Expression } from '../../syntax/tree.ts'
import { BLOCK_RULES } from './block-rule.ts'

const NATIVE = 'Attributes have the names of the Proxmox VE API: cores, memory, net0.'

const resourceBlock = ([type, name]: readonly string[]): string => {
  const kind = type === undefined ? undefined : kindOfTerraformType(type)
  if (kind) return `mpc has no "resource" blocks. Write ${kind} "${name ?? 'name'}" { … }. ${NATIVE}`
  if (type?.startsWith('proxmox_'))
    return `mpc manages ${listed(RESOURCE_KIND_NAMES.map((name) => RESOURCE_KINDS[name].plural))}, but not ${type}. Remove it; what it made stays as it is.`
  const ways = RESOURCE_KIND_NAMES.map((name) => `${name} "name" { … }`)
  return `mpc has no "resource" blocks: write ${listed(ways, 'or')}. ${NATIVE}`
}

/** What a block that Terraform has and mpc has not is to become; undefined for any other name. */
const terraformBlock = (name: string, labels: readonly string[]): string | undefined => {
  switch (name) {
    case 'resource':
      return resourceBlock(labels)
    case 'provider':
      return 'mpc needs no providers. The endpoint stands in .proxmox/config.yml, credentials come from the environment. Remove the block; mpc init asks for both.'
    case 'terraform':
      return 'mpc needs no "terraform" block: it has no providers, and its state is .proxmox/state.db. Remove it; settings stand in .proxmox/config.yml.'
    case 'ephemeral':
      return 'mpc has no "ephemeral" blocks. Take secrets from a variable with sensitive = true; they are stored nowhere.'
    default:
      return undefined
  }
}

/** In YAML labels are keys within keys. */
const firstKeys = (expression: Expression): readonly string[] => {
  const [item] = expression.type === 'object' ? expression.items : []
  if (item?.key.type !== 'literal' || typeof item.key.value !== 'string') return []
  return [item.key.value, ...firstKeys(item.value)]
}

/** What is to be told of a block nobody knows. In YAML it may look like an attribute. */
export const unknownBlock = (item: Attribute | Block): string => {
  const name = item.name.text
  const labels = item.type === 'block' ? item.labels.map(({ text }) => text) : firstKeys(item.expression)
  const alien = terraformBlock(name, labels)
  if (alien) return alien
  const known = Object.keys(BLOCK_RULES)
  const hint = didYouMean(name, known)
  return `There are no "${name}" blocks. ${hint ? `Did you mean "${hint}"?` : `Known are ${listed(known)}.`}`
}
