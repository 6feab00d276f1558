import type { GuestIdentity } from '../resource/guest.ts'

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i

const share = (a: readonly string[], b: readonly string[]): boolean => a.some((mark) => b.includes(mark))

/**
 * Whether two looks at a VMID saw the same guest. UUIDs decide where both have one. MAC addresses come before volume ids, which a new guest with
 * the same VMID would be given again. Where nothing can be compared the answer is yes: digests still guard the writes.
 */
export const sameIdentity = (a: GuestIdentity, b: GuestIdentity): boolean => {
  if (a.uuid !== undefined && b.uuid !== undefined) return a.uuid === b.uuid
  const [left, right] = [a.marks ?? [], b.marks ?? []]
  const [leftMacs, rightMacs] = [left.filter((mark) => MAC.test(mark)), right.filter((mark) => MAC.test(mark))]
  if (leftMacs.length > 0 && rightMacs.length > 0) return share(leftMacs, rightMacs)
  return left.length === 0 || right.length === 0 || share(left, right)
}
