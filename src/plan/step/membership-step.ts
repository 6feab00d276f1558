import type { ApiRequest } from '../../resource/request.ts'
import { advance, type PlanPart } from '../state/guest-progress.ts'

const member = (poolid: string, vmid: number, remove = false): ApiRequest => ({
  method: 'PUT',
  path: '/pools',
  params: remove ? { poolid, vms: String(vmid), delete: true } : { poolid, vms: String(vmid), 'allow-move': true },
})

/** Puts a guest into a pool, into another, or out of any. PVE API: PUT /pools with `allow-move` or `delete`. */
export const changePool =
  (from: string | undefined, to: string | undefined): PlanPart =>
  (progress) => {
    const { guest } = progress
    const request = (was: string | undefined, is: string | undefined): readonly ApiRequest[] => {
      if (is !== undefined) return [member(is, guest.vmid)]
      return was === undefined ? [] : [member(was, guest.vmid, true)]
    }
    return advance(progress, {
      verb: 'pool',
      action: 'update',
      guest,
      summary: to === undefined ? `take it out of pool ${from}` : `put it into pool ${to}`,
      requests: request(from, to),
      disruption: 'none',
      reversal: {
        by: 'requests',
        requests: request(to, from),
        note: from === undefined ? `take it out of pool ${to}` : `put it back into pool ${from}`,
      },
    })
  }
