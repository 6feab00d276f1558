import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { idRange } from '../cluster/options.ts'

/**
 * The next free guest number, as text, or the one asked for if it is free. The upper end of the range is not given out
 * (seen on PVE 9.2). PVE API: GET /cluster/nextid.
 */
export const nextId = (call: Call): string => {
  const { guests } = call.world
  if (call.has('vmid')) {
    if (guests.has(call.number('vmid'))) raiseParam({ vmid: `VM ${call.text('vmid')} already exists` })
    return call.text('vmid')
  }
  const { lower, upper } = idRange(call.world)
  for (let id = lower; id < upper; id++) if (!guests.has(id)) return String(id)
  return raise(`unable to get any free VMID in range [${lower}, ${upper}]`)
}
