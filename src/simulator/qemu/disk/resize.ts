import type { Call } from '../../api/call.ts'
import { raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../../guest/find-guest.ts'
import { splitVolid } from '../../schema/formats.ts'
import { touch } from '../../state/guest.ts'
import type { Volume } from '../../state/storage.ts'
import type { World } from '../../state/world.ts'
import { parseSize } from '../../volume/size.ts'
import { findVolume, pathOf, poolOn, usedOn } from '../../volume/volumes.ts'
import { isCdrom, parseDrive, printDrive } from './drive.ts'

const aligned = (bytes: number, format: string): number => (format === 'qcow2' ? Math.ceil(bytes / 512) * 512 : bytes)

/** qemu-img may not write to a base image. */
const checkBase = (world: World, volume: Volume, size: number): void => {
  if (volume.format === 'raw' || !/(?:^|\/)base-[^/]*$/.test(volume.name)) return
  const path = pathOf(world, volume.storage, volume.name)
  raise(
    `command '/usr/bin/qemu-img resize '--preallocation=metadata' -f ${volume.format} ${path} ${size}' failed: exit code 1`,
  )
}

/** PUT /nodes/{node}/qemu/{vmid}/resize: grow only, in a task. */
export const resizeDisk = (call: Call): string => {
  const { world } = call
  const node = call.node().name
  const key = call.text('disk')
  const wanted = call.text('size')
  if (call.flag('skiplock') && !call.isRoot()) raiseParam({ skiplock: 'Only root may use this option.' })
  return call.task('resize', call.vmid(), (worker) =>
    world.locks.withLock(lockFile('qemu', call.vmid()), async () => {
      const guest = loadGuest(world, 'qemu', node, call.vmid())
      if (call.has('digest') && call.text('digest') !== digestOf(guest))
        raise('checksum mismatch (file change by other user?)')
      if (!call.flag('skiplock')) checkLock(guest)
      const line = guest.config[key] ?? raise(`disk '${key}' does not exist`)
      const drive = parseDrive(key, line)
      const volid = drive['file'] as string
      if (splitVolid(volid) === undefined) raise(`unable to parse volume ID '${volid}'`)
      if (isCdrom(drive)) raise("you can't resize a cdrom")
      const volume = findVolume(world, volid, node) ?? raise(`disk '${key}' has no associated volume`)
      const amount = parseSize(wanted.replace('+', '')) ?? 0
      const size = aligned(wanted.startsWith('+') ? volume.size + amount : amount, volume.format)
      if (size < volume.size) raise('shrinking disks is not supported')
      if (size === volume.size) return
      if (volume.format === 'vmdk') raise("can't resize this image format")
      checkBase(world, volume, size)
      const pool = poolOn(world, volume.storage, node)
      if (world.storages.get(volume.storage)?.type === 'lvm' && usedOn(pool) + size - volume.size > pool.total)
        raise(`not enough free space on storage '${volume.storage}'`)
      await worker.work(0.3)
      volume.size = size
      guest.config[key] = printDrive(key, { ...drive, size: String(size) })
      touch(guest)
      worker.log('Image resized.')
    }),
  )
}
