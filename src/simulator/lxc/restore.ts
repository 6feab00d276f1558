import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { type BackupPayload, payloadOf } from '../backup/payload.ts'
import type { Section } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { parseSize } from '../volume/size.ts'
import { pathOf } from '../volume/volumes.ts'
import { completeNetwork } from './network.ts'
import { requireBridge } from './permission.ts'
import { mountsOf, parseMountPoint, printMountPoint, withParts } from './volume/mount-point.ts'
import { existingVolume } from './volume/volume.ts'

/** What a restore found in its archive. */
export type Recovered = {
  readonly path: string
  readonly payload: BackupPayload
  /** Bytes of the archive. */
  readonly packed: number
  /** The archive's mount points as allocations on a storage. */
  readonly mounts: (storage: string) => Record<string, string>
  /** Bind and device mounts: set when everything else is done. */
  readonly later: Section
}

type Asked = {
  readonly archive: string
  readonly node: string
  readonly vmid: number
  readonly options: Readonly<Record<string, string>>
  readonly unprivileged: boolean | undefined
  /** The request names the volumes: then bind and device mounts of the archive are not brought back, and nothing says so. */
  readonly explicit: boolean
}

const gigabytes = (size: string | undefined, key: string): number => {
  const bytes = parseSize(size ?? '')
  return bytes === undefined ? raise(`unable to detect disk size - please specify ${key} (size)`) : bytes / 2 ** 30
}

/** Reads the configuration out of a backup archive and checks what the caller may bring back of it. */
export const readBackup = (call: Call, asked: Asked, log: (line: string) => void): Recovered => {
  const { world } = call
  log(`recovering backed-up configuration from '${asked.archive}'`)
  const volume = existingVolume(world, asked.node, asked.archive)
  const payload = payloadOf(volume)
  if (payload === undefined || payload.type !== 'lxc') return raise(`'${asked.archive}' is no backup of a container`)
  for (const key of Object.keys(payload.config))
    if (/^net\d+$/.test(key) && asked.options[key] === undefined) requireBridge(call, payload.config[key] as string)
  const unprivileged = asked.unprivileged ?? payload.config['unprivileged'] === '1'
  const before = world.guests.get(asked.vmid)?.config['unprivileged'] === '1'
  const isNew = world.guests.get(asked.vmid)?.config['rootfs'] === undefined
  if (!unprivileged && (isNew || before)) call.require('/', ['Sys.Modify'])
  const all = mountsOf(payload.config)
  const later: Section = {}
  for (const [key, mount] of asked.explicit ? [] : all) {
    if (mount.type === 'volume') continue
    if (key === 'rootfs')
      raise(`restoring rootfs to ${mount.type} mount is only possible by specifying -rootfs manually!`)
    if (!call.isRoot()) raise(`restoring '${key}' to ${mount.type} mount is only possible for root`)
    later[key] = payload.config[key] as string
  }
  return {
    path: pathOf(world, volume.storage, volume.name),
    payload,
    packed: volume.size,
    later,
    mounts: (storage) =>
      Object.fromEntries(
        all
          .filter(([, mount]) => mount.type === 'volume')
          .map(([key, mount]) => [
            key,
            printMountPoint(
              key,
              withParts(mount, { volume: `${storage}:${gigabytes(mount.parts['size'], key)}`, size: undefined }),
            ),
          ]),
      ),
  }
}

/** Whether a directory lies in what is mounted at `mp`. */
const isBelow = (path: string, mp: string): boolean => path === mp || path.startsWith(mp.endsWith('/') ? mp : `${mp}/`)

/** Gives the new volumes what the archive holds: each directory goes where it is mounted now. */
export const fillMounts = (world: World, node: string, config: Readonly<Section>, backup: BackupPayload): void => {
  const mounts = mountsOf(config).toSorted(([, one], [, other]) => other.mp.length - one.mp.length)
  const filled = new Map<string, string[]>()
  for (const [key, token] of Object.entries(backup.tokens)) {
    const path = parseMountPoint(key, backup.config[key]).mp
    const place = mounts.find(([, mount]) => isBelow(path, mount.mp))?.[1]
    if (place?.type === 'volume') filled.set(place.volume, [...(filled.get(place.volume) ?? []), token])
  }
  for (const [volid, tokens] of filled) existingVolume(world, node, volid).token = tokens.join('+')
}

const notRestored = /^(?:rootfs|unprivileged|parent|template|lock|mp\d+|unused\d+)$/

/** Fills what the request did not say from the backup; `unique` gives the network devices new addresses. */
export const mergeBackup = (
  world: World,
  config: Section,
  backup: Readonly<Section>,
  { unique }: { readonly unique: boolean },
): void => {
  for (const key of Object.keys(backup).sort()) {
    if (notRestored.test(key)) continue
    const value = backup[key] as string
    if (unique && /^net\d+$/.test(key)) config[key] = completeNetwork(world, value, { renew: true })
    else config[key] ??= value
  }
}
