import type { Observed, ObservedGuest, ObservedStorage } from '../../resource/observed.ts'
import type {
  ClusterDescription,
  GuestDescription,
  PendingDescription,
  StorageDescription,
  VolumeDescription,
} from '../../simulator/twin/description.ts'

const pendingOf = ({ pending }: ObservedGuest): readonly PendingDescription[] =>
  Object.entries(pending).map(([key, { value }]) =>
    value === undefined ? { key, delete: 1 } : { key, pending: value },
  )

const guestOf = (guest: ObservedGuest): GuestDescription => ({
  vmid: guest.vmid,
  type: guest.type,
  node: guest.node,
  status: guest.status === 'unknown' ? 'stopped' : guest.status,
  ...(guest.pool !== undefined && { pool: guest.pool }),
  config: guest.current,
  pending: pendingOf(guest),
  ...(guest.digest !== '' && { digest: guest.digest }),
})

/** What stands for the size of a volume nobody asked for. */
const SOME_SIZE = 64 * 1024 ** 2

const volumesOf = (rows: readonly ObservedStorage[]): readonly VolumeDescription[] =>
  (rows[0]?.shared ? rows.slice(0, 1) : rows).flatMap(({ node, shared, volumes = [] }) =>
    volumes.map((volid) => ({
      volid,
      content: volid.slice(volid.indexOf(':') + 1, volid.indexOf('/')),
      size: SOME_SIZE,
      ...(!shared && { node }),
    })),
  )

/** One definition out of a storage's rows, one for each node that has it. */
const storageOf = (rows: readonly ObservedStorage[], nodes: number): readonly StorageDescription[] => {
  const [first] = rows
  if (!first) return []
  return [
    {
      storage: first.storage,
      type: first.type,
      options: {
        content: first.content.join(','),
        ...(first.shared && { shared: 1 }),
        ...(rows.length < nodes && { nodes: rows.map(({ node }) => node).join(',') }),
      },
      total: first.total,
      used: first.used,
      volumes: volumesOf(rows),
    },
  ]
}

/** What was synced, as the simulator takes it: a copy of the cluster to try things on. */
export const describeCluster = (observed: Observed): ClusterDescription => {
  const names = [...new Set(observed.storages.map(({ storage }) => storage))]
  return {
    name: observed.cluster.name,
    nodes: observed.nodes.map(({ node, status }) => ({ name: node, online: status === 'online' })),
    storages: names.flatMap((name) =>
      storageOf(
        observed.storages.filter(({ storage }) => storage === name),
        observed.nodes.length,
      ),
    ),
    pools: observed.pools,
    guests: observed.guests.map(guestOf),
  }
}
