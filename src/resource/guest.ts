/** PVE's word for the two sorts of guest, as it stands in API paths. */
export type GuestType = 'qemu' | 'lxc'

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
 * rollback; containers have none, so what does not change by itself serves: volume ids and MAC addresses.
 */
export interface GuestIdentity {
  readonly uuid?: string
  readonly marks?: readonly string[]
}

/** API path of a guest, below /api2/json: `/nodes/pve1/qemu/101`. */
export const guestPath = ({ type, node, vmid }: GuestRef): string => `/nodes/${node}/${type}/${vmid}`
