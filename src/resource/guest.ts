/** PVE's word for the two sorts of guest, as it stands in API paths. */
export type GuestType = 'qemu' | 'lxc'

/** The same as declarations name them. */
export type GuestKindName = 'vm' | 'container'

const GUEST_TYPES: ReadonlySet<unknown> = new Set<GuestType>(['qemu', 'lxc'])

export const isGuestType = (type: unknown): type is GuestType => GUEST_TYPES.has(type)

declare const brand: unique symbol

/** A guest's number, 100 to 999999999, unique in the cluster. */
export type Vmid = number & { readonly [brand]: 'Vmid' }

/** Undefined when the value is not a number PVE accepts. */
export const parseVmid = (value: unknown): Vmid | undefined => {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 100 && number <= 999_999_999
    ? (number as Vmid)
    : undefined
}

export interface GuestRef {
  readonly type: GuestType
  readonly node: string
  readonly vmid: Vmid
}

/**
 * What tells a guest from another one that has taken its VMID. VMs carry a UUID in `smbios1` that survives edits and snapshot
 * rollback; containers have none, so several things together serve (`kinds/same-guest.ts` decides).
 */
export interface GuestIdentity {
  readonly uuid?: string
  /** MAC addresses and volume ids. */
  readonly marks?: readonly string[]
  /** MAC addresses among them that the declaration gives to whatever has the VMID. */
  readonly declared?: readonly string[]
  /** Containers: the host name. */
  readonly name?: string
  /** UPID of the last task that made, restored or destroyed a guest with this VMID; null: none is known. Missing: nobody looked. */
  readonly event?: string | null
}

/** API path of a guest, below /api2/json: `/nodes/pve1/qemu/101`. */
export const guestPath = ({ type, node, vmid }: GuestRef): string => `/nodes/${node}/${type}/${vmid}`
