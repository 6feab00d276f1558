import type { GuestKind } from '../../kinds/kind.ts'
import { poolFacts } from '../../kinds/pool.ts'
import { guestKinds } from '../../kinds/registry.ts'
import { RESOURCE_KINDS } from '../../kinds/resource-kinds.ts'
import type { Address } from '../../resource/address.ts'
import { defaultName } from '../../resource/default-name.ts'
import type { GuestKindName } from '../../resource/guest.ts'
import type { KnownGuest } from '../../resource/known-guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { integer, NULL, type ObjectValue, object, string, type Value, withMarksOf } from '../eval/value.ts'
import { ADDRESS_FIELDS, addressValue, isAddressField } from './address-value.ts'
import { bodyValue, evaluateBody } from './evaluate-body.ts'
import type { ResourceInstance } from './resource-instance.ts'
import { evaluationIn, type ModuleScope } from './scope.ts'
import { type Beyond, openEntry, serverGroup, serverKey } from './server-value.ts'

type Entries = ReadonlyMap<string, Value>

const NOT_INHERITED = { attributes: new Set<string>(), blocks: new Set(['lifecycle']) }

/** Own over inherited; maps key by key, as deep as slots and their properties lie. */
const over = (inherited: Entries, own: Iterable<readonly [string, Value]>): Entries => {
  const merged = new Map(inherited)
  for (const [name, value] of own) {
    const below = merged.get(name)
    const isMap = below?.kind === 'object' && value.kind === 'object'
    merged.set(name, isMap ? object(over(below.entries, value.entries)) : value)
  }
  return merged
}

const NO_ENTRIES: Entries = new Map()

/** What `defaults` of this module and those above it say of a kind. */
const inheritedEntries = (scope: ModuleScope, kind: GuestKindName): Entries => {
  const above = scope.parent ? inheritedEntries(scope.parent, kind) : NO_ENTRIES
  const block = scope.module.declared.defaults.get(kind)
  if (!block) return above
  const address = `${scope.prefix}defaults.${kind}`
  const own = scope.world.cells.force<Entries>(
    `${address}#value`,
    () => new Map(bodyValue(evaluateBody(block.body, evaluationIn(scope, {}, address), NOT_INHERITED))),
    () => {
      const detail = `${address} needs a guest that takes it over. Write the value here, or put what both need into a local.`
      scope.world.problem({ code: 'declaration.cycle', detail, at: block.header })
      return NO_ENTRIES
    },
  )
  return over(above, own)
}

/** Null is left out at every depth, so that the server answers for it; maps answer for what they leave out as objects do. */
const declaredValue = (value: Value): Value => {
  if (value.kind !== 'object' && value.kind !== 'map') return value
  const entries = Array.from(value.entries).filter(([, inner]) => inner.kind !== 'null')
  return withMarksOf(object(entries.map(([name, inner]) => [name, declaredValue(inner)] as const)), value)
}

const declaredOf = (scope: ModuleScope, { kind, body }: ResourceInstance): Entries => {
  const own = bodyValue(body)
  const all = kind === 'pool' ? new Map(own) : over(inheritedEntries(scope, kind), own)
  return new Map(
    Array.from(all).flatMap(([name, value]) => (value.kind === 'null' ? [] : [[name, declaredValue(value)] as const])),
  )
}

/** Fields that are no configuration of PVE and that the declaration leaves out. */
const ownField = (name: string, known: KnownGuest | undefined, beyond: Beyond, address: Address): Value => {
  const { guest } = beyond
  switch (name) {
    case 'vmid':
      return known ? integer(known.vmid) : beyond.later(`${address}.vmid`)
    case 'node':
      return guest ? string(guest.node) : beyond.later(`${address}.node`)
    case 'pool':
      return guest?.pool === undefined ? NULL : string(guest.pool)
    case 'power':
      return guest ? string(guest.status === 'stopped' ? 'stopped' : 'running') : NULL
    default:
      return NULL
  }
}

/** A container may be named by either. */
const SYNONYMS: { readonly [name: string]: string } = { name: 'hostname', hostname: 'name' }

/** What other tools call what a guest tells of itself. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['default_ipv4_address', 'ipv4_address'],
  ['default_ipv6_address', 'ipv6_address'],
  ['ssh_host', 'ipv4_address'],
  ['ip', 'ipv4_address'],
  ['ip_address', 'ipv4_address'],
  ['ipv4', 'ipv4_addresses'],
  ['ipv6', 'ipv6_addresses'],
  ['addresses', 'ipv4_addresses'],
  ['ip_addresses', 'ipv4_addresses'],
])

const foreignHint = (name: string): string | undefined => FOREIGN.get(name)

/** A guest that is declared to run, and does not: it has its addresses only after the apply. */
const willStart = ({ status, template }: ObservedGuest, power: Value | undefined): boolean =>
  (status === 'stopped' || status === 'paused') && !template && power?.kind === 'string' && power.value === 'running'

const guestValue = (
  address: Address,
  entries: Entries,
  kind: GuestKind,
  known: KnownGuest | undefined,
  beyond: Beyond,
): ObjectValue => {
  const own = RESOURCE_KINDS[kind.name].fields
  const opened = Array.from(entries, ([name, value]) => [name, openEntry(beyond, name, value)] as const)
  const declared = object(opened)
  return {
    ...declared,
    open: {
      owner: address,
      has: (name) =>
        own.includes(name) ||
        isAddressField(name) ||
        kind.factsFor(name) !== undefined ||
        Object.hasOwn(kind.groups, name),
      names: () => [...own, ...ADDRESS_FIELDS, ...Object.keys(kind.attributes), ...Object.keys(kind.groups)],
      hint: foreignHint,
      value: (name) => {
        const synonym = own.includes(name) && declared.entries.get(SYNONYMS[name] ?? '')
        if (synonym) return synonym
        if (isAddressField(name))
          return beyond.guest && !willStart(beyond.guest, declared.entries.get('power'))
            ? addressValue(beyond.guest, name, beyond.noteAddresses)
            : beyond.later(`${address}.${name}`)
        if (own.includes(name)) return ownField(name, known, beyond, address)
        if (Object.hasOwn(kind.groups, name)) return serverGroup(beyond, name)
        // A slot that is declared in its block: `vm.web.net0` for `network "net0" { … }`.
        const group = declared.entries.get(kind.groupOf(name) ?? '')
        const slot = group?.kind === 'object' ? group.entries.get(name) : undefined
        return slot ?? serverKey(beyond, name)
      },
    },
  }
}

/**
 * What a reference to the instance gives: what is declared and inherited; of the rest what the server has, or what is known after apply.
 */
export const resourceValue = (scope: ModuleScope, instance: ResourceInstance): Value => {
  const { kind, address, block } = instance
  const entries = new Map(declaredOf(scope, instance))
  const { world } = scope
  if (kind === 'pool') {
    if (!entries.has('poolid')) entries.set('poolid', string(block.labels[0]?.text ?? ''))
    const has = (name: string): boolean => poolFacts.fields.includes(name)
    const value = (name: string): Value => world.later(`${address}.${name}`)
    return { ...object(entries), open: { owner: address, has, names: () => poolFacts.fields, value } }
  }
  const known = world.known(address)
  if (!entries.has('name') && !entries.has('hostname'))
    entries.set(guestKinds[kind].nameKey, string(defaultName(address)))
  if (known && !entries.has('vmid')) entries.set('vmid', integer(known.vmid))
  const beyond: Beyond = {
    kind: guestKinds[kind],
    owner: address,
    guest: known?.guest,
    later: world.later,
    noteAddresses: world.noteAddresses,
  }
  return guestValue(address, entries, beyond.kind, known, beyond)
}
