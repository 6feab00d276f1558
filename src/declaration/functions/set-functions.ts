import { convert } from '../eval/convert.ts'
import { setValue, valueKey } from '../eval/set.ts'
import { DYNAMIC, setOf, type Type } from '../eval/type.ts'
import { unify } from '../eval/unify.ts'
import { type Failure, failure, list, tuple, typeOf, type Value } from '../eval/value.ts'
import { isFailure, spec } from './call/arguments.ts'
import { ANY_SET, elementOf, items, sequence, unified } from './call/elements.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'

/** Sets of one element type, converted to it. */
const sameSets = (args: readonly Value[]): readonly Value[] | Failure => {
  const type = unify(args.filter((arg) => items(arg).length > 0 || elementOf(arg).kind !== 'dynamic').map(elementOf))
  if (!type) return failure('the sets must have the same element type')
  const converted: Value[] = []
  for (const arg of args) {
    const one = convert(arg, setOf(type))
    if (one.kind === 'failure') return failure(`the sets must have the same element type: ${one.reason}`)
    converted.push(one)
  }
  return converted
}

const setOperation =
  (combine: (sets: readonly (readonly Value[])[]) => readonly Value[]) => (args: readonly Value[]) => {
    const sets = sameSets(args)
    if (isFailure(sets)) return sets
    return setValue(elementOf(sets[0]), combine(sets.map((one) => items(one))))
  }

const keysOf = (all: readonly Value[]): ReadonlySet<string> => new Set(all.map(valueKey))

/** More than there can be of one block. */
const MAX_PRODUCT = 200_000

const setproduct = (args: readonly Value[]): Value | Failure => {
  if (args.length < 2) return failure('at least two arguments are needed')
  for (const [at, arg] of args.entries()) if (!sequence(arg)) return failure('it must be a set, list or tuple', at)
  const lists = args.map((arg) => {
    const all = items(arg)
    const same = arg.kind === 'tuple' ? unified(all, '') : all
    return isFailure(same) ? undefined : same
  })
  if (lists.some((one) => !one)) return failure('the elements of each argument must have one type')
  const total = lists.reduce((count, one) => count * (one?.length ?? 0), 1)
  if (total > MAX_PRODUCT)
    return { ...failure(`the product would have ${total} elements; mpc makes up to ${MAX_PRODUCT}`), tooLarge: true }
  const product = lists.reduce<readonly (readonly Value[])[]>(
    (found, one) => found.flatMap((start) => (one ?? []).map((item) => [...start, item])),
    [[]],
  )
  const element: Type = {
    kind: 'tuple',
    elements: lists.map((one, at) => (one?.[0] ? typeOf(one[0]) : elementOf(args[at]))),
  }
  const tuples = product.map(tuple)
  return args.every(({ kind }) => kind === 'set') ? setValue(element, tuples) : list(element, tuples)
}

const wholeSets = parameter('sets', ANY_SET, { whole: true })

/** Functions of sets. */
export const setFunctions: FunctionGroup = {
  setintersection: spec(
    [parameter('first_set', ANY_SET, { whole: true })],
    undefined,
    setOperation(([first = [], ...rest]) =>
      rest.reduce((kept, next) => {
        const known = keysOf(next)
        return kept.filter((item) => known.has(valueKey(item)))
      }, first),
    ),
    wholeSets,
  ),
  setsubtract: spec(
    [parameter('a', ANY_SET, { whole: true }), parameter('b', ANY_SET, { whole: true })],
    undefined,
    setOperation(([a = [], b = []]) => {
      const gone = keysOf(b)
      return a.filter((item) => !gone.has(valueKey(item)))
    }),
  ),
  setunion: spec(
    [parameter('first_set', ANY_SET, { whole: true })],
    undefined,
    setOperation((sets) => sets.flat()),
    wholeSets,
  ),
  setproduct: spec([], undefined, setproduct, parameter('sets', DYNAMIC, { whole: true })),
}
