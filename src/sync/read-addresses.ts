import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { kindOfType } from '../kinds/registry.ts'
import { guestPath, type Vmid } from '../resource/guest.ts'
import type { GuestAddresses, ObservedGuest } from '../resource/observed.ts'
import type { Answer } from '../resource/server.ts'
import { addressesIn, canTellAddresses } from './guest-addresses.ts'
import { askFor, eachBounded, type Reader } from './guest-reading.ts'

/** How long one guest, and all of them together, may take: nobody waits for an agent that does not answer. */
const PATIENCE_MS = 3000
const PATIENCE_FOR_ALL_MS = 15_000

export interface AddressesRead {
  /** Of those that answered. */
  readonly addresses: ReadonlyMap<Vmid, GuestAddresses>
  /** Warnings only: what the caller may not ask. */
  readonly diagnostics: readonly Diagnostic[]
}

interface Asking {
  /** This moment, ISO 8601. */
  readonly now: string
  readonly concurrency?: number
  readonly signal?: AbortSignal | undefined
}

/** PVE API: GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces, GET /nodes/{node}/lxc/{vmid}/interfaces. */
const pathFor = (guest: ObservedGuest): string => `${guestPath(guest)}/${kindOfType(guest.type).addresses.path}`

/** Undefined when there was no answer in time. Throws when the caller's own signal ends it. */
const askInTime = async (
  reader: Reader,
  guest: ObservedGuest,
  all: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<Answer | undefined> => {
  if (all.aborted) return undefined
  const patience = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), all, ...(signal ? [signal] : [])])
  try {
    return await askFor(reader, pathFor(guest), patience)
  } catch (error) {
    signal?.throwIfAborted()
    if (patience.aborted) return undefined
    throw error
  }
}

const hiddenWarning = (guests: readonly ObservedGuest[]): readonly Diagnostic[] => {
  const [first] = guests
  if (!first) return []
  const { privilege } = kindOfType(first.type).addresses
  const others = guests.length === 1 ? '' : ` and of ${guests.length - 1} more`
  return [
    diagnose('sync.addresses-hidden', {
      detail: `The addresses of ${first.name} (${first.vmid})${others} could not be read: that needs the privilege ${privilege} on /vms/${first.vmid} (before Proxmox VE 9: VM.Monitor for VMs). They stay empty.`,
    }),
  ]
}

/** Asks guests for their addresses, those that can tell; one that does not answer is passed over. */
export const readAddresses = async (
  reader: Reader,
  guests: readonly ObservedGuest[],
  { now, concurrency = 8, signal }: Asking,
): Promise<AddressesRead> => {
  const asked = guests.filter(canTellAddresses)
  const all = AbortSignal.timeout(PATIENCE_FOR_ALL_MS)
  const answers = await eachBounded(asked, concurrency, (guest) => askInTime(reader, guest, all, signal))
  const addresses = asked.flatMap((guest, at) => {
    const answer = answers[at]
    return answer?.kind === 'answered' ? [[guest.vmid, addressesIn(answer.data, guest.current, now)] as const] : []
  })
  const hidden = asked.filter((_, at) => {
    const answer = answers[at]
    return answer?.kind === 'refused' && answer.status === 403
  })
  return { addresses: new Map(addresses), diagnostics: hiddenWarning(hidden) }
}

/** The guests with what was told now in place of what was told before. */
export const withAddresses = (
  guests: readonly ObservedGuest[],
  addresses: AddressesRead['addresses'],
): readonly ObservedGuest[] =>
  guests.map((guest) => {
    const told = addresses.get(guest.vmid)
    return told ? { ...guest, addresses: told } : guest
  })
