import type { Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { formatNumber, parseNumber } from '../eval/number.ts'
import { DYNAMIC, STRING } from '../eval/type.ts'
import {
  bool,
  FAILED,
  type Failure,
  failure,
  NULL,
  number,
  object,
  precisionOf,
  string,
  tuple,
  type Value,
} from '../eval/value.ts'
import { MAX_NESTING, MAX_VALUES } from '../syntax/limits.ts'
import { aliasTargets } from '../syntax/yaml/yaml-aliases.ts'
import { yamlNesting } from '../syntax/yaml/yaml-nesting.ts'
import { spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld, Libraries } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { jsonString } from './text/json-text.ts'
import { parseTimestamp } from './text/timestamp.ts'

type Yaml = Libraries['yaml']

interface Reading {
  readonly yaml: Yaml
  readonly aliases: ReadonlyMap<unknown, Node>
  count: number
}

class YamlError extends Error {}

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/
const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const MOMENT =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)$/

const two = (text: string | undefined): string => (text ?? '0').padStart(2, '0')

/** A date or time written plainly, as RFC 3339. */
const momentText = (source: string): string | undefined => {
  const date = DATE.exec(source)
  if (date) return valid(`${date[1]}-${two(date[2])}-${two(date[3])}T00:00:00Z`)
  const match = MOMENT.exec(source)
  if (!match) return undefined
  const [, year, month, day, ...time] = match
  const [hour, minute, second, zone = 'Z'] = time[0] === undefined ? time.slice(4) : time
  return valid(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${zone}`)
}

const valid = (text: string): string | undefined => (parseTimestamp(text) ? text : undefined)

/** Plain words by the rules of YAML 1.1, which Terraform's reader follows: `yes` is true. */
const plainText = (source: string): Value | undefined => {
  if (TRUE.test(source)) return bool(true)
  if (FALSE.test(source)) return bool(false)
  const moment = momentText(source)
  return moment === undefined ? undefined : string(moment)
}

const scalarValue = (node: Scalar): Value => {
  const { value, source, type, tag } = node
  const plain = type === 'PLAIN' && tag === undefined && typeof value === 'string' ? plainText(source ?? '') : undefined
  if (plain) return plain
  if (type !== undefined && type !== 'PLAIN') return string(source ?? String(value))
  if (value === null || value === undefined) return NULL
  if (typeof value === 'boolean') return bool(value)
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return number(value)
    const parsed = parseNumber(source ?? '') ?? parseNumber(String(value))
    if (parsed !== undefined) return number(parsed)
    throw new YamlError(`${source ?? String(value)} is not a number`)
  }
  return string(String(value))
}

const keyText = (reading: Reading, key: unknown): string => {
  if (!reading.yaml.isScalar(key)) throw new YamlError('keys must be strings')
  const { value, source } = key
  if (typeof value === 'string') {
    const plain = key.type === 'PLAIN' ? plainText(key.source ?? '') : undefined
    return plain?.kind === 'bool' ? String(plain.value) : value.normalize('NFC')
  }
  if (value === null) throw new YamlError('a key must not be null')
  return source ?? String(value)
}

const mapValue = (reading: Reading, node: YAMLMap, depth: number): Value => {
  const entries = new Map<string, Value>()
  const merged = new Map<string, Value>()
  for (const { key, value } of node.items) {
    const name = keyText(reading, key)
    const inner = nodeValue(reading, value as Node | null, depth + 1)
    if (name !== '<<') entries.set(name, inner)
    else
      for (const source of inner.kind === 'tuple' ? inner.items : [inner]) {
        if (source.kind !== 'object') throw new YamlError('"<<" takes a map or a list of maps')
        for (const [from, found] of source.entries) if (!merged.has(from)) merged.set(from, found)
      }
  }
  return object(new Map([...merged, ...entries]))
}

const nodeValue = (reading: Reading, node: Node | null, depth: number): Value => {
  if (++reading.count > MAX_VALUES) throw new YamlError(`it holds more than ${MAX_VALUES} values`)
  if (depth > MAX_NESTING) throw new YamlError(`it is nested more than ${MAX_NESTING} deep`)
  const { yaml, aliases } = reading
  if (node === null) return NULL
  if (yaml.isAlias(node)) return nodeValue(reading, aliases.get(node) ?? null, depth + 1)
  if (yaml.isScalar(node)) return scalarValue(node)
  if (yaml.isSeq(node))
    return tuple((node as YAMLSeq).items.map((item) => nodeValue(reading, item as Node | null, depth + 1)))
  if (yaml.isMap(node)) return mapValue(reading, node as YAMLMap, depth)
  throw new YamlError('it holds something that is not a value')
}

const placeIn = (text: string, offset: number): string => {
  const lines = text.slice(0, offset).split('\n')
  return `at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

const yamldecode = (yaml: Yaml, given: string): Value | Failure => {
  if (yamlNesting(given) > MAX_NESTING) return failure(`it is nested more than ${MAX_NESTING} deep`, 0)
  const documents = yaml.parseAllDocuments(given, {
    version: '1.2',
    intAsBigInt: true,
    prettyErrors: false,
    merge: false,
    uniqueKeys: false,
  })
  const [document, second] = Array.isArray(documents) ? documents : []
  if (!document?.contents) return failure('it holds no document', 0)
  if (second) return failure('it holds more than one document', 0)
  const [error] = document.errors
  if (error) return failure(`it is not YAML: ${error.message} ${placeIn(given, error.pos[0])}`, 0)
  try {
    const aliases = aliasTargets(yaml, document as Document.Parsed)
    return nodeValue({ yaml, aliases, count: 0 }, document.contents as Node | null, 0)
  } catch (caught) {
    if (caught instanceof YamlError) return failure(`it cannot be used: ${caught.message}`, 0)
    throw caught
  }
}

const isSequence = (value: Value): boolean => value.kind === 'list' || value.kind === 'set' || value.kind === 'tuple'

/** Characters that keep a text from being written as a block. */
const UNFIT = /[^\n\t\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]|\t| (?:\n|$)/u

const blockText = (value: string, pad: string): string | undefined => {
  if (!value.includes('\n') || UNFIT.test(value)) return undefined
  const body = value.replace(/\n+$/, '')
  const ends = value.length - body.length
  const hint = /^[ \n]/.test(value) ? '2' : ''
  const chomp = ends === 0 ? '-' : ends === 1 ? '' : '+'
  const lines = [...body.split('\n'), ...Array.from({ length: Math.max(0, ends - 1) }, () => '')]
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : `${pad}${line}`)).join('\n')}`
}

const scalarText = (value: Value, pad: string): string => {
  switch (value.kind) {
    case 'string':
      return (
        blockText(value.value, pad) ??
        jsonString(value.value).replace(/\\u(003c|003e|0026)/g, (_, hex) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        )
      )
    case 'number':
      return formatNumber(value.value, precisionOf(value))
    case 'bool':
      return String(value.value)
    default:
      return 'null'
  }
}

/** Lines of a value as they stand below a key or dash, or the text beside it. */
const yamlLines = (value: Value, pad: string): { readonly inline?: string; readonly lines: readonly string[] } => {
  if (isSequence(value)) {
    const items = 'items' in value ? value.items : []
    if (items.length === 0) return { inline: '[]', lines: [] }
    return { lines: items.flatMap((item) => dashed(item, pad)) }
  }
  if (value.kind === 'map' || value.kind === 'object') {
    if (value.entries.size === 0) return { inline: '{}', lines: [] }
    return { lines: Array.from(value.entries).flatMap(([key, inner]) => keyed(key, inner, pad)) }
  }
  return { inline: scalarText(value, pad), lines: [] }
}

const dashed = (item: Value, pad: string): readonly string[] => {
  const { inline, lines } = yamlLines(item, `${pad}  `)
  if (inline !== undefined) return [`${pad}- ${inline}`]
  return lines.map((line, index) => (index === 0 ? `${pad}- ${line.trimStart()}` : line))
}

const keyed = (key: string, inner: Value, pad: string): readonly string[] => {
  const name = jsonString(key)
  const { inline, lines } = yamlLines(inner, isSequence(inner) ? pad : `${pad}  `)
  return inline === undefined ? [`${pad}${name}:`, ...lines] : [`${pad}${name}: ${inline}`]
}

const yamlencode = (value: Value): string => {
  const { inline, lines } = yamlLines(value, value.kind === 'string' ? '  ' : '')
  const plain = value.kind === 'null' || value.kind === 'number' || value.kind === 'bool'
  // A bare word alone might be taken for the beginning of something, so its document is closed.
  return `${inline ?? lines.join('\n')}\n${plain ? '...\n' : ''}`
}

/** YAML; the package for reading it is loaded when first used. */
export const yamlFunctions = (world: FunctionWorld): FunctionGroup => ({
  yamldecode: spec(strings('src'), undefined, ([given]) => {
    const yaml = world.library('yaml')
    return yaml ? yamldecode(yaml, text(given)) : FAILED
  }),
  yamlencode: spec([parameter('value', DYNAMIC, { nullable: true, whole: true })], STRING, ([given]) =>
    string(given ? yamlencode(given) : ''),
  ),
})
