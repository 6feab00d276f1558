import { raise } from '../../api/error.ts'
import type { Guest } from '../../state/guest.ts'
import type { World } from '../../state/world.ts'
import { parseVolname } from '../../volume/name.ts'
import { drivesOf, isCloudinit } from '../disk/drive.ts'

/** Ends where a cloud-init drive could not be written: `cicustom` names what is no snippet. PVE source: read_cloudinit_snippets_file. */
export const checkCicustom = (world: World, guest: Guest): void => {
  if (!drivesOf(guest.config).some(([, drive]) => isCloudinit(drive))) return
  for (const part of (guest.config['cicustom'] ?? '').split(',')) {
    const volid = part.replace(/^(?:user|network|meta|vendor)=/, '')
    if (volid !== '' && parseVolname(world, volid).type !== 'snippets')
      raise(`${volid} is not in the snippets directory`)
  }
}
