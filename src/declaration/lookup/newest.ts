import type { ObservedGuest } from '../../resource/observed.ts'
import { compareNaturally } from '../../util/natural-order.ts'

/** When PVE made the VM, in seconds: `meta: creation-qemu=9.2.0,ctime=1764576000`. A clone keeps that of its source, containers have none. */
const createdAt = ({ current }: ObservedGuest): number => {
  const found = /(?:^|,)ctime=(\d+)/.exec(current['meta'] ?? '')
  return found ? Number(found[1]) : 0
}

/** The one that was made last; of those made at one time the last by name, as people count (`debian-9` before `debian-10`), then by VMID. */
export const newestOf = (guests: readonly ObservedGuest[]): ObservedGuest | undefined => {
  return guests
    .toSorted((a, b) => createdAt(a) - createdAt(b) || compareNaturally(a.name, b.name) || a.vmid - b.vmid)
    .at(-1)
}
