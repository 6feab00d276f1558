import type { PropertyMap } from '../../resource/config-value.ts'
import { canonicalSize, sizeOfGib } from './size.ts'

const CLOUD_INIT = /(?:^|[:/])vm-\d+-cloudinit(?:\.\w+)?$/
const EXTENSION = /\.(raw|qcow2|vmdk|qcow|qed|subvol)$/

/** Storage of a volume id; undefined for host paths, empty drives and other things that are no volume. */
export const storageOf = (volume: string): string | undefined => {
  const at = volume.indexOf(':')
  return at <= 0 || volume.startsWith('/') ? undefined : volume.slice(0, at)
}

/** VMID of the guest a volume belongs to, which its name tells; undefined where it tells none. PVE: `parse_volname`; a linked clone's own name comes last. */
export const volumeOwner = (volume: string): number | undefined => {
  const vmid = /(?:^|[:/])(?:vm|base|subvol|basevol)-(\d+)-[^/]*$/.exec(volume)?.[1]
  return vmid === undefined ? undefined : Number(vmid)
}

/** The volume is a cloud-init drive, which PVE makes and erases by itself. */
export const isCloudInit = (volume: string): boolean => CLOUD_INIT.test(volume) || /:cloudinit$/.test(volume)

/** PVE's text for a volume that is to be made, `local-lvm:32`: its storage, and how many GiB. */
export const allocationOf = (volume: string): { readonly storage: string; readonly gib: string } | undefined => {
  const match = /^([^:/\s]+):(\d+(?:\.\d+)?)$/.exec(volume)
  return match?.[1] === undefined || match[2] === undefined ? undefined : { storage: match[1], gib: match[2] }
}

/**
 * What a volume id tells besides itself: its storage, its format (block storages hold raw volumes and name none), and that it is a
 * cloud-init drive.
 */
export const volumeProperties = (volume: string, { withFormat }: { readonly withFormat: boolean }): PropertyMap => {
  const storage = storageOf(volume)
  if (storage === undefined) return {}
  // A pending mount point of a running container is made when it starts.
  const made = allocationOf(volume)
  if (made) return { storage, size: canonicalSize(sizeOfGib(Number(made.gib))) }
  const isContent = /:(?:iso|vztmpl|backup|snippets|import)\//.test(volume)
  const format = withFormat && !isContent && { format: EXTENSION.exec(volume)?.[1] ?? 'raw' }
  return { storage, ...(isCloudInit(volume) && { media: 'cloudinit' }), ...format }
}
