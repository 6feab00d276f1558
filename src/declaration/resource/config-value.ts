import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { parseAddress } from '../../resource/address.ts'
import type { ConfigValue, PropertyMap, Scalar, Secret } from '../../resource/config-value.ts'
import type { Attachment } from '../../resource/desired.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { formatNumber, toDouble } from '../eval/number.ts'
import { unknownReason } from '../eval/unknown-reason.ts'
import { hasSensitive, precisionOf, type Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'
import type { ConfigEntry } from './config-entry.ts'
import type { Reporter } from './reporter.ts'
import type { SecretKeeper } from './secret-keeper.ts'
import { terraformAttribute, terraformProperty } from './terraform-name.ts'

export interface ConfigContext {
  readonly kind: GuestKind
  readonly reporter: Reporter
  readonly keeper: SecretKeeper
  /** Told of a volume that only another guest's making will name: the slot, and whose slot it is. */
  readonly attach: (key: string, of: Attachment['of']) => void
}

/** The plain value, undefined for anything that is none. */
const scalarOf = (value: Value): Scalar | undefined => {
  if (value.kind === 'string' || value.kind === 'bool') return value.value
  return value.kind === 'number' ? toDouble(value.value) : undefined
}

/** A plain value as text; undefined for anything that is none. */
export const textOf = (value: Value): string | undefined => {
  if (value.kind === 'string') return value.value
  if (value.kind === 'bool') return String(value.value)
  return value.kind === 'number' ? formatNumber(value.value, precisionOf(value)) : undefined
}

const notKnown = (context: ConfigContext, name: string, value: Value, at: Located): void => {
  if (value.kind !== 'unknown' || value.failed) return
  context.reporter.problem({
    code: 'declaration.value-not-known',
    detail: `"${name}" needs a value that is known before apply.${unknownReason(value)} Declare that value, or write it here.`,
    at,
  })
}

const wrongShape = (context: ConfigContext, name: string, wanted: string, at: Located): undefined => {
  context.reporter.problem({
    code: 'declaration.invalid-value',
    detail: `"${name}" must be ${wanted}.`,
    at,
  })
  return undefined
}

const listText = (
  context: ConfigContext,
  name: string,
  items: readonly Value[],
  at: Located,
): readonly string[] | undefined => {
  const texts: string[] = []
  for (const item of items) {
    const text = textOf(item)
    if (item.kind === 'unknown') {
      notKnown(context, name, item, at)
      return undefined
    }
    if (text === undefined) return wrongShape(context, name, 'a list of strings', at)
    texts.push(text)
  }
  return texts
}

const propertyValue = (context: ConfigContext, name: string, value: Value, at: Located): Scalar | undefined => {
  if (value.kind === 'unknown') {
    notKnown(context, name, value, at)
    return undefined
  }
  if (value.kind === 'list' || value.kind === 'tuple' || value.kind === 'set')
    return listText(context, name, value.items, at)?.join(';')
  return scalarOf(value) ?? wrongShape(context, name, 'a single value', at)
}

/** The slot whose volume an unknown value stands for: `vm.data.disk.scsi0.file`. */
const volumeMeant = (value: Value): Attachment['of'] | undefined => {
  if (value.kind !== 'unknown' || value.failed || value.origin === undefined) return undefined
  const [, owner = '', key = ''] =
    /^(.+?)\.(?:(?:disk|mount_point)\.)?([a-z]+\d*)\.(?:file|volume)$/.exec(value.origin) ?? []
  const address = parseAddress(owner)
  return address === undefined ? undefined : { address, key }
}

/** Stands for any secret where only its being one matters. */
const HIDDEN: Secret = { secret: '', fingerprint: '' }

/** Each property is checked alone, so that every mistake is told at its own place. */
const propertiesOf = (context: ConfigContext, entry: ConfigEntry, entries: ReadonlyMap<string, Value>): PropertyMap => {
  const { kind, reporter } = context
  const good: Record<string, Scalar> = {}
  for (const [property, value] of entries) {
    if (value.kind === 'null') continue
    const place = entry.properties.get(property) ?? { at: entry.at, value: entry.valueAt }
    const at = place.value
    const name = `${entry.key}.${property}`
    const meant = property === kind.volumeProperty(entry.key) ? volumeMeant(value) : undefined
    if (meant) {
      context.attach(entry.key, meant)
      continue
    }
    const secret = hasSensitive(value)
    const scalar = propertyValue(context, name, value, at)
    if (scalar === undefined) continue
    const given = { [property]: secret ? HIDDEN : scalar }
    const { problem } = kind.normalize(entry.key, given)
    const foreign = problem?.code === 'kind.unknown-property' && terraformProperty(kind, entry.key, property)
    if (problem && foreign)
      reporter.problem({ ...problem, detail: `"${entry.key}" has no key "${property}". ${foreign}`, at: place.at })
    else if (problem)
      reporter.problem({ ...problem, at: problem.code === 'kind.invalid-value' ? place.value : place.at })
    else good[property] = scalar
  }
  return good
}

/** Undefined when nothing is left of the map, because everything in it was refused. */
const mapOf = (
  context: ConfigContext,
  entry: ConfigEntry,
  entries: ReadonlyMap<string, Value>,
): PropertyMap | undefined => {
  const shape = context.kind.factsFor(entry.key)?.shape
  if (shape !== 'properties') {
    const isBlock = entry.valueAt === entry.at
    const detail = `"${entry.key}" is ${shape === 'list' ? 'a list' : 'a single value'}, not a ${isBlock ? 'block' : 'map'}. Write ${entry.key} = ${shape === 'list' ? '[…]' : '…'}.`
    context.reporter.problem({ code: 'kind.invalid-value', detail, at: entry.valueAt })
    return undefined
  }
  const properties = propertiesOf(context, entry, entries)
  return entries.size > 0 && Object.keys(properties).length === 0 ? undefined : properties
}

const secretOf = (context: ConfigContext, entry: ConfigEntry): ConfigValue | undefined => {
  const { reporter, keeper } = context
  const text = textOf(entry.value)
  const problem = text === undefined ? undefined : context.kind.normalize(entry.key, text).problem
  if (problem) {
    // The text itself must not be told.
    const detail = problem.detail.replaceAll(JSON.stringify(text), 'what is given')
    reporter.problem({ ...problem, detail, at: entry.valueAt })
    return undefined
  }
  if (text !== undefined) return keeper.keep(`${reporter.address}#${entry.key}`, text)
  if (entry.value.kind === 'unknown') notKnown(context, entry.key, entry.value, entry.valueAt)
  else
    reporter.problem({
      code: 'declaration.sensitive-value',
      detail: `"${entry.key}" is not a single value, so it cannot be kept secret as a whole. Use values that are not sensitive, or nonsensitive().`,
      at: entry.valueAt,
    })
  return undefined
}

const plainOf = (context: ConfigContext, entry: ConfigEntry): ConfigValue | undefined => {
  const { value, key, valueAt: at } = entry
  switch (value.kind) {
    case 'null':
      return undefined
    case 'unknown':
      notKnown(context, key, value, at)
      return undefined
    case 'list':
    case 'set':
    case 'tuple':
      return listText(context, key, value.items, at)
    case 'map':
    case 'object':
      return mapOf(context, entry, value.entries)
    default:
      return scalarOf(value)
  }
}

/** The normalised value of a configuration key; undefined when there is none, or it is wrong and reported. */
export const configValueOf = (context: ConfigContext, entry: ConfigEntry): ConfigValue | undefined => {
  const { kind, reporter } = context
  const facts = kind.factsFor(entry.key)
  if (!facts) {
    reporter.unknownName(entry.key, entry.at)
    return undefined
  }
  const isObject = entry.value.kind === 'object' || entry.value.kind === 'map'
  // An empty text is no secret: it takes the attribute away.
  const secret =
    entry.value.kind !== 'null' &&
    textOf(entry.value) !== '' &&
    (facts.secret || (hasSensitive(entry.value) && !(isObject && facts.shape === 'properties')))
  const value = secret ? secretOf(context, entry) : plainOf(context, entry)
  if (value === undefined) return undefined
  const { value: normal, problem } = kind.normalize(entry.key, value)
  if (!problem) return normal
  reporter.problem({ ...problem, at: problem.code === 'kind.invalid-value' ? entry.valueAt : entry.at })
  return undefined
}

/** What is wrong with a name that is no attribute of a guest, and what may have been meant. */
export const unknownName = (
  kind: GuestKind,
  name: string,
  own: Iterable<string>,
): { readonly code: DiagnosticCode; readonly detail: string } => {
  const foreign = terraformAttribute(name)
  if (foreign)
    return { code: 'kind.unknown-attribute', detail: `A ${kind.name} has no attribute "${name}". ${foreign}` }
  const index = /\d+$/.exec(name)?.[0] ?? '0'
  const keys = Object.keys(kind.attributes).map((key) => key.replace('[n]', index))
  const { problem } = kind.normalize(name, '')
  // A number beyond the last one: the kind says how far they go.
  if (problem?.code === 'kind.not-declarable' || (problem && keys.includes(name))) return problem
  const guess = suggestion(name, [...own, ...Object.keys(kind.groups), ...keys])
  return {
    code: 'kind.unknown-attribute',
    detail: `A ${kind.name} has no attribute "${name}".${guess || ' Attributes have the names of the Proxmox VE API, such as cores, memory, net0.'}`,
  }
}
