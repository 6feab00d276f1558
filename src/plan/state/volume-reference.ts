import type { Address } from '../../resource/address.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { ApiRequest, RequestParam } from '../../resource/request.ts'
import { stepId } from '../order/step-chain.ts'

/**
 * A drive's options with the volume it has by then, whose name only the server knows: the configuration is read, and the volume out of it
 * takes the place of the one in `text`. PVE rewrites `size` by itself.
 */
export const withVolume = (
  address: Address,
  verb: string,
  guest: GuestRef,
  key: string,
  text: string,
): { readonly read: ApiRequest; readonly param: RequestParam } => {
  const options = text
    .split(',')
    .slice(1)
    .filter((part) => !part.startsWith('size='))
  return {
    read: {
      method: 'GET',
      path: `${guestPath(guest)}/pending`,
      output: { name: key, where: { key }, take: 'value', until: ',' },
    },
    param: {
      fromStep: stepId(address, verb),
      output: key,
      ...(options.length > 0 && { suffix: `,${options.join(',')}` }),
    },
  }
}
