import { kindOfType } from '../../kinds/registry.ts'
import type { GuestKindName } from '../../resource/guest.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { BOOL, listOf, NUMBER, objectOf, STRING } from '../eval/type.ts'
import { bool, integer, list, NULL, nullOf, object, string, type Value } from '../eval/value.ts'
import { ADDRESS_FIELDS, addressValue, isAddressField, type NoteAddresses } from '../module/address-value.ts'
import { GUEST_STATUS, GUEST_TYPES } from '../module/block/lookup-types.ts'
import {
  type Arguments,
  type Found,
  fitsName,
  flagArgument,
  textArgument,
  texts,
  textsArgument,
  unknownNamed,
  wordArgument,
} from './lookup-arguments.ts'
import { isPattern } from './name-pattern.ts'
import { newestOf } from './newest.ts'

type Guests = readonly ObservedGuest[]

const GUEST = objectOf([
  ['vmid', NUMBER],
  ['name', STRING],
  ['node', STRING],
  ['type', STRING],
  ['status', STRING],
  ['template', BOOL],
  ['pool', STRING],
  ['tags', listOf(STRING)],
])

const typeOf = ({ type }: ObservedGuest): GuestKindName => kindOfType(type).name

const tagsOf = ({ current }: ObservedGuest): readonly string[] =>
  (current['tags'] ?? '').split(/[;, ]+/).filter((tag) => tag !== '')

const guestValue =
  (note: NoteAddresses) =>
  (guest: ObservedGuest): Value => ({
    ...object([
      ['vmid', integer(guest.vmid)],
      ['name', string(guest.name)],
      ['node', string(guest.node)],
      ['type', string(typeOf(guest))],
      ['status', string(guest.status)],
      ['template', bool(guest.template)],
      ['pool', guest.pool === undefined ? nullOf(STRING) : string(guest.pool)],
      ['tags', texts(tagsOf(guest))],
    ]),
    open: {
      owner: `${guest.name} (${guest.vmid})`,
      has: isAddressField,
      names: () => ADDRESS_FIELDS,
      value: (name) => (isAddressField(name) ? addressValue(guest, name, note) : NULL),
    },
  })

/** What of the arguments is no name: guests that do not fit are not looked at. */
const filterOf = (args: Arguments): ((guest: ObservedGuest) => boolean) => {
  const [node, pool] = ['node', 'pool'].map((key) => textArgument(args, key))
  const type = wordArgument(args, 'type', GUEST_TYPES)
  const status = wordArgument(args, 'status', GUEST_STATUS)
  const template = flagArgument(args, 'template')
  // The cluster's `tag-style` may tell upper from lower case; a filter does not.
  const tags = textsArgument(args, 'tags')?.map((tag) => tag.toLowerCase())
  return (guest) => {
    if (node !== undefined && guest.node !== node) return false
    if (pool !== undefined && guest.pool !== pool) return false
    if (type !== undefined && typeOf(guest) !== type) return false
    if (status !== undefined && guest.status !== status) return false
    if (template !== undefined && guest.template !== template) return false
    if (tags === undefined) return true
    const own = tagsOf(guest).map((tag) => tag.toLowerCase())
    return tags.every((tag) => own.includes(tag))
  }
}

interface Wanted {
  readonly what: 'guest' | 'template'
  readonly name: string | undefined
  readonly vmid: string | undefined
  readonly node: string | undefined
}

const textOf = ({ what, name, vmid, node }: Wanted): string => {
  const which = name !== undefined ? ` "${name}"` : vmid !== undefined ? ` number ${vmid}` : ''
  return `${what}${which}${node === undefined ? '' : ` on node "${node}"`}`
}

/** Nothing fits: another name may have been meant, or it is there and something else was asked of it. */
const notFound = (wanted: Wanted, all: Guests, fitting: Guests): { readonly problem: string } => {
  const { name, vmid } = wanted
  const others = all.filter((guest) => (name === undefined || guest.name === name) && isNumber(vmid, guest))
  const [other] = name === undefined && vmid === undefined ? [] : others
  const near =
    name === undefined
      ? ''
      : suggestion(
          name,
          fitting.map((guest) => guest.name),
        )
  const there = other ? ` ${other.name} (${other.vmid}) exists, but does not match the other conditions.` : ''
  return { problem: `the cluster has no ${textOf(wanted)}.${near || there}` }
}

const isNumber = (vmid: string | undefined, guest: ObservedGuest): boolean =>
  vmid === undefined || String(guest.vmid) === vmid

const findOne = (wanted: Wanted, all: Guests, fitting: Guests, valueFor: (guest: ObservedGuest) => Value): Found => {
  const { what, name, vmid } = wanted
  const found = fitting.filter((guest) => (name === undefined || guest.name === name) && isNumber(vmid, guest))
  const [only, second] = found
  if (!only) return notFound(wanted, all, fitting)
  if (!second) return valueFor(only)
  const vmids = found.map((guest) => guest.vmid).join(', ')
  return { problem: `more than one ${what} is called "${name}": ${vmids}. Say which with \`vmid\`.` }
}

/**
 * The guest of that number or name; without either, or with a pattern, all that fit, by VMID. Templates: with `newest` the one that was made
 * last of those.
 */
export const findGuest = (
  { guests, nodes }: Observed,
  what: Wanted['what'],
  args: Arguments,
  note: NoteAddresses,
): Found => {
  const [name, vmid, node] = ['name', 'vmid', 'node'].map((key) => textArgument(args, key))
  const wanted = { what, name, vmid, node }
  const fits = filterOf(args)
  const valueFor = guestValue(note)
  const all = guests.filter(({ template }) => what === 'guest' || template)
  const fitting = all.filter(fits)
  const isMany = vmid === undefined && (name === undefined || isPattern(name))
  const named = fitting.filter((guest) => fitsName(name, guest.name))
  if (flagArgument(args, 'newest') === true && vmid === undefined) {
    const newest = newestOf(named)
    return newest ? valueFor(newest) : notFound(wanted, all, fitting)
  }
  if (!isMany) return findOne(wanted, all, fitting, valueFor)
  if (node !== undefined && !nodes.some((one) => one.node === node))
    return unknownNamed(
      'node',
      node,
      nodes.map((one) => one.node),
    )
  return list(GUEST, named.map(valueFor))
}
