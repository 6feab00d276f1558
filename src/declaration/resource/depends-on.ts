import type { Address } from '../../resource/address.ts'
import { compareNaturally } from '../../util/natural-order.ts'
import { attributeNamed } from '../module/block/gather.ts'
import type { ScopedResource } from '../module/evaluate-module.ts'
import type { ModuleScope } from '../module/scope.ts'
import { staticPath } from '../module/static-path.ts'
import { suggestReference } from '../module/suggest-reference.ts'
import type { Block } from '../syntax/tree.ts'

/** Which instances an id such as `module.site.vm.web` or `module.site.` stands for. */
export interface DependencyIndex {
  readonly addressesOf: (ids: ReadonlySet<string>) => readonly Address[]
}

export const dependencyIndex = (resources: readonly ScopedResource[]): DependencyIndex => {
  const byId = new Map<string, Address[]>()
  const add = (id: string, address: Address): void => {
    const known = byId.get(id)
    if (known) known.push(address)
    else byId.set(id, [address])
  }
  for (const { scope, key, resource } of resources) {
    add(`${scope.prefix}${key}`, resource.address)
    for (let at: ModuleScope | undefined = scope; at?.parent; at = at.parent) {
      add(at.prefix, resource.address)
      const name = at.modules.at(-1)?.name
      add(`${at.parent.prefix}module.${name}.`, resource.address)
    }
  }
  const combined = new Map<string, readonly Address[]>()
  return {
    addressesOf: (ids) => {
      const key = [...ids].sort().join('\n')
      const known = combined.get(key)
      if (known) return known
      const all = [...new Set([...ids].flatMap((id) => byId.get(id) ?? []))].sort(compareNaturally)
      combined.set(key, all)
      return all
    },
  }
}

const nameIds = (
  scope: ModuleScope,
  path: NonNullable<ReturnType<typeof staticPath>>,
): readonly string[] | undefined => {
  const { declared } = scope.module
  const [root, first, second] = path
  const text = (step: typeof root): string => (step && 'name' in step ? step.name : '')
  if (text(root) === 'module')
    return declared.modules.has(text(first)) ? [`${scope.prefix}module.${text(first)}.`] : undefined
  if (text(root) === 'data') return declared.data.has(`${text(first)}.${text(second)}`) ? [] : undefined
  if (text(root) === 'var' || text(root) === 'local') return []
  const key = `${text(root)}.${text(first)}`
  return declared.resources.has(key) ? [`${scope.prefix}${key}`] : undefined
}

/** Ids of what `depends_on` of a block names; what it names wrongly is reported. */
export const declaredNeeds = (block: Block, scope: ModuleScope): readonly string[] => {
  const attribute = attributeNamed(block.body, 'depends_on')
  if (!attribute) return []
  const { expression } = attribute
  if (expression.type !== 'tuple') {
    const detail = 'depends_on is a list of references, as in depends_on = [vm.db].'
    scope.world.problem({ code: 'declaration.invalid-value', detail, at: expression })
    return []
  }
  return expression.items.flatMap((item) => {
    const path = staticPath(item)
    const ids = path && nameIds(scope, path)
    if (ids) return ids
    const written = item.source.text.slice(item.start, item.end)
    const { declared } = scope.module
    const known = [...declared.resources.keys(), ...Array.from(declared.modules.keys(), (name) => `module.${name}`)]
    const detail = `depends_on names resources or modules declared here, such as vm.db, and "${written}" is none.${suggestReference(written, known)}`
    scope.world.problem({ code: 'declaration.unknown-reference', detail, at: item })
    return []
  })
}

/** Reports what blocks name wrongly in `depends_on`, also those of which there is no instance. */
export const checkDependsOn = (scope: ModuleScope): void => {
  const { declared } = scope.module
  const resources = Array.from(declared.resources.values(), ({ block }) => block)
  for (const block of [
    ...resources,
    ...declared.modules.values(),
    ...declared.data.values(),
    ...declared.outputs.values(),
  ])
    declaredNeeds(block, scope)
}

/** `depends_on` of the module calls around a resource. */
export const moduleNeeds = (scope: ModuleScope): readonly string[] => {
  const ids: string[] = []
  for (let at: ModuleScope | undefined = scope; at?.parent; at = at.parent) {
    const block = at.parent.module.declared.modules.get(at.modules.at(-1)?.name ?? '')
    if (block) ids.push(...declaredNeeds(block, at.parent))
  }
  return ids
}
