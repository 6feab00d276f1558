import type { Applied } from '../../resource/applied.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import type { Listing } from './row.ts'

const countBy = (
  guests: readonly ObservedGuest[],
  key: (guest: ObservedGuest) => string | undefined,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const guest of guests) {
    const name = key(guest)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

export const listNodes = ({ nodes, guests }: Observed): Listing => {
  const all = countBy(guests, ({ node }) => node)
  const running = countBy(guests, ({ node, status }) => (status === 'running' ? node : undefined))
  return {
    columns: ['node', 'status', 'guests', 'running', 'cpus', 'node_memory', 'bridges'],
    shown: ['node', 'status', 'guests', 'running', 'cpus', 'node_memory'],
    rows: nodes.map(({ node, status, cpus, memory, bridges }) => ({
      node,
      status,
      guests: all.get(node) ?? 0,
      running: running.get(node) ?? 0,
      cpus: cpus ?? null,
      node_memory: memory ?? null,
      bridges: bridges ?? [],
    })),
  }
}

export const listStorages = ({ storages }: Observed): Listing => ({
  columns: ['storage', 'node', 'type', 'active', 'shared', 'used', 'total', 'free', 'percent', 'content', 'volumes'],
  shown: ['storage', 'node', 'type', 'active', 'shared', 'used', 'total', 'percent'],
  rows: storages.map(({ storage, node, type, active, shared, used, total, content, volumes }) => ({
    storage,
    node,
    type,
    active,
    shared,
    used,
    total,
    free: Math.max(0, total - used),
    percent: total > 0 ? Math.round((100 * used) / total) : null,
    content,
    volumes: volumes ?? [],
  })),
})

const NET = /^net\d+$/
const BRIDGE = /(?:^|,)bridge=([^,]+)/

/** Bridges by node, and how many devices of guests there are on them. */
export const listNetworks = ({ nodes, guests }: Observed): Listing => {
  const devices = new Map<string, number>()
  for (const guest of guests)
    for (const [key, text] of Object.entries(effectiveConfig(guest))) {
      const bridge = NET.test(key) ? BRIDGE.exec(text)?.[1] : undefined
      const place = `${guest.node} ${bridge}`
      if (bridge !== undefined) devices.set(place, (devices.get(place) ?? 0) + 1)
    }
  return {
    columns: ['network', 'node', 'devices'],
    shown: ['network', 'node', 'devices'],
    rows: nodes.flatMap(({ node, bridges = [] }) =>
      bridges.map((network) => ({ network, node, devices: devices.get(`${node} ${network}`) ?? 0 })),
    ),
  }
}

export const listPools = ({ pools, guests }: Observed, applied: Applied): Listing => {
  const members = countBy(guests, ({ pool }) => pool)
  const addresses = new Map(
    applied.flatMap((resource) => (isOfGuest(resource) ? [] : [[resource.poolid, resource.address] as const])),
  )
  return {
    columns: ['pool', 'guests', 'address', 'comment', 'managed'],
    shown: ['pool', 'guests', 'address', 'comment'],
    rows: pools.map(({ poolid, comment }) => ({
      pool: poolid,
      guests: members.get(poolid) ?? 0,
      address: addresses.get(poolid) ?? null,
      comment: comment ?? null,
      managed: addresses.has(poolid),
    })),
  }
}
