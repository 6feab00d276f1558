import type { Vmid } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { STRING } from '../eval/type.ts'
import { list, nullOf, string, type Value } from '../eval/value.ts'

/** What the guest itself tells, by the names expressions have for it: lists, and of each the first. */
export const ADDRESS_FIELDS = ['ipv4_address', 'ipv4_addresses', 'ipv6_address', 'ipv6_addresses'] as const

export type AddressField = (typeof ADDRESS_FIELDS)[number]

export const isAddressField = (name: string): name is AddressField => ADDRESS_FIELDS.some((field) => field === name)

/** Told of every guest whose addresses an expression asks for. */
export type NoteAddresses = (vmid: Vmid) => void

/** Addresses of a guest as it last told them: no element, or null, as long as it has not. */
export const addressValue = (guest: ObservedGuest, field: AddressField, note: NoteAddresses): Value => {
  note(guest.vmid)
  const addresses = guest.addresses?.[field.startsWith('ipv4') ? 'ipv4' : 'ipv6'] ?? []
  if (field.endsWith('addresses')) return list(STRING, addresses.map(string))
  return addresses[0] === undefined ? nullOf(STRING) : string(addresses[0])
}
