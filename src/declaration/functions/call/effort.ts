import { elementsOf, sizeOf, textSize, type Value } from '../../eval/value.ts'

type Effort = (args: readonly Value[]) => number

const countOf = (value: Value): number => {
  if (value.kind === 'string') return textSize(value.value.length)
  if ('items' in value) return value.items.length
  return 'entries' in value ? value.entries.size : 1
}

/** Work of functions that look at each element without looking into it. */
export const eachElement: Effort = (args) => args.reduce((sum, arg) => sum + countOf(arg), 1)

/** Work of functions that find one element among many, or give what is known already. */
export const aGlance: Effort = (args) => 1 + (eachElement(args) >> 7)

/** The same where elements are compared with the last argument. */
export const comparing: Effort = (args) => {
  const wanted = args.at(-1)
  return wanted && elementsOf(wanted) ? args.reduce((sum, arg) => sum + sizeOf(arg), 1) : 1 + (eachElement(args) >> 5)
}

/** Work of functions that are so many times slower than the usual ones. */
export const times =
  (weight: number): Effort =>
  (args) =>
    args.reduce((sum, arg) => sum + sizeOf(arg), 1) * weight
