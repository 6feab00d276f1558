import { kindOfType } from '../../kinds/registry.ts'
import { addressOf } from '../../resource/address.ts'
import { defaultName } from '../../resource/default-name.ts'
import type { ObservedGuest, ObservedPool } from '../../resource/observed.ts'
import { inWrittenOrder } from './attribute-order.ts'
import { chooseLabel } from './choose-label.ts'
import { describeGuest } from './describe-guest.ts'
import type { WrittenAttribute, WrittenBlock } from './written-block.ts'

export interface DeclaredGuest {
  readonly block: WrittenBlock
  readonly guest: ObservedGuest
  /** What is not declared although it is there, with the reason. */
  readonly left: readonly { readonly key: string; readonly why: string }[]
}

/** What is left out of a guest's declaration because a plan would change it. */
export type Omissions = ReadonlyMap<number, ReadonlySet<string>>

const NONE: ReadonlySet<string> = new Set()

const declareGuest = (guest: ObservedGuest, taken: Set<string>, omitted: ReadonlySet<string>): DeclaredGuest => {
  const { type, node, vmid, pool } = guest
  const kind = kindOfType(type)
  const { nameKey, templateField } = kind
  const label = chooseLabel(kind.name, { name: guest.name, number: vmid }, taken)
  const address = addressOf({ modules: [], type: kind.name, name: label })
  const { attributes, slots, isSharing, left } = describeGuest(guest, omitted)
  const isNamed = ({ name, value }: WrittenAttribute) => name !== nameKey || value !== defaultName(address)
  const own: readonly WrittenAttribute[] = [
    { name: 'node', value: node },
    { name: 'vmid', value: vmid },
    ...(templateField === 'flag' && guest.template ? [{ name: 'template', value: true }] : []),
    ...(pool === undefined || omitted.has('pool') ? [] : [{ name: 'pool', value: pool }]),
    ...attributes.filter(isNamed),
  ]
  const ordered = inWrittenOrder(own, ({ name }) => name)
  return {
    block: {
      kind: kind.name,
      label,
      address,
      attributes: ordered,
      slots,
      ...(isSharing && { lifecycle: { attach_foreign_volumes: true } }),
      guest: { type, node, vmid },
    },
    guest,
    left,
  }
}

/**
 * Guests of the cluster as a person would declare them, in the order given. `taken` holds labels that are in use (`vm.web`, in lower case), and
 * grows by those that are given.
 */
export const declareGuests = (
  guests: readonly ObservedGuest[],
  taken: Set<string>,
  omissions: Omissions = new Map(),
): readonly DeclaredGuest[] => guests.map((guest) => declareGuest(guest, taken, omissions.get(guest.vmid) ?? NONE))

/** The same for pools. */
export const declarePools = (pools: readonly ObservedPool[], taken: Set<string>): readonly WrittenBlock[] =>
  pools.map(({ poolid, comment }) => {
    const label = chooseLabel('pool', { name: poolid, number: undefined }, taken)
    return {
      kind: 'pool',
      label,
      address: addressOf({ modules: [], type: 'pool', name: label }),
      attributes: [
        ...(label === poolid ? [] : [{ name: 'poolid', value: poolid }]),
        ...(comment === undefined || comment === '' ? [] : [{ name: 'comment', value: comment }]),
      ],
      slots: [],
    }
  })
