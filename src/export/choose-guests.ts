import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Address } from '../resource/address.ts'
import type { Applied } from '../resource/applied.ts'
import type { Observed } from '../resource/observed.ts'
import { isOfGuest } from '../resource/resource-kind.ts'
import { compareNaturally } from '../util/natural-order.ts'
import type { ExportedGuest } from './export.ts'

export interface Chosen {
  readonly guests: readonly ExportedGuest[]
  readonly diagnostics: readonly Diagnostic[]
}

const leftOut = (address: Address, why: string): Diagnostic =>
  diagnose('export.unknown-guest', { detail: `${address} is left out: ${why}`, address })

/**
 * The guests that managed addresses stand for, in the order of addresses. `addresses`: only these; all managed ones otherwise. What cannot be
 * exported as it is on the cluster is told instead.
 */
export const chooseGuests = (
  observed: Observed,
  applied: Applied,
  addresses?: readonly Address[],
  archives: ReadonlyMap<Address, string> = new Map(),
): Chosen => {
  const managed = applied.filter(isOfGuest)
  const bound = new Map(managed.map((resource) => [resource.address, resource]))
  const byVmid = new Map(observed.guests.map((guest) => [guest.vmid, guest]))
  const wanted = addresses ?? managed.map(({ address }) => address)
  const guests: ExportedGuest[] = []
  const diagnostics: Diagnostic[] = []
  for (const address of [...wanted].sort(compareNaturally)) {
    const resource = bound.get(address)
    const guest = resource && byVmid.get(resource.guest.vmid)
    const archive = archives.get(address)
    if (!resource) diagnostics.push(leftOut(address, 'it has not been applied yet. Run mpc apply first.'))
    else if (!guest || guest.type !== resource.guest.type)
      diagnostics.push(leftOut(address, `the cluster no longer has the guest with VMID ${resource.guest.vmid}.`))
    else if (guest.unknownSince !== undefined)
      diagnostics.push(leftOut(address, `its node "${guest.node}" has not answered since ${guest.unknownSince}.`))
    else
      guests.push({
        address,
        guest,
        preventDestroy: resource.preventDestroy,
        ...(archive !== undefined && { archive }),
      })
  }
  return { guests, diagnostics }
}
