import { convert } from '../eval/convert.ts'
import {
  add,
  compareNumbers,
  fromBigInt,
  isWhole,
  type Num,
  negate,
  subtract,
  toDouble,
  truncate,
} from '../eval/number.ts'
import { DYNAMIC, listOf, NUMBER } from '../eval/type.ts'
import {
  type Failure,
  failure,
  double as fromDouble,
  integer,
  list,
  type NumberValue,
  number,
  precisionOf,
  type Value,
} from '../eval/value.ts'
import { double, isFailure, numbers, spec, whole } from './call/arguments.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'

const given = (value: Value | undefined): NumberValue => {
  if (value?.kind !== 'number') throw new Error(`expected a number argument, got ${value?.kind}`)
  return value
}

const floor = (value: Num): Num => {
  const cut = truncate(value)
  return compareNumbers(value, 0) < 0 && !isWhole(value) ? subtract(cut, 1) : cut
}

const ceil = (value: Num): Num => {
  const cut = truncate(value)
  return compareNumbers(value, 0) > 0 && !isWhole(value) ? add(cut, 1) : cut
}

const infinite = (value: Num): boolean => typeof value === 'number' && !Number.isFinite(value)

const rounding = (round: (value: Num) => Num) =>
  spec(numbers('num'), NUMBER, ([value]) => {
    const { value: num } = given(value)
    return infinite(num) ? number(num) : number(round(num), 64)
  })

const extreme = (name: string, better: (order: number) => boolean) =>
  spec(
    [],
    NUMBER,
    (args) => {
      const [first, ...rest] = args.map(given)
      if (!first) return failure(`${name}() needs at least one number`)
      return rest.reduce((best, next) => (better(compareNumbers(next.value, best.value)) ? next : best), first)
    },
    parameter('numbers', NUMBER),
  )

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

const parseDigits = (text: string, base: number): bigint | undefined => {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  if (digits === '') return undefined
  let result = 0n
  for (const character of digits) {
    const digit = DIGITS.indexOf(base <= 36 ? character.toLowerCase() : character)
    if (digit < 0 || digit >= base) return undefined
    result = result * BigInt(base) + BigInt(digit)
  }
  return negative ? -result : result
}

const parseint = ([value, base]: readonly Value[]): Value | Failure => {
  if (value?.kind !== 'string') return failure(`it must be a string, not a ${value?.kind}`, 0)
  const radix = whole(base, 1)
  if (isFailure(radix)) return radix
  if (radix < 2 || radix > 62) return failure('base must be a whole number between 2 and 62 inclusive', 1)
  const text = value.value
  if (text.length > 10_000) return failure('the text is too long for a number', 0)
  const parsed = parseDigits(text, radix)
  if (parsed === undefined) return failure(`cannot parse ${JSON.stringify(text)} as a base ${radix} integer`, 0)
  const bits = parsed.toString(2).length
  return number(fromBigInt(parsed, Math.max(64, bits)), Math.max(64, bits))
}

/** Longer lists would be mistakes; Terraform stops at the same length. */
const MAX_RANGE = 1024

const range = (args: readonly Value[]): Value | Failure => {
  const [a, b, c] = args.map((value) => given(value).value)
  if (a === undefined || args.length > 3) return failure('range() takes one, two or three numbers')
  const [start, end] = b === undefined ? [0, a] : [a, b]
  const backwards = compareNumbers(end, start) < 0
  const step = c ?? (backwards ? -1 : 1)
  if (compareNumbers(step, 0) === 0) return failure('the step must not be zero', 2)
  if (backwards && compareNumbers(step, 0) > 0)
    return failure('the end must not be less than the start with a positive step', 1)
  if (!backwards && compareNumbers(step, 0) < 0 && compareNumbers(start, end) !== 0)
    return failure('the end must be less than the start with a negative step', 1)
  const items: Value[] = []
  for (
    let at: Num = start;
    compareNumbers(step, 0) > 0 ? compareNumbers(at, end) < 0 : compareNumbers(at, end) > 0;
    at = add(at, step)
  ) {
    if (items.length >= MAX_RANGE)
      return failure(`more than ${MAX_RANGE} values were generated; use smaller numbers or a larger step`)
    items.push(number(at))
  }
  return list(NUMBER, items)
}

const sum = ([collection]: readonly Value[]): Value | Failure => {
  if (collection?.kind !== 'list' && collection?.kind !== 'set' && collection?.kind !== 'tuple')
    return failure('it must be a list, set or tuple of numbers', 0)
  if (collection.items.length === 0) return failure('an empty list cannot be summed', 0)
  let total: Num = 0
  let precision = 0
  for (const item of collection.items) {
    const converted = item.kind === 'null' ? failure('it must not hold null') : convert(item, NUMBER)
    if (converted.kind !== 'number') return failure('it must be a list, set or tuple of numbers', 0)
    precision = Math.max(precision, precisionOf(converted))
    total = add(total, converted.value, precision)
  }
  return number(total, precision)
}

export const numberFunctions: FunctionGroup = {
  abs: spec(numbers('num'), NUMBER, ([value]) => {
    const num = given(value)
    return compareNumbers(num.value, 0) < 0 ? number(negate(num.value), precisionOf(num)) : num
  }),
  ceil: rounding(ceil),
  floor: rounding(floor),
  log: spec(numbers('num', 'base'), NUMBER, ([value, base]) => {
    const result = Math.log(double(value)) / Math.log(double(base))
    return Number.isNaN(result) ? failure('the logarithm of a negative number does not exist') : fromDouble(result)
  }),
  pow: spec(numbers('num', 'power'), NUMBER, ([value, power]) => {
    const result = double(value) ** double(power)
    return Number.isNaN(result) ? failure('this power does not exist') : fromDouble(result)
  }),
  signum: spec(numbers('num'), NUMBER, ([value]) => {
    const num = given(value)
    if (!isWhole(num.value)) return failure('a whole number is required', 0)
    return integer(Math.sign(toDouble(num.value)))
  }),
  max: extreme('max', (order) => order > 0),
  min: extreme('min', (order) => order < 0),
  parseint: spec([parameter('number'), ...numbers('base')], NUMBER, parseint),
  range: spec([], listOf(NUMBER), range, parameter('params', NUMBER)),
  sum: spec([parameter('list', DYNAMIC, { whole: true })], NUMBER, sum),
}
