import { attributeNamed } from '../module/block/gather.ts'
import type { ScopedResource } from '../module/evaluate-module.ts'
import type { ModuleScope } from '../module/scope.ts'
import type { Located } from '../syntax/source.ts'
import type { Block } from '../syntax/tree.ts'
import { declaredNeeds, moduleNeeds } from './depends-on.ts'

/** What one resource block waits for, by id as `module.site.vm.web`; all instances of a block are one. */
interface Waiting {
  /** Its values are made from these. */
  readonly values: Set<string>
  /** It, or a module around it, says that it waits for these. A module waits for what is in it. */
  readonly said: Set<string>
  readonly scope?: ModuleScope
  readonly block?: Block
  /** The `depends_on` that says so. */
  readonly at?: Located
}

/** The `depends_on` of a block or else of the nearest module call around it. */
const dependsOnAt = (scope: ModuleScope, block: Block | undefined): Located | undefined => {
  const own = block && attributeNamed(block.body, 'depends_on')
  if (own || !scope.parent) return own?.name
  return dependsOnAt(scope.parent, scope.parent.module.declared.modules.get(scope.modules.at(-1)?.name ?? ''))
}

const waitingOf = (resources: readonly ScopedResource[]): ReadonlyMap<string, Waiting> => {
  const all = new Map<string, Waiting>()
  const at = (id: string, more: Pick<Waiting, 'scope' | 'block' | 'at'> = {}): Waiting => {
    const known = all.get(id)
    if (known) return known
    const made = { values: new Set<string>(), said: new Set<string>(), ...more }
    all.set(id, made)
    return made
  }
  for (const { scope, key, resource } of resources) {
    const id = `${scope.prefix}${key}`
    const isNew = !all.has(id)
    const saying = dependsOnAt(scope, resource.block)
    const { values, said } = at(id, { scope, block: resource.block, ...(saying && { at: saying }) })
    for (const need of resource.needs) if (need !== id) values.add(need)
    if (!isNew) continue
    for (const need of [...declaredNeeds(resource.block, scope), ...moduleNeeds(scope)]) said.add(need)
    for (let outer = scope; outer.parent; outer = outer.parent)
      at(`${outer.parent.prefix}module.${outer.modules.at(-1)?.name}.`).said.add(id)
  }
  return all
}

const needsOf = (waiting: Waiting | undefined): string[] =>
  waiting ? [...new Set([...waiting.values, ...waiting.said])] : []

/** Circles that a depth-first walk meets, each from its first id back to it. */
const circlesIn = (all: ReadonlyMap<string, Waiting>): readonly (readonly string[])[] => {
  const circles: (readonly string[])[] = []
  const done = new Set<string>()
  for (const start of all.keys()) {
    const path: string[] = []
    const places = new Map<string, number>()
    const waiting: string[][] = []
    const enter = (id: string): void => {
      const from = places.get(id)
      if (from !== undefined) circles.push([...path.slice(from), id])
      if (from !== undefined || done.has(id) || !all.has(id)) return
      places.set(id, path.length)
      path.push(id)
      waiting.push(needsOf(all.get(id)))
    }
    enter(start)
    for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
      const next = top.pop()
      if (next !== undefined) enter(next)
      else {
        const id = path.pop() ?? ''
        places.delete(id)
        done.add(id)
        waiting.pop()
      }
    }
  }
  return circles
}

/** A circle of values alone is found where the values are computed. */
const isSaid = (all: ReadonlyMap<string, Waiting>, circle: readonly string[]): boolean =>
  circle.some((id, index) => {
    const next = circle[index + 1]
    const from = all.get(id)
    return from?.block !== undefined && next !== undefined && from.said.has(next) && !from.values.has(next)
  })

/** Reports resources that wait for one another by `depends_on`, of their own or of a module around them. */
export const checkCircles = (resources: readonly ScopedResource[]): void => {
  const all = waitingOf(resources)
  for (const circle of circlesIn(all)) {
    const blocks = circle.flatMap((id) => all.get(id) ?? []).filter(({ block }) => block)
    const { scope, block, at = block?.header } = blocks.find((one) => one.at) ?? blocks[0] ?? {}
    if (!scope || !at || !isSaid(all, circle)) continue
    const names = circle.map((id) => id.replace(/\.$/, ''))
    const detail =
      names.length === 2
        ? `${names[0]} depends on itself. Take it out of its own depends_on.`
        : `These depend on one another, so none of them can be created first: ${names.join(' → ')}. Take one of them out of a depends_on.`
    scope.world.problem({ code: 'declaration.cycle', detail, at })
  }
}
