import { facts, type Schema } from '../../api/facts.ts'
import { printPropertyString, splitPropertyString } from '../../schema/property-string.ts'
import type { Section } from '../../state/guest.ts'
import { parseSize, printSize } from '../../volume/size.ts'

/** A drive line taken apart: `file` and its options. */
export type Drive = Record<string, string>

const driveName = /^(?:(ide)[0-3]|(sata)[0-5]|(scsi)(?:[12]?\d|30)|(virtio)(?:\d|1[0-5])|efidisk0|tpmstate0)$/
const unusedName = /^unused\d{1,3}$/

export const isDriveName = (key: string): boolean => driveName.test(key)
export const isUnusedName = (key: string): boolean => unusedName.test(key)

const parameters = facts['PUT /nodes/{node}/qemu/{vmid}/config']?.parameters?.properties ?? {}

/** The property-string format of a drive key. */
const driveFormat = (key: string): Readonly<Record<string, Schema>> =>
  (parameters[key]?.format ?? parameters[`${key.replace(/\d+$/, '')}[n]`]?.format ?? {}) as Readonly<
    Record<string, Schema>
  >

/** Takes a drive line of a configuration apart; the line is known to be well formed. */
export const parseDrive = (key: string, text: string): Drive =>
  isUnusedName(key) ? { file: text.split(',')[0] as string } : splitPropertyString(driveFormat(key), text)

const sized = (drive: Drive): Drive => {
  const bytes = drive['size'] === undefined ? undefined : parseSize(drive['size'])
  return bytes === undefined ? drive : { ...drive, size: printSize(bytes) }
}

/** Writes a drive line as PVE does: file first, the options sorted. */
export const printDrive = (key: string, drive: Drive): string => printPropertyString(driveFormat(key), sized(drive))

export const isCdrom = (drive: Drive): boolean => drive['media'] === 'cdrom'

/** A cloud-init drive: a cdrom whose volume is `vm-N-cloudinit`. */
export const isCloudinit = (drive: Drive): boolean =>
  isCdrom(drive) && /[:/]vm-\d+-cloudinit(?:\.\w+)?$|:cloudinit$/.test(drive['file'] ?? '')

/** `storage:size` (or a bare size): a volume to be allocated. Size in gigabytes. */
export const newDisk = (
  file: string,
): { readonly storage: string | undefined; readonly gigabytes: string } | undefined => {
  const found = /^(?:([^/:\s]+):)?(\d+(?:\.\d+)?)$/.exec(file)
  return found ? { storage: found[1], gigabytes: found[2] as string } : undefined
}

/** The drives of a section, in the order of their keys. */
export const drivesOf = (section: Section): (readonly [string, Drive])[] =>
  Object.keys(section)
    .filter(isDriveName)
    .sort()
    .map((key) => [key, parseDrive(key, section[key] as string)] as const)

/** The volumes a section uses, `unusedN` and the saved state included. */
export const volumesOf = (section: Section): string[] => {
  const found: string[] = []
  for (const key of Object.keys(section).sort()) {
    if (isUnusedName(key)) found.push((section[key] as string).split(',')[0] as string)
    else if (key === 'vmstate') found.push(section[key] as string)
    else if (isDriveName(key)) {
      const file = parseDrive(key, section[key] as string)['file']
      if (file !== undefined && file !== 'none' && file !== 'cdrom') found.push(file)
    }
  }
  return found
}

/** The same without images that lie in CD drives; cloud-init drives count. */
export const diskVolumesOf = (section: Section): string[] =>
  volumesOf(
    Object.fromEntries(
      Object.entries(section).filter(([key, text]) => {
        const drive = isDriveName(key) ? parseDrive(key, text) : {}
        return !isCdrom(drive) || isCloudinit(drive)
      }),
    ),
  )

/** Owner of a volume by its name: `local:101/vm-101-disk-0.raw` and `local:101/data.raw` belong to 101. */
export const ownerOf = (volid: string): number | undefined => {
  const found = /(?:vm|base|subvol|basevol)-(\d+)-[^/]*$/.exec(volid) ?? /^[^:]+:(\d+)\/[^/]+$/.exec(volid)
  return found ? Number(found[1]) : undefined
}

/** Registers a volume that is no longer attached under the lowest free `unusedN`. */
export const addUnused = (section: Section, volid: string): void => {
  for (let index = 0; index < 256; index++) if (section[`unused${index}`] === volid) return
  for (let index = 0; index < 256; index++) {
    if (section[`unused${index}`] !== undefined) continue
    section[`unused${index}`] = volid
    return
  }
}

/** Drops `unusedN` lines whose volume is attached again. */
export const dropReattached = (config: Section, pending: Section): void => {
  const used = new Set([...drivesOf(config), ...drivesOf(pending)].map(([, drive]) => drive['file']))
  for (const key of Object.keys(config)) if (isUnusedName(key) && used.has(config[key])) delete config[key]
}

/** The `order=` part of a boot line; empty where there is none. */
export const bootOrder = (config: Section): string[] => {
  const order = /(?:^|,)order=([^,]*)/.exec(config['boot'] ?? '')?.[1]
  return order === undefined ? [] : order.split(/[;\s]+/).filter((device) => device !== '')
}

export const printBootOrder = (devices: readonly string[]): string =>
  devices.length === 0 ? '' : `order=${devices.join(';')}`

/** The boot order PVE gives a new guest: first disk, first cdrom, first network card. */
export const defaultBootOrder = (config: Section): string[] => {
  const order: string[] = []
  const kinds = (bus: string): [string, Drive][] =>
    Object.keys(config)
      .filter((key) => isDriveName(key) && key.startsWith(bus))
      .sort((a, b) => Number(a.slice(bus.length)) - Number(b.slice(bus.length)))
      .map((key) => [key, parseDrive(key, config[key] as string)])
  const all = ['ide', 'scsi', 'virtio', 'sata'].flatMap(kinds)
  const disk = all.find(([, drive]) => !isCdrom(drive))
  if (disk) order.push(disk[0])
  const cdrom = all.find(([, drive]) => isCdrom(drive))
  if (cdrom) order.push(cdrom[0])
  for (let index = 0; index < 32; index++)
    if (config[`net${index}`] !== undefined) {
      order.push(`net${index}`)
      break
    }
  return order
}
