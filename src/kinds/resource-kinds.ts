import type { ResourceKindName } from '../resource/resource-kind.ts'
import { poolFacts } from './pool.ts'
import type { ResourceKindFacts } from './resource-kind-facts.ts'

/** Everything that can be declared, by the name of its block. */
export const RESOURCE_KINDS: Readonly<Record<ResourceKindName, ResourceKindFacts>> = {
  vm: {
    plural: 'VMs',
    fields: ['node', 'vmid', 'name', 'clone', 'full', 'power', 'pool', 'template'],
    terraformType: /_(?:vm|vm\d|vm_qemu|cloned_vm)$/,
  },
  container: {
    plural: 'containers',
    fields: ['node', 'vmid', 'name', 'hostname', 'clone', 'full', 'template', 'power', 'pool'],
    terraformType: /_(?:lxc|container)$/,
  },
  pool: poolFacts,
}

export const RESOURCE_KIND_NAMES = Object.keys(RESOURCE_KINDS) as readonly ResourceKindName[]

export const isResourceKind = (name: string): name is ResourceKindName => Object.hasOwn(RESOURCE_KINDS, name)

/** The kind that a type of a Terraform provider for Proxmox VE declares; undefined for any other name. */
export const kindOfTerraformType = (type: string): ResourceKindName | undefined =>
  type.startsWith('proxmox_')
    ? RESOURCE_KIND_NAMES.find((name) => RESOURCE_KINDS[name].terraformType.test(type))
    : undefined
