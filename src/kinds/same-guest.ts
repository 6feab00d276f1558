import type { GuestIdentity } from '../resource/guest.ts'

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i

const macsOf = ({ marks = [] }: GuestIdentity): readonly string[] => marks.filter((mark) => MAC.test(mark))

const share = (a: readonly string[], b: readonly string[]): boolean => a.some((mark) => b.includes(mark))

/** Unix seconds at which a task began, by its UPID. */
const startOf = (upid: string): number => Number.parseInt(upid.split(':')[4] ?? '', 16)

/** The task in a few words: `vzrestore by root@pam`. */
const taskText = (upid: string): string => {
  const [, , , , , type = 'task', , user = ''] = upid.split(':')
  return user === '' ? type : `${type} by ${user}`
}

/** The VMID was made, restored or destroyed since, and not by the one who remembers the guest. */
const madeSince = (known: GuestIdentity, seen: GuestIdentity): string | undefined => {
  if (known.event === undefined || seen.event === undefined || seen.event === null) return undefined
  // Tasks have whole seconds, and the server shows the last of one second.
  const isEarlier = known.event !== null && startOf(seen.event) < startOf(known.event)
  return !isEarlier && seen.event !== known.event ? seen.event : undefined
}

/**
 * Why two looks at a VMID did not see the same guest, in words; undefined when they did. The one decision for plans, runs, recoveries and
 * reverts. Only what the next owner of the VMID cannot have as well tells anything: a UUID; MAC addresses the server chose (not those
 * a declaration gives to whatever has the VMID: `declared`); that nobody made, restored or destroyed a guest under the VMID since. Volumes are named
 * after the VMID and tell nothing. What was never known contradicts nothing: digests still guard the writes.
 */
export const differenceOf = (known: GuestIdentity, seen: GuestIdentity): string | undefined => {
  if (known.uuid !== undefined && seen.uuid !== undefined)
    return known.uuid === seen.uuid ? undefined : 'its UUID is different'
  if (known.uuid !== undefined && seen.marks !== undefined) return 'it has no UUID'
  const [before, now] = [macsOf(known), macsOf(seen)]
  const chosen = before.filter((mac) => !known.declared?.includes(mac))
  if (share(chosen, now)) return undefined
  if (before.length > 0 && now.length > 0 && !share(before, now)) return 'its MAC addresses are different'
  const event = madeSince(known, seen)
  if (event !== undefined)
    return `it was re-created since (${taskText(event)}), and nothing shows that it is a copy of the old one`
  if (known.name !== undefined && seen.name !== undefined && known.name !== seen.name)
    return `its name is ${seen.name} and was ${known.name}, and nothing else shows that it is the same guest`
  return undefined
}

/** Whether the next owner of the VMID cannot look like this: it has the UUID, or a MAC address that the server had chosen. */
export const isCertainlySame = (known: GuestIdentity, seen: GuestIdentity): boolean =>
  known.uuid !== undefined
    ? known.uuid === seen.uuid
    : share(
        macsOf(known).filter((mac) => !known.declared?.includes(mac)),
        macsOf(seen),
      )

export const isSameGuest = (known: GuestIdentity, seen: GuestIdentity): boolean =>
  differenceOf(known, seen) === undefined
