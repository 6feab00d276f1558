import { attributeName } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { guestKinds } from '../../kinds/registry.ts'
import { RESOURCE_KINDS } from '../../kinds/resource-kinds.ts'
import type { Address } from '../../resource/address.ts'
import { type ConfigValue, isPropertyMap } from '../../resource/config-value.ts'
import type { Attachment, DesiredGuest, GuestSource } from '../../resource/desired.ts'
import { type GuestKindName, parseVmid, type Vmid } from '../../resource/guest.ts'
import { sortedRecord } from '../../util/sorted-record.ts'
import type { EvaluatedBody } from '../module/evaluated-body.ts'
import { type Located, rangeOf } from '../syntax/source.ts'
import { configEntries } from './config-entries.ts'
import type { ConfigEntry } from './config-entry.ts'
import { type ConfigContext, configValueOf, unknownName } from './config-value.ts'
import { configOver, type DeclaredConfig, type Inherited } from './inherited.ts'
import { fieldsOver, type OwnFields, ownFields } from './own-field.ts'
import type { Reporter } from './reporter.ts'
import type { ResourceContext } from './resource-context.ts'

interface ConfigPlace extends Pick<ConfigEntry, 'key' | 'at'> {
  readonly properties: ReadonlyMap<string, Located>
}

const NO_PLACES: ConfigPlace['properties'] = new Map()

/** The places outlive the evaluation: nothing that holds on to expressions may stay. */
const namesIn = (properties: ConfigEntry['properties']): ConfigPlace['properties'] =>
  properties.size === 0 ? NO_PLACES : new Map(Array.from(properties, ([name, { at }]) => [name, at]))

interface Declared extends DeclaredConfig {
  readonly places: readonly ConfigPlace[]
  readonly attachments: readonly Attachment[]
}

const ownOf = (kind: GuestKind): ReadonlySet<string> =>
  new Set(RESOURCE_KINDS[kind.name].fields.filter((name) => name !== 'name' && name !== 'hostname'))

const keyOf = ({ aliases }: GuestKind, key: string): string =>
  Object.hasOwn(aliases, key) ? (aliases[key] ?? key) : key

const declaredConfig = (given: Omit<ConfigContext, 'attach'>, body: EvaluatedBody): Declared => {
  const volumes = new Map<string, Attachment['of']>()
  const context: ConfigContext = { ...given, attach: (key, of) => void volumes.set(key, of) }
  const attachments: Attachment[] = []
  const { kind, reporter } = context
  const config: Record<string, ConfigValue> = {}
  const dropped = new Set<string>()
  for (const group of Object.keys(kind.groups))
    if (body.attributes.get(group)?.value.kind === 'null') dropped.add(group)
  const places = configEntries(kind, body, ownOf(kind), reporter).map((written): ConfigPlace => {
    const key = keyOf(kind, written.key)
    const entry = key === written.key ? written : { ...written, key }
    if (entry.value.kind === 'null') dropped.add(key)
    if ('entries' in entry.value)
      for (const [property, { kind: what }] of entry.value.entries)
        if (what === 'null') dropped.add(`${key}.${property}`)
    const value = configValueOf(context, entry)
    const of = volumes.get(key)
    if (of) attachments.push({ key, of, options: value !== undefined && isPropertyMap(value) ? value : {} })
    else if (value !== undefined) config[key] = value
    return { key, at: entry.at, properties: namesIn(entry.properties) }
  })
  return { config, dropped, places, attachments }
}

const vmidOf = (fields: OwnFields, reporter: Reporter): Vmid | undefined => {
  const attribute = fields.attribute('vmid')
  const text = fields.text('vmid')
  if (!attribute || text === undefined) return undefined
  const vmid = parseVmid(text)
  if (vmid !== undefined) return vmid
  const detail = `"${text}" is not a VMID. A VMID is a whole number from 100 to 999999999; leave it out to let mpc choose.`
  reporter.problem({
    code: 'declaration.invalid-value',
    detail,
    at: attribute.expression,
  })
  return undefined
}

const sourceOf = (kind: GuestKind, fields: OwnFields, reporter: Reporter): GuestSource => {
  const clone = fields.text('clone')
  const full = fields.flag('full')
  const archive = kind.templateField === 'archive' ? fields.text('template') : undefined
  const at = fields.attribute('template')?.at
  if (clone !== undefined && archive !== undefined && at) {
    const detail = 'A container is created from a template archive or cloned, not both. Remove "template" or "clone".'
    reporter.problem({ code: 'declaration.conflict', detail, at })
  }
  const fullAt = fields.attribute('full')?.at
  if (clone === undefined && fullAt) {
    const detail = '"full" says how a clone is made, but nothing is cloned here. Add clone = "…", or remove "full".'
    reporter.problem({ code: 'declaration.conflict', detail, at: fullAt })
  }
  if (clone !== undefined)
    return {
      by: 'clone',
      template: clone,
      ...(full !== undefined && { full }),
    }
  return archive === undefined ? { by: 'blank' } : { by: 'archive', volume: archive }
}

/** The configuration a `defaults` block gives, and its own fields; its problems go to the reporter. */
export const inheritedGuest = (
  kindName: GuestKindName,
  body: EvaluatedBody,
  reporter: Reporter,
  context: ResourceContext,
): Inherited => {
  const kind = guestKinds[kindName]
  const { config, dropped } = declaredConfig({ kind, reporter, keeper: context.keeper }, body)
  return { config, dropped, fields: ownFields(body, reporter) }
}

const missingNode = (reporter: Reporter, at: Located): void =>
  reporter.problem({
    code: 'declaration.missing-attribute',
    detail: `${reporter.address} does not say which node it is on. Add node = "…" to it, or to defaults { … } for all guests of its kind.`,
    at,
  })

export const guestReporter = (kindName: GuestKindName, address: string, problem: Reporter['problem']): Reporter => ({
  address,
  problem,
  knows: (name) => {
    const kind = guestKinds[kindName]
    const isOwn = RESOURCE_KINDS[kindName].fields.includes(name)
    return isOwn || Object.hasOwn(kind.groups, name) || kind.factsFor(name) !== undefined
  },
  unknownName: (name, at) =>
    problem({
      ...unknownName(guestKinds[kindName], name, RESOURCE_KINDS[kindName].fields),
      at,
    }),
})

/** Looks a place up only when it is asked for: hardly any is. */
const rangesOf =
  (kind: GuestKind, places: readonly ConfigPlace[], fields: OwnFields): NonNullable<DesiredGuest['rangeOf']> =>
  (wanted) => {
    const field = fields.attribute(wanted)
    if (field) return rangeOf(field.expression)
    for (const { key, at, properties } of places) {
      const name = attributeName(kind, key)
      if (wanted === name) return rangeOf(at)
      const property = wanted.startsWith(`${name}.`) && properties.get(wanted.slice(name.length + 1))
      if (property) return rangeOf(property)
    }
    return undefined
  }

export interface GuestParts {
  readonly kind: GuestKindName
  readonly address: Address
  readonly body: EvaluatedBody
  readonly inherited: Inherited | undefined
  readonly lifecycle: DesiredGuest['lifecycle']
  readonly dependsOn: readonly Address[]
  /** Header of its block. */
  readonly at: Located
  /** Something in it, or in what it may inherit from, could not be read and is reported. */
  readonly isBroken: boolean
}

/** Brings an evaluated block to what the planner takes; undefined when its problems leave nothing usable. */
export const desiredGuest = (
  parts: GuestParts,
  reporter: Reporter,
  context: ResourceContext,
): DesiredGuest | undefined => {
  const kind = guestKinds[parts.kind]
  const own = declaredConfig({ kind, reporter, keeper: context.keeper }, parts.body)
  const fields = fieldsOver(ownFields(parts.body, reporter), parts.inherited?.fields)
  const node = fields.text('node')
  if (node === undefined && !fields.attribute('node') && !parts.isBroken) missingNode(reporter, parts.at)
  const vmid = vmidOf(fields, reporter)
  const power = fields.choice('power', ['running', 'stopped'])
  const noPool = fields.isEmpty('pool')
  const pool = noPool ? undefined : fields.text('pool')
  const template = kind.templateField === 'flag' ? fields.flag('template') : undefined
  const source = sourceOf(kind, fields, reporter)
  const emptySlots = [...own.dropped].filter((key) => kind.groupOf(key) !== undefined).sort()
  if (node === undefined) return undefined
  return {
    kind: parts.kind,
    address: parts.address,
    node,
    ...(vmid !== undefined && { vmid }),
    source,
    config: sortedRecord(configOver(own, parts.inherited, kind).config),
    ...(emptySlots.length > 0 && { emptySlots }),
    ...(own.attachments.length > 0 && { attachments: own.attachments }),
    ...(power && { power }),
    ...(pool !== undefined && { pool }),
    ...(noPool && { noPool: true as const }),
    ...(template !== undefined && { template }),
    lifecycle: parts.lifecycle,
    dependsOn: parts.dependsOn,
    range: rangeOf(parts.at),
    rangeOf: rangesOf(kind, own.places, fields),
  }
}
