import { spend } from '../eval/evaluation.ts'
import { BOOL, listOf, NUMBER, STRING } from '../eval/type.ts'
import { bool, FAILED, type Failure, failure, list, string, type Value } from '../eval/value.ts'
import { isFailure, onText, spec, strings, text, tooLongText, whole, withEffort } from './call/arguments.ts'
import { times } from './call/effort.ts'
import type { FunctionGroup, FunctionWorld } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { formatFunctions } from './format-functions.ts'
import { type Count, regexFunctions, replacePattern } from './regex-functions.ts'
import { graphemesOf, SEGMENTING } from './text/graphemes.ts'

const substr = ([given, from, count]: readonly Value[]): Value | Failure => {
  const [offset, length] = [whole(from, 1), whole(count, 2)]
  if (isFailure(offset)) return offset
  if (isFailure(length)) return length
  const all = graphemesOf(text(given))
  if (offset < 0 && all.length === 0) return string('')
  const start = offset < 0 ? Math.max(0, offset + all.length) : offset
  return string(all.slice(start, length < 0 ? undefined : start + length).join(''))
}

const isSeparator = (character: string): boolean => {
  if (/[A-Za-z0-9_]/.test(character)) return false
  const code = character.codePointAt(0) ?? 0
  return code <= 0x7f || /\s/u.test(character)
}

const title = (given: string): string => {
  let before = ' '
  return Array.from(given, (character) => {
    const shown = isSeparator(before) ? simpleUpper(character) : character
    before = character
    return shown
  }).join('')
}

/** Case mapping letter by letter: one letter never becomes two, as in Go. */
const simpleUpper = (character: string): string => {
  const upper = character.toUpperCase()
  return Array.from(upper).length === 1 ? upper : character
}

const simpleLower = (character: string): string => {
  if (character === 'İ') return 'i'
  const lower = character.toLowerCase()
  return Array.from(lower).length === 1 ? lower : character
}

const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** Without what `is` says at both ends. */
const trimmed = (given: string, is: (character: string) => boolean): string => {
  let [start, end] = [0, given.length]
  while (start < end && is(given.charAt(start))) start++
  while (end > start && is(given.charAt(end - 1))) end--
  return given.slice(start, end)
}

/** How many characters at the end are line ends. */
const lineEnds = (given: string): number => {
  let end = given.length
  while (end > 0 && (given[end - 1] === '\n' || given[end - 1] === '\r')) end--
  return given.length - end
}

const trimSet = (given: string, cutset: string): string => {
  const cut = new Set(Array.from(cutset))
  const all = Array.from(given)
  let [start, end] = [0, all.length]
  while (start < end && cut.has(all[start] ?? '')) start++
  while (end > start && cut.has(all[end - 1] ?? '')) end--
  return all.slice(start, end).join('')
}

const join = ([separator, ...lists]: readonly Value[]): Value | Failure => {
  const pieces: string[] = []
  let length = 0
  for (const [index, one] of lists.entries()) {
    for (const item of one.kind === 'list' ? one.items : []) {
      if (item.kind === 'null') return failure(`element is null; a list with null values cannot be joined`, index + 1)
      pieces.push(text(item))
      length += text(item).length + text(separator).length
    }
  }
  if (lists.length === 0) return failure('at least one list is required')
  return tooLongText(length - text(separator).length) ?? string(pieces.join(text(separator)))
}

const occurrences = (given: string, wanted: string): number => {
  if (wanted === '') return given.length + 1
  let count = 0
  for (let at = given.indexOf(wanted); at >= 0; at = given.indexOf(wanted, at + wanted.length)) count++
  return count
}

const replace = (world: FunctionWorld, [first, second, third]: readonly Value[], count: Count): Value | Failure => {
  const [given, wanted, other] = [text(first), text(second), text(third)]
  if (wanted.length > 1 && wanted.startsWith('/') && wanted.endsWith('/')) {
    const re2js = world.library('re2js')
    return re2js ? replacePattern(re2js, { source: wanted.slice(1, -1), given, count }, other) : FAILED
  }
  const grown = occurrences(given, wanted) * (other.length - wanted.length)
  return tooLongText(given.length + grown) ?? string(given.replaceAll(wanted, () => other))
}

const indent = ([spaces, given]: readonly Value[]): Value | Failure => {
  const count = whole(spaces, 0)
  if (isFailure(count)) return count
  if (count < 0 || count > 10_000) return failure('the number of spaces must be between 0 and 10000', 0)
  const grown = occurrences(text(given), '\n') * count
  return tooLongText(text(given).length + grown) ?? string(text(given).replaceAll('\n', `\n${' '.repeat(count)}`))
}

const split = (separator: string, given: string): readonly string[] =>
  separator === '' ? Array.from(given) : given.split(separator)

const [byLetter, byCharacter] = [times(8), times(SEGMENTING)]

/** The text functions; those with patterns need RE2, which is loaded when first used. */
export const stringFunctions = (world: FunctionWorld): FunctionGroup => ({
  chomp: onText('str', (given) => given.slice(0, given.length - lineEnds(given))),
  endswith: spec(strings('str', 'suffix'), BOOL, ([given, suffix]) => bool(text(given).endsWith(text(suffix)))),
  startswith: spec(strings('str', 'prefix'), BOOL, ([given, prefix]) => bool(text(given).startsWith(text(prefix)))),
  strcontains: spec(strings('str', 'substr'), BOOL, ([given, part]) => bool(text(given).includes(text(part)))),
  indent: spec([parameter('spaces', NUMBER), parameter('str', STRING)], STRING, indent),
  join: spec(strings('separator'), STRING, join, parameter('lists', listOf(STRING), { whole: true })),
  lower: withEffort(
    byLetter,
    onText('str', (given) => Array.from(given, simpleLower).join('')),
  ),
  upper: withEffort(
    byLetter,
    onText('str', (given) => Array.from(given, simpleUpper).join('')),
  ),
  title: withEffort(byLetter, onText('str', title)),
  replace: spec(strings('str', 'substr', 'replace'), STRING, (args, evaluation, at) =>
    replace(world, args, (units) => spend(evaluation, units, at)),
  ),
  split: withEffort(
    byLetter,
    spec(strings('separator', 'str'), listOf(STRING), ([separator, given]) =>
      list(STRING, split(text(separator), text(given)).map(string)),
    ),
  ),
  strrev: withEffort(
    byCharacter,
    onText('str', (given) => [...graphemesOf(given)].reverse().join('')),
  ),
  substr: withEffort(
    byCharacter,
    spec([parameter('str', STRING), parameter('offset', NUMBER), parameter('length', NUMBER)], STRING, substr),
  ),
  trim: withEffort(
    byLetter,
    spec(strings('str', 'cutset'), STRING, ([given, cutset]) => string(trimSet(text(given), text(cutset)))),
  ),
  trimprefix: spec(strings('str', 'prefix'), STRING, ([given, prefix]) => {
    const [whole, part] = [text(given), text(prefix)]
    return string(whole.startsWith(part) ? whole.slice(part.length) : whole)
  }),
  trimsuffix: spec(strings('str', 'suffix'), STRING, ([given, suffix]) => {
    const [whole, part] = [text(given), text(suffix)]
    return string(part !== '' && whole.endsWith(part) ? whole.slice(0, -part.length) : whole)
  }),
  trimspace: onText('str', (given) => trimmed(given, (character) => SPACE.test(character))),
  ...regexFunctions(world),
  ...formatFunctions,
})
