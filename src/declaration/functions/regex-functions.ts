import type { FunctionSpec } from '../eval/evaluation.ts'
import { spend } from '../eval/evaluation.ts'
import { DYNAMIC, listOf, objectOf, STRING, type Type, tupleOf } from '../eval/type.ts'
import { FAILED, type Failure, failure, list, nullOf, object, string, tuple, type Value } from '../eval/value.ts'
import { spec, strings, text, tooLongText } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld, Libraries } from './call/function-world.ts'

type Re2 = Libraries['re2js']
type Pattern = InstanceType<Re2['RE2JS']>
type Matcher = ReturnType<Pattern['matcher']>

/** Counts work. */
export type Count = (units: number) => void

/** A pattern, the text it is applied to, and where the work is counted. */
export interface Search {
  readonly source: string
  readonly given: string
  readonly count: Count
}

/**
 * A text that counts how often it is looked at. Searching takes time in proportion to the pattern and the text, and finding every match the
 * square of the text at worst, which nothing but looking shows.
 */
class CountedText extends String {
  readonly #text: string
  readonly #looked: (characters: number) => void

  constructor(text: string, looked: (characters: number) => void) {
    super(text)
    this.#text = text
    this.#looked = looked
  }

  override charCodeAt(at: number): number {
    this.#looked(1)
    return this.#text.charCodeAt(at)
  }

  override indexOf(wanted: string, from = 0): number {
    const found = this.#text.indexOf(wanted, from)
    this.#looked(((found < 0 ? this.#text.length : found) - from) >> 6)
    return found
  }
}

/** Characters a pattern may come to with `{n}` written out. */
const MAX_PATTERN = 1_000_000

/** At most this long with what is repeated written out, which is what compiling it costs. */
const writtenOut = (source: string): number => {
  let repeats = 1
  for (const [, least = '', most = ''] of source.matchAll(/\{(\d{1,4})(?:,(\d{0,4}))?\}/g))
    repeats += Math.max(Number(least), Number(most))
  return source.length * repeats
}

/** Compiles a pattern, whose size is limited. */
export const compile = (re2: Re2, { source, count }: Search): Pattern | Failure => {
  const size = writtenOut(source)
  if (size > MAX_PATTERN) return { ...failure('the regular expression is too large', 0), tooLarge: true }
  count(COMPILING + (size >> 2))
  try {
    return re2.RE2JS.compile(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(`it is not a regular expression: ${reason}`, 0)
  }
}

/** Work of compiling the shortest pattern. */
const COMPILING = 50

/** Work of beginning a search. */
const FINDING = 10

/** Each character costs as much as there are places in the pattern it might stand for. */
const matcherOf = (pattern: Pattern, { given, count }: Search): Matcher => {
  const weight = (1 + pattern.programSize() / 8) / 4
  const counted = new CountedText(given, (characters) => count(characters * weight))
  // The package takes String objects too, though its types do not say so.
  return pattern.matcher(counted as unknown as string)
}

interface Shape {
  readonly names: readonly string[]
  readonly count: number
}

/** Named groups give an object, unnamed ones a tuple, none a string; a mixture is refused. */
const shapeOf = (pattern: Pattern): Shape | Failure => {
  const names = Object.keys(pattern.namedGroups() ?? {})
  const count = pattern.groupCount()
  return names.length > 0 && names.length !== count
    ? failure('capture groups must be all named or all unnamed', 0)
    : { names, count }
}

const typeOfShape = ({ names, count }: Shape): Type => {
  if (names.length > 0) return objectOf(names.map((name) => [name, STRING] as const))
  return count > 0 ? tupleOf(Array.from({ length: count }, () => STRING)) : STRING
}

const group = (matcher: Matcher, which: string | number): Value => {
  const found = matcher.group(which)
  return found === null || found === undefined ? nullOf(STRING) : string(found)
}

const matchValue = (matcher: Matcher, { names, count }: Shape): Value => {
  if (names.length > 0) return object(names.map((name) => [name, group(matcher, name)] as const))
  if (count > 0) return tuple(Array.from({ length: count }, (_, index) => group(matcher, index + 1)))
  return string(matcher.group() ?? '')
}

const regex = (re2: Re2, search: Search): Value | Failure => {
  const pattern = compile(re2, search)
  if ('kind' in pattern) return pattern
  const shape = shapeOf(pattern)
  if ('kind' in shape) return shape
  const matcher = matcherOf(pattern, search)
  return matcher.find() ? matchValue(matcher, shape) : failure('the pattern matches nothing in the given string')
}

/** Go does not count an empty match right behind another match. */
const isEmptyAfter = (matcher: Matcher, end: number): boolean =>
  matcher.start() === matcher.end() && matcher.start() === end

const regexall = (re2: Re2, search: Search): Value | Failure => {
  const pattern = compile(re2, search)
  if ('kind' in pattern) return pattern
  const shape = shapeOf(pattern)
  if ('kind' in shape) return shape
  const matcher = matcherOf(pattern, search)
  const found: Value[] = []
  let end = -1
  while (matcher.find()) {
    search.count(FINDING)
    if (!isEmptyAfter(matcher, end)) found.push(matchValue(matcher, shape))
    end = matcher.end()
  }
  return list(typeOfShape(shape), found)
}

/** `$1`, `${name}` and `$$` in a replacement, as Go expands them: a name is the longest run of letters, digits and "_". */
const expand = (template: string, matcher: Matcher, names: ReadonlySet<string>): string =>
  template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$'
    const name = braced ?? bare ?? ''
    if (/^\d+$/.test(name)) return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? '') : ''
    return names.has(name) ? (matcher.group(name) ?? '') : ''
  })

/** Replaces every match of a pattern. */
export const replacePattern = (re2: Re2, search: Search, other: string): Value | Failure => {
  const pattern = compile(re2, search)
  if ('kind' in pattern) return { ...pattern, argument: 1 }
  const names = new Set(Object.keys(pattern.namedGroups() ?? {}))
  const { given, count } = search
  const matcher = matcherOf(pattern, search)
  let result = ''
  let at = 0
  let end = -1
  while (matcher.find()) {
    count(FINDING + (other.length >> 2))
    if (isEmptyAfter(matcher, end)) continue
    end = matcher.end()
    result += given.slice(at, matcher.start()) + expand(other, matcher, names)
    at = matcher.end()
    const tooLong = tooLongText(result.length)
    if (tooLong) return tooLong
  }
  return tooLongText(result.length + given.length - at) ?? string(result + given.slice(at))
}

export const regexFunctions = (world: FunctionWorld): FunctionGroup => {
  const withRe2 =
    (run: (re2: Re2, search: Search) => Value | Failure): FunctionSpec['call'] =>
    ([source, given], evaluation, at) => {
      const re2 = world.library('re2js')
      const count = (units: number): void => spend(evaluation, units, at)
      return re2 ? run(re2, { source: text(source), given: text(given), count }) : FAILED
    }
  return {
    regex: spec(strings('pattern', 'string'), DYNAMIC, withRe2(regex)),
    regexall: spec(strings('pattern', 'string'), listOf(DYNAMIC), withRe2(regexall)),
  }
}
