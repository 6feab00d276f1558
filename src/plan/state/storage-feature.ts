import { kindOfType } from '../../kinds/registry.ts'
import type { GuestType } from '../../resource/guest.ts'

/** Storage types whose every volume can hold snapshots. PVE: storage plugins' `volume_has_feature`. */
const SNAPSHOT_ALWAYS = new Set(['zfspool', 'zfs', 'lvmthin', 'rbd', 'btrfs'])
/** Storage types that keep volumes as files: only the qcow2 format holds snapshots. */
const FILES = new Set(['dir', 'nfs', 'cifs', 'glusterfs', 'lvm'])

/** The storage keeps volumes as files, so that their names end in their format. */
export const isFileStorage = (storageType: string): boolean =>
  storageType !== 'lvm' && (FILES.has(storageType) || storageType === 'btrfs')

/** Whether a guest's volume can be part of a snapshot. */
export const canSnapshot = (storageType: string, volume: string, guest: GuestType): boolean => {
  if (SNAPSHOT_ALWAYS.has(storageType)) return true
  return kindOfType(guest).snapshotsFiles && FILES.has(storageType) && volume.endsWith('.qcow2')
}
