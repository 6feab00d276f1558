import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml'
import { fileSource, type Source } from '../declaration/syntax/source.ts'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source-range.ts'
import { type ProtectRule, parseProtected } from '../plan/guards.ts'
import { parseToken } from '../proxmox/credentials.ts'
import { suggestion } from '../util/did-you-mean.ts'
import { isGroup, type SettingFacts, type SettingGroup, settingGroup } from './setting-facts.ts'

/** Well-typed values by dotted name; a value with a mistake is absent. */
export interface SettingValues {
  readonly text: (name: string) => string | undefined
  readonly flag: (name: string) => boolean | undefined
  readonly number: (name: string) => number | undefined
  readonly words: (name: string) => readonly string[] | undefined
  /** The entries of a list that names guests, each with its place. */
  readonly rules: (name: string) => readonly ProtectRule[]
  /** Where the value stands. */
  readonly range: (name: string) => SourceRange | undefined
}

export interface SettingsFile {
  readonly values: SettingValues
  readonly diagnostics: readonly Diagnostic[]
  readonly source: string
}

type Value = string | boolean | number | readonly string[] | { readonly rules: readonly ProtectRule[] }

interface Reading {
  readonly document: Document
  readonly source: Source
  readonly found: Map<string, { readonly value: Value; readonly range: SourceRange | undefined }>
  readonly problems: Diagnostic[]
  /** Offsets of values that must not be shown. */
  readonly secrets: (readonly [number, number])[]
}

const SECRET_NAME = /pass(word|wd|phrase)?$|secret|token(?!_file)|api_?key|credential$/i

const rangeOf = ({ source }: Reading, node: unknown): SourceRange | undefined => {
  const span = typeof node === 'object' && node !== null && 'range' in node ? (node as Node).range : undefined
  return span ? source.rangeAt(span[0], span[1]) : undefined
}

const resolved = ({ document }: Reading, node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

const wordsOf = (node: unknown): readonly string[] | undefined => {
  if (isSeq(node)) {
    const words = node.items.map((item) => (isScalar(item) ? item.value : undefined))
    return words.length > 0 && words.every((word) => typeof word === 'string') ? words : undefined
  }
  const text = isScalar(node) ? node.value : undefined
  const words = typeof text === 'string' ? text.trim().split(/\s+/).filter(Boolean) : []
  return words.length > 0 && !/["'$|;<>`\\]/.test(String(text)) ? words : undefined
}

const EXPECTED: Readonly<Record<SettingFacts['type'], string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'a whole number',
  guests: 'a list of VMIDs, ranges, names, tags, pools or nodes, such as [101, 200-299, tag:prod]',
  command: 'a list of a program and its arguments, such as [pass, show, proxmox/mpc]; it is run without a shell',
}

/** The value in its type, or what should have been there. */
const checkValue = (facts: SettingFacts, node: unknown): { readonly value: Value } | { readonly expected: string } => {
  const plain = isScalar(node) ? node.value : undefined
  const expected = { expected: EXPECTED[facts.type] }
  if (facts.type === 'command') {
    const value = wordsOf(node)
    return value ? { value } : expected
  }
  if (facts.type === 'boolean') return typeof plain === 'boolean' ? { value: plain } : expected
  if (facts.type === 'integer') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = facts
    if (typeof plain !== 'number' || !Number.isInteger(plain)) return expected
    return plain >= minimum && plain <= maximum
      ? { value: plain }
      : { expected: `a whole number from ${minimum} to ${maximum}` }
  }
  if (typeof plain !== 'string' || plain.trim() === '') return expected
  if (facts.pattern !== undefined && !new RegExp(facts.pattern).test(plain))
    return { expected: `text like "${facts.example}"` }
  return { value: plain.trim() }
}

const isSecretText = (node: unknown): boolean =>
  isScalar(node) &&
  typeof node.value === 'string' &&
  (parseToken(node.value) !== undefined || /^[a-z]+:\/\/[^/\s]*@/i.test(node.value))

const refuseSecret = (reading: Reading, name: string, key: unknown, value: unknown): void => {
  const span = typeof value === 'object' && value !== null && 'range' in value ? (value as Node).range : undefined
  if (span) reading.secrets.push([span[0], span[1]])
  reading.problems.push(
    diagnose('project.secret-in-settings', {
      detail: `"${name}" holds a secret, and this file belongs in version control. Remove the line, and make a new secret if the file was ever shared.`,
      range: rangeOf(reading, key),
      hint: 'Set PROXMOX_VE_API_TOKEN, or name a file or a command under credentials: token_file: ~/.config/mpc/token',
    }),
  )
}

/** Every entry is checked: one that protects nothing would be worse than none. */
const readGuests = (reading: Reading, name: string, facts: SettingFacts, key: unknown, value: unknown): void => {
  const refuse = (expected: string, at: unknown) =>
    reading.problems.push(
      diagnose('project.invalid-setting', {
        detail: `"${name}" must be ${expected}. ${facts.description}`,
        range: rangeOf(reading, at) ?? rangeOf(reading, key),
      }),
    )
  if (!isSeq(value)) {
    refuse(EXPECTED.guests, value)
    return
  }
  const rules = value.items.flatMap((item): readonly ProtectRule[] => {
    const node = resolved(reading, item)
    const plain = isScalar(node) && ['string', 'number'].includes(typeof node.value) ? String(node.value).trim() : ''
    const meaning = parseProtected(plain)
    if (meaning) return [{ text: plain, meaning, range: rangeOf(reading, item) }]
    refuse(`${EXPECTED.guests}, and this entry is none of them`, item)
    return []
  })
  reading.found.set(name, { value: { rules }, range: rangeOf(reading, value) })
}

const readSetting = (reading: Reading, name: string, facts: SettingFacts, key: unknown, value: unknown): void => {
  if (isSecretText(value)) {
    refuseSecret(reading, name, key, value)
    return
  }
  if (facts.type === 'guests') {
    readGuests(reading, name, facts, key, value)
    return
  }
  const checked = checkValue(facts, value)
  const range = rangeOf(reading, value) ?? rangeOf(reading, key)
  if ('value' in checked) reading.found.set(name, { value: checked.value, range })
  else
    reading.problems.push(
      diagnose('project.invalid-setting', {
        detail: `"${name}" must be ${checked.expected}. ${facts.description}`,
        range,
      }),
    )
}

const unknownSetting = (reading: Reading, name: string, group: SettingGroup, key: unknown, value: unknown): void => {
  const last = name.split('.').at(-1) ?? name
  if (SECRET_NAME.test(last) || isSecretText(value)) {
    refuseSecret(reading, name, key, value)
    return
  }
  const known = Object.keys(group.settings)
  reading.problems.push(
    diagnose('project.unknown-setting', {
      detail: `There is no setting "${name}".${suggestion(last, known)} Known here: ${known.join(', ')}.`,
      range: rangeOf(reading, key),
    }),
  )
}

const readGroup = (reading: Reading, prefix: string, group: SettingGroup, map: YAMLMap): void => {
  for (const pair of map.items) {
    const own = isScalar(pair.key) ? String(pair.key.value) : ''
    const name = prefix === '' ? own : `${prefix}.${own}`
    const facts = Object.hasOwn(group.settings, own) ? group.settings[own] : undefined
    const value = resolved(reading, pair.value)
    if (facts === undefined) unknownSetting(reading, name, group, pair.key, value)
    // A key without a value says nothing, as when all its lines are comments.
    else if (value === null || (isScalar(value) && value.value === null)) continue
    else if (!isGroup(facts)) readSetting(reading, name, facts, pair.key, value)
    else if (isMap(value)) readGroup(reading, name, facts, value)
    else
      reading.problems.push(
        diagnose('project.invalid-setting', {
          detail: `"${name}" must be a group of settings: ${Object.keys(facts.settings).join(', ')}.`,
          range: rangeOf(reading, value),
        }),
      )
  }
}

const blotted = (text: string, secrets: Reading['secrets']): string =>
  secrets.reduce(
    (shown, [start, end]) => shown.slice(0, start) + shown.slice(start, end).replace(/[^\n]/g, '*') + shown.slice(end),
    text,
  )

const valuesOf = ({ found }: Reading): SettingValues => {
  const value = (name: string) => found.get(name)?.value
  return {
    text: (name) => {
      const text = value(name)
      return typeof text === 'string' ? text : undefined
    },
    flag: (name) => {
      const flag = value(name)
      return typeof flag === 'boolean' ? flag : undefined
    },
    number: (name) => {
      const number = value(name)
      return typeof number === 'number' ? number : undefined
    },
    words: (name) => {
      const words = value(name)
      return Array.isArray(words) ? words : undefined
    },
    rules: (name) => {
      const rules = value(name)
      return typeof rules === 'object' && 'rules' in rules ? rules.rules : []
    },
    range: (name) => found.get(name)?.range,
  }
}

/** Reads the file's tree against the known settings, collecting every mistake with its place. */
export const readSettingsFile = (text: string, filename: string): SettingsFile => {
  const source = fileSource(filename, text)
  const document = parseDocument(text, { prettyErrors: false })
  const reading: Reading = { document, source, found: new Map(), problems: [], secrets: [] }
  for (const error of [...document.errors, ...document.warnings])
    reading.problems.push(
      diagnose('project.invalid-yaml', {
        detail: `${error.message}.`.replace(/\.\.$/, '.'),
        range: source.rangeAt(error.pos[0], error.pos[1]),
      }),
    )
  const root = document.contents
  if (isMap(root)) readGroup(reading, '', settingGroup, root)
  else if (root !== null && !(isScalar(root) && root.value === null))
    reading.problems.push(
      diagnose('project.invalid-setting', {
        detail: 'The file must be a map of settings, such as\n\n  endpoint: https://pve.example.com:8006',
        range: rangeOf(reading, root),
      }),
    )
  return { values: valuesOf(reading), diagnostics: reading.problems, source: blotted(text, reading.secrets) }
}
