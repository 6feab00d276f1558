import { errorText } from '../../api/error.ts'
import { splitVolid } from '../../schema/formats.ts'
import type { Guest } from '../../state/guest.ts'
import type { World } from '../../state/world.ts'
import { findVolume, removeVolume } from '../../volume/volumes.ts'
import { deallocate } from '../disk/deallocate.ts'
import { addUnused, type Drive, isCdrom, isCloudinit, isDriveName, ownerOf, parseDrive } from '../disk/drive.ts'

/** Puts an option on the list of pending deletions and drops its pending value. */
export const addPendingDelete = (guest: Guest, name: string, { force }: { readonly force: boolean }): void => {
  delete guest.pending[name]
  guest.pendingDelete.set(name, force)
}

/** Drops pending values equal to the current ones and deletions of what is not there. */
export const cleanPending = (guest: Guest): void => {
  for (const key of Object.keys(guest.pending)) if (guest.pending[key] === guest.config[key]) delete guest.pending[key]
  for (const key of [...guest.pendingDelete.keys()])
    if (guest.config[key] === undefined) guest.pendingDelete.delete(key)
}

/** Whether the volume is the guest's own, on a storage that is still defined. */
const isOwn = (world: World, guest: Guest, volid: string): boolean =>
  ownerOf(volid) === guest.vmid && world.storages.has(splitVolid(volid)?.storage ?? '')

/** What becomes of a drive that is no longer attached: `unusedN`, or nothing for cdroms; a cloud-init drive is freed. */
export const registerUnused = (world: World, guest: Guest, drive: Drive): void => {
  const volid = drive['file'] as string
  if (isCloudinit(drive)) {
    const volume = findVolume(world, volid, guest.node)
    if (volume !== undefined) removeVolume(world, guest.node, volume)
    guest.cloudinit = undefined
  } else if (!isCdrom(drive) && isOwn(world, guest, volid)) addUnused(guest.config, volid)
}

/** Deletes a drive line: the volume goes too with `force`, else it becomes `unusedN`. */
export const deleteOrDetach = (
  world: World,
  guest: Guest,
  key: string,
  { force }: { readonly force: boolean },
): void => {
  const drive = parseDrive(key, guest.config[key] as string)
  if (force) deallocate(world, guest, key, drive, { force: true })
  else registerUnused(world, guest, drive)
}

const trueOrder = (names: Iterable<string>): string[] => [...names].sort()

/**
 * Applies pending changes of a stopped guest, as PVE does on every write to one and on each start. Problems are returned by
 * option. PVE source: vmconfig_apply_pending.
 */
export const applyPending = (
  world: World,
  guest: Guest,
  { keepCloudinit = false }: { readonly keepCloudinit?: boolean } = {},
): Record<string, string> => {
  const errors: Record<string, string> = {}
  const attempt = (name: string, action: () => void): void => {
    try {
      action()
    } catch (error) {
      errors[name] = `unable to apply pending change ${name} : ${errorText(error)}\n`
    }
  }
  for (const name of trueOrder(guest.pendingDelete.keys()))
    attempt(name, () => {
      if (guest.config[name] !== undefined && isDriveName(name))
        deleteOrDetach(world, guest, name, { force: guest.pendingDelete.get(name) ?? false })
      guest.pendingDelete.delete(name)
      delete guest.config[name]
    })
  cleanPending(guest)
  let newCloudinit = false
  for (const name of trueOrder(Object.keys(guest.pending)))
    attempt(name, () => {
      const value = guest.pending[name] as string
      const before = guest.config[name]
      if (isDriveName(name)) {
        if (before !== undefined && parseDrive(name, before)['file'] !== parseDrive(name, value)['file'])
          registerUnused(world, guest, parseDrive(name, before))
        newCloudinit ||= isCloudinit(parseDrive(name, value))
      }
      guest.config[name] = value
      delete guest.pending[name]
    })
  if (newCloudinit && !keepCloudinit) guest.cloudinit = undefined
  return errors
}
