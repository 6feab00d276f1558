import type { Guest } from '../state/guest.ts'

/** A volume of a guest and whether a backup takes it in, with PVE's reason. */
export type BackupVolume = {
  readonly id: string
  readonly name: string
  readonly included: 0 | 1
  readonly reason: string
  readonly leaf: 1
}

const optionOf = (text: string, key: string): string | undefined =>
  text
    .split(',')
    .find((part) => part.startsWith(`${key}=`))
    ?.slice(key.length + 1)

const volumeOf = (text: string, key: string): string => {
  const first = text.split(',')[0] ?? ''
  return first.includes('=') && !first.includes(':')
    ? (optionOf(text, key) ?? '')
    : first.replace(new RegExp(`^${key}=`), '')
}

const leaf = (guest: Guest, slot: string, name: string, taken: boolean, reason: string): BackupVolume => ({
  id: `${guest.vmid}:${slot}`,
  name,
  included: taken ? 1 : 0,
  reason,
  leaf: 1,
})

const ofVm = (guest: Guest): readonly BackupVolume[] =>
  Object.keys(guest.config)
    .filter((slot) => /^(?:scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/.test(slot))
    .sort()
    .filter((slot) => optionOf(guest.config[slot] ?? '', 'media') !== 'cdrom')
    .map((slot) => {
      const text = guest.config[slot] ?? ''
      const off = optionOf(text, 'backup') === '0'
      const efi = slot.startsWith('efidisk') && guest.config['bios'] !== 'ovmf'
      if (efi) return leaf(guest, slot, volumeOf(text, 'file'), false, 'efidisk but no OMVF BIOS')
      return leaf(guest, slot, volumeOf(text, 'file'), !off, off ? 'backup=no' : 'backup=yes')
    })

const ofContainer = (guest: Guest): readonly BackupVolume[] =>
  Object.keys(guest.config)
    .filter((slot) => slot === 'rootfs' || /^mp\d+$/.test(slot))
    .sort((a, b) => (a === 'rootfs' ? -1 : b === 'rootfs' ? 1 : a < b ? -1 : 1))
    .map((slot) => {
      const text = guest.config[slot] ?? ''
      const name = volumeOf(text, 'volume')
      if (slot === 'rootfs') return leaf(guest, slot, name, true, 'rootfs')
      if (name.startsWith('/'))
        return leaf(guest, slot, name, false, name.startsWith('/dev/') ? 'device mount point' : 'bind mount')
      const taken = optionOf(text, 'backup') === '1'
      return leaf(guest, slot, name, taken, taken ? 'enabled' : 'disabled')
    })

/** The volumes of a guest as a backup job would take or leave them. PVE API: GET /cluster/backup/{id}/included_volumes. */
export const includedVolumes = (guest: Guest): readonly BackupVolume[] =>
  guest.type === 'qemu' ? ofVm(guest) : ofContainer(guest)
