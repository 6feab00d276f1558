import { mountsOf } from '../lxc/volume/mount-point.ts'
import { drivesOf, isCdrom } from '../qemu/disk/drive.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { writtenToken } from '../volume/content.ts'
import { findVolume } from '../volume/volumes.ts'

/** The volumes a guest can write to, by key. */
const writable = ({ type, config }: Guest): (readonly [string, string])[] =>
  type === 'qemu'
    ? drivesOf(config)
        .filter(([, drive]) => !isCdrom(drive) && drive['ro'] !== '1')
        .map(([key, drive]) => [key, drive['file'] ?? ''] as const)
    : mountsOf(config)
        .filter(([, mount]) => mount.type === 'volume' && mount.parts['ro'] !== '1')
        .map(([key, mount]) => [key, mount.volume] as const)

/** A running guest writes to its volumes, or to those of these keys: each gets newer content. Gives the new tokens by key. */
export const writeAsGuest = (
  world: World,
  vmid: number,
  keys?: readonly string[],
): Readonly<Record<string, string>> => {
  const guest = world.guests.get(vmid)
  if (guest?.running === undefined) throw new Error(`guest ${vmid} does not run`)
  const written: Record<string, string> = {}
  for (const [key, volid] of writable(guest)) {
    const volume = keys === undefined || keys.includes(key) ? findVolume(world, volid, guest.node) : undefined
    if (volume === undefined) continue
    volume.token = writtenToken(world, volume.token)
    written[key] = volume.token
  }
  return written
}
