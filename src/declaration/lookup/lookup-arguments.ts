import { suggestion } from '../../util/did-you-mean.ts'
import { listed } from '../../util/listed.ts'
import { convert } from '../eval/convert.ts'
import { BOOL, STRING } from '../eval/type.ts'
import { list, string, type Value } from '../eval/value.ts'
import { fitsPattern, isPattern } from './name-pattern.ts'

/** A value, or the reason why there is none. */
export type Found = Value | { readonly problem: string }

/** A lookup's arguments by name, all of them known; `null` is as if it were left out. */
export type Arguments = ReadonlyMap<string, Value>

/** What an argument cannot be; caught where the lookup ends. */
export class UnsuitableArgument extends Error {}

const unsuitable = (name: string, wanted: string): never => {
  throw new UnsuitableArgument(`\`${name}\` must be ${wanted}.`)
}

const given = (args: Arguments, name: string): Value | undefined => {
  const value = args.get(name)
  return value?.kind === 'null' ? undefined : value
}

/** Text, also of a number. */
export const textArgument = (args: Arguments, name: string): string | undefined => {
  const value = given(args, name)
  if (!value) return undefined
  const text = convert(value, STRING)
  return text.kind === 'string' ? text.value : unsuitable(name, 'a text')
}

export const flagArgument = (args: Arguments, name: string): boolean | undefined => {
  const value = given(args, name)
  if (!value) return undefined
  const flag = convert(value, BOOL)
  return flag.kind === 'bool' ? flag.value : unsuitable(name, 'true or false')
}

/** One of these words. */
export const wordArgument = (args: Arguments, name: string, words: readonly string[]): string | undefined => {
  const word = textArgument(args, name)
  if (word === undefined || words.includes(word)) return word
  throw new UnsuitableArgument(`\`${name}\` is ${listed(words, 'or')}, not "${word}".${suggestion(word, words)}`)
}

/** Texts of a list or a set; one text is a list of one, or of several as PVE writes tags: `web;prod`. */
export const textsArgument = (args: Arguments, name: string): readonly string[] | undefined => {
  const value = given(args, name)
  if (!value) return undefined
  const items = 'items' in value ? value.items : [value]
  return items.flatMap((item) => {
    const text = convert(item, STRING)
    return text.kind === 'string' ? text.value.split(/[;, ]+/).filter(Boolean) : unsuitable(name, 'a list of texts')
  })
}

/** Whether a name is the one that was asked for, or fits the pattern that was asked for. */
export const fitsName = (wanted: string | undefined, name: string): boolean =>
  wanted === undefined || (isPattern(wanted) ? fitsPattern(wanted, name) : wanted === name)

export const texts = (items: readonly string[]): Value => list(STRING, items.map(string))

/** The name of something the cluster does not have, and what may have been meant. */
export const unknownNamed = (what: string, name: string, known: readonly string[]): { readonly problem: string } => ({
  problem: `the cluster has no ${what} "${name}".${suggestion(name, known)}`,
})
