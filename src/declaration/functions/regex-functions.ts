import { DYNAMIC, listOf, objectOf, STRING, type Type, tupleOf } from '../eval/type.ts'
import { FAILED, type Failure, failure, list, nullOf, object, string, tuple, type Value } from '../eval/value.ts'
import { spec, strings, text } from './arguments.ts'
import type { FunctionGroup, FunctionWorld, Libraries } from './function-world.ts'

type Re2 = Libraries['re2js']
type Pattern = InstanceType<Re2['RE2JS']>
type Matcher = ReturnType<Pattern['matcher']>

const compile = (re2: Re2, source: string): Pattern | Failure => {
  try {
    return re2.RE2JS.compile(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(`it is not a regular expression: ${reason}`, 0)
  }
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

const regex = (re2: Re2, source: string, given: string): Value | Failure => {
  const pattern = compile(re2, source)
  if ('kind' in pattern) return pattern
  const shape = shapeOf(pattern)
  if ('kind' in shape) return shape
  const matcher = pattern.matcher(given)
  return matcher.find() ? matchValue(matcher, shape) : failure('the pattern matches nothing in the given string')
}

/** Go does not count an empty match right behind another match. */
const isEmptyAfter = (matcher: Matcher, end: number): boolean =>
  matcher.start() === matcher.end() && matcher.start() === end

const regexall = (re2: Re2, source: string, given: string): Value | Failure => {
  const pattern = compile(re2, source)
  if ('kind' in pattern) return pattern
  const shape = shapeOf(pattern)
  if ('kind' in shape) return shape
  const matcher = pattern.matcher(given)
  const found: Value[] = []
  let end = -1
  while (matcher.find()) {
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
export const replacePattern = (re2: Re2, given: string, source: string, other: string): Value | Failure => {
  const pattern = compile(re2, source)
  if ('kind' in pattern) return { ...pattern, argument: 1 }
  const names = new Set(Object.keys(pattern.namedGroups() ?? {}))
  const matcher = pattern.matcher(given)
  let result = ''
  let at = 0
  let end = -1
  while (matcher.find()) {
    if (isEmptyAfter(matcher, end)) continue
    end = matcher.end()
    result += given.slice(at, matcher.start()) + expand(other, matcher, names)
    at = matcher.end()
  }
  return string(result + given.slice(at))
}

export const regexFunctions = (world: FunctionWorld): FunctionGroup => {
  const withRe2 = (run: (re2: Re2, source: string, given: string) => Value | Failure) => (args: readonly Value[]) => {
    const re2 = world.library('re2js')
    return re2 ? run(re2, text(args[0]), text(args[1])) : FAILED
  }
  return {
    regex: spec(strings('pattern', 'string'), DYNAMIC, withRe2(regex)),
    regexall: spec(strings('pattern', 'string'), listOf(DYNAMIC), withRe2(regexall)),
  }
}
