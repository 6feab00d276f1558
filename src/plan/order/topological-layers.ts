import { inOrder } from '../../util/natural-order.ts'

export interface Layered<T extends string> {
  /** Everything each entry comes after stands in earlier layers; names are in order within a layer. */
  readonly layers: readonly (readonly T[])[]
  /** One circle, each name depending on the next, when there is one. */
  readonly cycle: readonly T[]
}

const findCycle = <T extends string>(left: ReadonlySet<T>, after: (name: T) => readonly T[]): readonly T[] => {
  const path: T[] = []
  let [next] = inOrder([...left], (name) => name)
  while (next !== undefined && !path.includes(next)) {
    path.push(next)
    next = inOrder(
      after(next).filter((name) => left.has(name)),
      (name) => name,
    )[0]
  }
  return next === undefined ? path : path.slice(path.indexOf(next))
}

/** Sorts names into layers so that each comes after what it depends on; the same for any order of the input. */
export const layered = <T extends string>(names: readonly T[], after: (name: T) => readonly T[]): Layered<T> => {
  const all = new Set(names)
  const waiting = new Map<T, number>()
  const dependents = new Map<T, T[]>()
  for (const name of all) {
    const own = new Set(after(name).filter((other) => all.has(other) && other !== name))
    if (own.size > 0) waiting.set(name, own.size)
    for (const other of own) {
      const list = dependents.get(other)
      if (list) list.push(name)
      else dependents.set(other, [name])
    }
  }
  const layers: (readonly T[])[] = []
  let ready = [...all].filter((name) => !waiting.has(name))
  while (ready.length > 0) {
    layers.push(inOrder(ready, (name) => name))
    const next: T[] = []
    for (const name of ready) {
      for (const dependent of dependents.get(name) ?? []) {
        const count = (waiting.get(dependent) ?? 0) - 1
        if (count > 0) waiting.set(dependent, count)
        else {
          waiting.delete(dependent)
          next.push(dependent)
        }
      }
    }
    ready = next
  }
  return { layers, cycle: waiting.size === 0 ? [] : findCycle(new Set(waiting.keys()), after) }
}
