import { attributeName } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import type { AttributeChange } from '../../resource/change.ts'
import { type Config, type ConfigValue, isPropertyMap, isSecret, type Scalar } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { Vmid } from '../../resource/guest.ts'

/** A field of the guest itself that differs. */
export const fieldChange = (
  name: string,
  before: ConfigValue | undefined,
  after: ConfigValue | undefined,
  disruption: AttributeChange['disruption'] = 'none',
): AttributeChange => ({
  name,
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after }),
  disruption,
})

const configEntries = (kind: GuestKind, key: string, value: ConfigValue): readonly AttributeChange[] => {
  const sensitive = kind.factsFor(key)?.secret === true || isSecret(value)
  if (!isPropertyMap(value)) {
    return [
      { ...fieldChange(attributeName(kind, key), undefined, value), ...(sensitive && { sensitive: true as const }) },
    ]
  }
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([property, inner]) => fieldChange(attributeName(kind, key, property), undefined, inner as Scalar))
}

/** Properties the server chooses when nobody does: volume ids and MAC addresses. */
const unknownEntries = (kind: GuestKind, key: string, value: ConfigValue): readonly AttributeChange[] => {
  if (!isPropertyMap(value)) return []
  const volume = kind.volumeProperty(key)
  return [volume, macProperty(kind, key)].flatMap((property) =>
    property === undefined || property in value
      ? []
      : [{ name: attributeName(kind, key, property), unknown: true as const, disruption: 'none' as const }],
  )
}

const sourceEntry = ({ source }: DesiredGuest): readonly AttributeChange[] => {
  if (source.by === 'clone') return [fieldChange('clone', undefined, source.template)]
  return source.by === 'archive' ? [fieldChange('template', undefined, source.volume)] : []
}

/** The property of a network device that holds its MAC address; undefined for every other key. */
export const macProperty = (kind: GuestKind, key: string): string | undefined =>
  Object.entries(kind.factsFor(key)?.properties ?? {}).find(([, facts]) => facts.format === 'mac-addr')?.[0]

/** A guest that declares no name gets one all the same. */
const withName = (kind: GuestKind, config: Config, name: string): Config => ({
  [kind.nameKey]: name,
  ...config,
})

/** Everything a new guest will have, known or chosen by the server. */
export const createdAttributes = (
  kind: GuestKind,
  desired: DesiredGuest,
  { vmid, name }: { readonly vmid: Vmid; readonly name: string },
): readonly AttributeChange[] => [
  fieldChange('node', undefined, desired.node),
  fieldChange('vmid', undefined, vmid),
  ...sourceEntry(desired),
  ...Object.entries(withName(kind, desired.config, name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => [...configEntries(kind, key, value), ...unknownEntries(kind, key, value)]),
  ...(desired.attachments ?? []).flatMap(({ key, options }) => [
    ...configEntries(kind, key, options),
    ...unknownEntries(kind, key, options),
  ]),
  ...(desired.pool === undefined ? [] : [fieldChange('pool', undefined, desired.pool)]),
  ...(desired.power === undefined ? [] : [fieldChange('power', undefined, desired.power)]),
  ...(desired.template ? [fieldChange('template', undefined, true)] : []),
]
