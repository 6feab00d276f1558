import { convert } from '../eval/convert.ts'
import { type Evaluation, type FunctionSpec, spend } from '../eval/evaluation.ts'
import { isWhole } from '../eval/number.ts'
import { BOOL, listOf, NUMBER, STRING } from '../eval/type.ts'
import {
  type Failure,
  failure,
  isWhollyKnown,
  list,
  precisionOf,
  string,
  textSize,
  unknownFrom,
  type Value,
} from '../eval/value.ts'
import { MAX_SIZE } from '../syntax/limits.ts'
import type { Located } from '../syntax/source.ts'
import { text, tooLongText } from './call/arguments.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { formatInteger, formatReal, type Verb } from './text/format-number.ts'
import { graphemesOf } from './text/graphemes.ts'
import { jsonText } from './text/json-text.ts'

const VERB = /%(?:%|([-+# 0]*)(\d+)?(?:\.(\d*))?(?:\[(\d+)\])?(.)?)/gsu

const padText = (given: string, { width, flags }: Verb): string => {
  const missing = (width ?? 0) - graphemesOf(given).length
  if (missing <= 0) return given
  if (flags.includes('-')) return given + ' '.repeat(missing)
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + given
}

const cut = (given: string, { precision }: Verb): string =>
  precision === undefined ? given : graphemesOf(given).slice(0, precision).join('')

const unsuitable = (verb: Verb, position: number, reason: string): Failure =>
  failure(`unsupported value for "${verb.text}" at ${position}: ${reason}`)

/** `%v`: whatever suits the value. */
const formatAny = (value: Value, verb: Verb): string => {
  if (verb.flags.includes('#')) return padText(jsonText(value), verb)
  switch (value.kind) {
    case 'string':
      return padText(cut(value.value, verb), verb)
    case 'number':
      return formatReal(value.value, verb, precisionOf(value))
    case 'bool':
      return padText(String(value.value), verb)
    default:
      return padText(jsonText(value), verb)
  }
}

const formatOne = (value: Value, verb: Verb, position: number): string | Failure => {
  const { letter } = verb
  if (letter === 'v') return formatAny(value, verb)
  if (value.kind === 'null') return unsuitable(verb, position, 'null value cannot be formatted')
  if (letter === 's' || letter === 'q') {
    const converted = convert(value, STRING)
    if (converted.kind !== 'string') return unsuitable(verb, position, 'string required')
    return padText(letter === 'q' ? jsonText(string(cut(converted.value, verb))) : cut(converted.value, verb), verb)
  }
  if (letter === 't') {
    const converted = convert(value, BOOL)
    return converted.kind === 'bool'
      ? padText(String(converted.value), verb)
      : unsuitable(verb, position, 'bool required')
  }
  if (!'bdoxXeEfgG'.includes(letter))
    return failure(`unsupported format verb "${letter}" in "${verb.text}" at offset ${position}`)
  const converted = convert(value, NUMBER)
  if (converted.kind !== 'number') return unsuitable(verb, position, 'number required')
  const whole = 'bdoxX'.includes(letter)
  if (whole && !isWhole(converted.value)) return unsuitable(verb, position, 'a whole number is required')
  return whole ? formatInteger(converted.value, verb) : formatReal(converted.value, verb, precisionOf(converted))
}

interface Progress {
  next: number
  highest: number
  explicit: boolean
}

const takeArgument = (progress: Progress, index: number | undefined): number => {
  if (index !== undefined) progress.explicit = true
  const at = index === undefined ? progress.next : index - 1
  progress.next = at + 1
  progress.highest = Math.max(progress.highest, at)
  return at
}

/** Longest padding or number of digits; more is a mistake. */
const MAX_WIDTH = 10_000

const verbOf = ([whole, flags = '', width, precision, index, letter = '']: RegExpMatchArray): Verb => ({
  text: whole,
  flags,
  letter,
  width: width === undefined ? undefined : Number(width),
  precision: precision === undefined ? undefined : Number(precision),
  index: index === undefined ? undefined : Number(index),
})

/** Fills the verbs of a format with the arguments. */
const formatText = (format: string, args: readonly Value[]): string | Failure => {
  const progress: Progress = { next: 0, highest: -1, explicit: false }
  let result = ''
  let at = 0
  for (const match of format.matchAll(VERB)) {
    result += format.slice(at, match.index)
    at = match.index + match[0].length
    if (match[0] === '%%') {
      result += '%'
      continue
    }
    const verb = verbOf(match)
    if (verb.letter === '')
      return failure(
        `unrecognized format character at the end of ${JSON.stringify(format)}; write "%%" for a percent sign`,
        0,
      )
    if ((verb.width ?? 0) > MAX_WIDTH || (verb.precision ?? 0) > MAX_WIDTH)
      return failure(`"${verb.text}" asks for more than ${MAX_WIDTH} characters`, 0)
    if (verb.index === 0) return failure('an explicit argument index must be 1 or more', 0)
    const index = takeArgument(progress, verb.index)
    const value = args[index]
    if (!value)
      return failure(
        `not enough arguments for "${verb.text}" at ${match.index}: need index ${index} but have ${args.length} total`,
      )
    const piece = formatOne(value, verb, match.index)
    if (typeof piece !== 'string') return piece
    result += piece
    const tooLong = tooLongText(result.length)
    if (tooLong) return tooLong
  }
  const used = progress.highest + 1
  if (!progress.explicit && used < args.length)
    return failure(
      used === 0
        ? 'too many arguments; no verbs in format string'
        : `too many arguments; only ${used} used by format string`,
    )
  return result + format.slice(at)
}

/** Work of writing a number that no double holds with the digits a verb asks for. */
const LONG_NUMBER = 100

const countLongNumbers = (args: readonly Value[], evaluation: Evaluation, at: Located): void => {
  const long = args.filter((arg) => arg.kind === 'number' && typeof arg.value !== 'number')
  spend(evaluation, LONG_NUMBER * long.length, at)
}

const format = ([pattern, ...args]: readonly Value[], evaluation: Evaluation, at: Located): Value | Failure => {
  countLongNumbers(args, evaluation, at)
  const open = args.find((arg) => !isWhollyKnown(arg))
  if (open) return unknownFrom(STRING, open)
  const result = formatText(text(pattern), args)
  return typeof result === 'string' ? string(result) : result
}

const itemsOf = (value: Value): readonly Value[] | undefined =>
  value.kind === 'list' || value.kind === 'set' || value.kind === 'tuple' ? value.items : undefined

const formatlist = ([pattern, ...args]: readonly Value[], evaluation: Evaluation, at: Located): Value | Failure => {
  const open = args.find((arg) => !isWhollyKnown(arg))
  if (open) return unknownFrom(listOf(STRING), open)
  const lists = args.map(itemsOf)
  const lengths = new Set(lists.flatMap((one) => (one ? [one.length] : [])))
  if (lengths.size > 1) return failure('the lists must have the same length')
  const [length] = lengths.size === 0 ? [1] : lengths
  const results: Value[] = []
  let size = 0
  for (let i = 0; i < (length ?? 0); i++) {
    const row = args.map((arg, index) => lists[index]?.[i] ?? arg)
    countLongNumbers(row, evaluation, at)
    const result = formatText(text(pattern), row)
    if (typeof result !== 'string')
      return { ...result, ...failure(`error on format iteration ${i}: ${result.reason}`, result.argument) }
    results.push(string(result))
    size += textSize(result.length)
    if (size > MAX_SIZE) return { ...failure('the texts would be too long all together'), tooLarge: true }
  }
  return list(STRING, results)
}

const anything = parameter('args', undefined, { nullable: true, unknowns: true })

const formatting = (call: FunctionSpec['call'], returns: FunctionSpec['returns']): FunctionSpec => ({
  parameters: [parameter('format', STRING)],
  variadic: anything,
  ...(returns && { returns }),
  call,
})

export const formatFunctions: FunctionGroup = {
  format: formatting(format, STRING),
  formatlist: formatting(formatlist, listOf(STRING)),
}
