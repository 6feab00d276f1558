import type { ObservedGuest, RawConfig } from '../resource/observed.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import type { GuestDiskTable, GuestNetworkTable, GuestSnapshotTable, GuestTable } from './tables.ts'

const DISK = /^(?:(?:scsi|virtio|sata|ide|efidisk|tpmstate|mp)\d+|rootfs|unused\d+)$/
const NETWORK = /^net\d+$/
const MAC = /^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/i

const propertiesOf = (text: string): readonly (readonly [string, string])[] =>
  text.split(',').map((part) => {
    const at = part.indexOf('=')
    return at < 0 ? ['', part] : [part.slice(0, at), part.slice(at + 1)]
  })

/** Volumes of a guest as rows, for questions such as "what lies on this storage". */
export const diskRows = (vmid: number, config: RawConfig): readonly GuestDiskTable[] =>
  Object.entries(config)
    .filter(([key]) => DISK.test(key))
    .map(([slot, text]) => {
      const properties = propertiesOf(text)
      const named = (...names: readonly string[]) => properties.find(([name]) => names.includes(name))?.[1]
      const volume = named('', 'file', 'volume') ?? ''
      const storage = /^([^:/]+):/.exec(volume)?.[1] ?? null
      return { vmid, slot, storage, volume, size: named('size') ?? null }
    })

/** Network interfaces of a guest as rows. */
export const networkRows = (vmid: number, config: RawConfig): readonly GuestNetworkTable[] =>
  Object.entries(config)
    .filter(([key]) => NETWORK.test(key))
    .map(([slot, text]) => {
      const properties = propertiesOf(text)
      const named = (name: string) => properties.find(([key]) => key === name)?.[1]
      const [model, mac] = properties.find(([, value]) => MAC.test(value)) ?? [null, null]
      const tag = named('tag')
      return {
        vmid,
        slot,
        model: model === 'hwaddr' || model === 'macaddr' ? (named('type') ?? named('model') ?? null) : model,
        mac,
        bridge: named('bridge') ?? null,
        tag: tag !== undefined && /^\d+$/.test(tag) ? Number(tag) : null,
      }
    })

/** Snapshots, oldest first. */
export const snapshotRows = ({ vmid, snapshots }: ObservedGuest): readonly GuestSnapshotTable[] =>
  (snapshots ?? []).map((name, position) => ({ vmid, name, position }))

/** What a guest's configuration is worth remembering for: changes of power or lock are no new configuration. */
export const configText = ({ type, node, current, pending }: ObservedGuest): string =>
  canonicalJson({ type, node, current, pending })

export const guestRow = (guest: ObservedGuest): GuestTable => {
  const body = canonicalJson(guest)
  return {
    vmid: guest.vmid,
    type: guest.type,
    node: guest.node,
    name: guest.name,
    status: guest.status,
    template: guest.template ? 1 : 0,
    pool: guest.pool ?? null,
    lock: guest.lock ?? null,
    digest: guest.digest,
    unknown_since: guest.unknownSince ?? null,
    body_hash: sha256(body),
    config_hash: sha256(configText(guest)),
    body,
  }
}
