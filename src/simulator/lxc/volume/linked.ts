import type { Volume } from '../../state/storage.ts'
import { nodeSeconds, type World } from '../../state/world.ts'
import { addVolume, nextImageName, storageOf } from '../../volume/volumes.ts'

/** How a storage names the linked clone of a container's volume. */
const nameOf = (type: string, base: Volume, image: string, vmid: number): string => {
  if (type === 'btrfs') return `${vmid}/${image}.${base.format}`
  return type === 'zfspool' ? `${base.name}/${image}` : image
}

/**
 * Makes a linked clone of a template's volume on the same storage. On btrfs and LVM-thin the clone carries no trace of its base
 * in its name (seen on PVE 9.2 for btrfs), on ZFS it does.
 */
export const cloneVolume = (
  world: World,
  node: string,
  base: Volume,
  vmid: number,
  snapshot: string | undefined,
): Volume => {
  const { type } = storageOf(world, base.storage)
  const prefix = base.format === 'subvol' ? 'subvol' : 'vm'
  const image = nextImageName(world, base.storage, node, vmid, prefix)
  const { size, token } = (snapshot === undefined ? undefined : base.snapshots.get(snapshot)) ?? base
  return addVolume(world, node, {
    storage: base.storage,
    name: nameOf(type, base, image, vmid),
    content: base.content,
    format: base.format,
    size,
    token,
    used: Math.min(base.used, 4096),
    vmid,
    ctime: nodeSeconds(world, node),
    parent: type === 'btrfs' ? undefined : base.name,
    snapshots: new Map(),
  })
}
