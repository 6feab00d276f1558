import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { storageOf } from '../../kinds/value/volume.ts'
import type { Applied } from '../../resource/applied.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { ObservedGuest, RawConfig } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { waitingKeys } from '../../resource/waiting-keys.ts'
import type { Listing, Row } from './row.ts'

/** The last run that did something to a guest. */
export interface LastChange {
  readonly run: string
  /** ISO 8601. */
  readonly at: string
}

export interface GuestContext {
  readonly applied: Applied
  readonly changes: ReadonlyMap<number, LastChange>
}

const COLUMNS = [
  'vmid',
  'type',
  'name',
  'node',
  'status',
  'address',
  'pending',
  'changed_by',
  'managed',
  'template',
  'cores',
  'memory',
  'disks',
  'tags',
  'pool',
  'lock',
  'ha',
  'ipv4',
  'onboot',
  'protection',
  'ostype',
  'snapshot',
  'waiting',
  'changed_at',
  'unknown_since',
]
const SHOWN = ['vmid', 'type', 'name', 'node', 'status', 'address', 'pending', 'changed_by']
const DISK = /^(?:scsi|virtio|sata|ide|mp)\d+$|^rootfs$|^efidisk0$|^tpmstate0$/

const list = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/[;,\s]+/).filter((word) => word !== '')

const whole = (text: string | undefined): number | null => {
  const number = Number(/^(?:current=)?(\d+)/.exec(text ?? '')?.[1] ?? Number.NaN)
  return Number.isNaN(number) ? null : number
}

const disksOf = (config: RawConfig): number =>
  Object.entries(config).filter(
    ([key, text]) =>
      DISK.test(key) &&
      !/media=cdrom/.test(text) &&
      storageOf(text.split(',')[0]?.replace(/^(?:file|volume)=/, '') ?? '') !== undefined,
  ).length

/** Virtual processors: cores times sockets; a container without a limit has all of its node. */
const coresOf = ({ type }: ObservedGuest, { cores, sockets }: RawConfig): number | null => {
  const { attributes } = kindOfType(type)
  const each = whole(cores) ?? Number(attributes['cores']?.value?.default ?? Number.NaN)
  return Number.isNaN(each) ? null : each * (whole(sockets) ?? 1)
}

const guestRow = (guest: ObservedGuest, address: string | undefined, change: LastChange | undefined): Row => {
  const { type, vmid, name, node, status, template, pool, lock, ha, addresses, unknownSince } = guest
  const config = effectiveConfig(guest)
  const waiting = waitingKeys(guest).map((key) => attributeName(kindOfType(type), key))
  return {
    vmid,
    type: kindOfType(type).name,
    name,
    node,
    status: unknownSince === undefined ? status : 'unknown',
    address: address ?? null,
    pending: waiting.length > 0,
    changed_by: change?.run ?? null,
    managed: address !== undefined,
    template,
    cores: coresOf(guest, config),
    memory: whole(config['memory']) ?? 512,
    disks: disksOf(config),
    tags: list(config['tags']),
    pool: pool ?? null,
    lock: lock ?? null,
    ha: ha ?? null,
    ipv4: addresses?.ipv4 ?? [],
    onboot: config['onboot'] === '1',
    protection: config['protection'] === '1',
    ostype: config['ostype'] ?? null,
    snapshot: guest.current['parent'] ?? null,
    waiting,
    changed_at: change?.at ?? null,
    unknown_since: unknownSince ?? null,
  }
}

/** Guests as rows, by VMID. */
export const listGuests = (guests: readonly ObservedGuest[], { applied, changes }: GuestContext): Listing => {
  const addresses = new Map<number, string>(
    applied.flatMap((resource) =>
      isOfGuest(resource) ? [[resource.guest.vmid as number, resource.address] as const] : [],
    ),
  )
  const rows = guests.map((guest) => guestRow(guest, addresses.get(guest.vmid), changes.get(guest.vmid)))
  return { columns: COLUMNS, shown: SHOWN, rows }
}
