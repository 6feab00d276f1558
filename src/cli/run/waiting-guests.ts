import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Observed } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { waitingKeys } from '../../resource/waiting-keys.ts'

/** A managed guest that has some of its configuration only from its next start on. */
export interface WaitingGuest {
  readonly address: string
  readonly vmid: number
  readonly attributes: readonly string[]
}

/** The managed guests that wait for their next start, by address; `only`: of these VMIDs. */
export const waitingGuests = (
  applied: Applied,
  { guests }: Pick<Observed, 'guests'>,
  only?: ReadonlySet<number>,
): readonly WaitingGuest[] => {
  const addresses = new Map<number, string>(
    applied.filter(isOfGuest).map(({ address, guest }) => [guest.vmid, address]),
  )
  return guests
    .flatMap((guest) => {
      const { vmid, type } = guest
      const address = addresses.get(vmid)
      const keys = address === undefined || (only && !only.has(vmid)) ? [] : waitingKeys(guest)
      const attributes = keys.map((key) => attributeName(kindOfType(type), key))
      return address === undefined || keys.length === 0 ? [] : [{ address, vmid: vmid as number, attributes }]
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1))
}

/** "vm.web (300): ciuser, cores". */
export const waitingLine = ({ address, vmid, attributes }: WaitingGuest): string =>
  `${address} (${vmid}): ${attributes.join(', ')}`
