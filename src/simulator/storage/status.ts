import type { Call } from '../api/call.ts'
import { raiseParam } from '../api/error.ts'
import { splitList } from '../schema/check.ts'
import type { StorageDefinition } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { backendOf } from '../volume/backend.ts'
import { contentOf, isEnabled, isOnNode, isShared, poolOn, usableStorage, usedOn } from '../volume/volumes.ts'

/** How a storage stands on a node: one that is disabled or not for the node has no figures. */
const statusOf = (world: World, storage: StorageDefinition, node: string): Record<string, unknown> => {
  const enabled = isEnabled(storage) && isOnNode(storage, node)
  const pool = poolOn(world, storage.id, node)
  const used = enabled ? Math.min(usedOn(pool), pool.total) : 0
  const total = enabled ? pool.total : 0
  return {
    type: storage.type,
    content: contentOf(storage).join(','),
    shared: isShared(storage) ? 1 : 0,
    enabled: enabled ? 1 : 0,
    active: enabled ? 1 : 0,
    total,
    used,
    avail: total - used,
  }
}

const formatsOf = (storage: StorageDefinition): Record<string, unknown> => {
  const { formats, defaultFormat } = backendOf(storage.type)
  return { formats: { supported: formats, default: defaultFormat } }
}

/** GET /nodes/{node}/storage: the storages the caller may use there. */
export const listStorages = (call: Call): unknown => {
  const { world } = call
  const node = call.node().name
  const wanted = splitList(call.text('content'))
  const entries: Record<string, unknown>[] = []
  for (const storage of world.storages.values()) {
    if (!call.allowed(`/storage/${storage.id}`, ['Datastore.Audit', 'Datastore.AllocateSpace'], true)) continue
    if (call.has('storage') && storage.id !== call.text('storage')) continue
    const status = statusOf(world, storage, node)
    if ((call.flag('enabled') || wanted.length > 0 || call.has('target')) && status['enabled'] === 0) continue
    if (call.has('target') && !isOnNode(storage, call.text('target'))) continue
    if (wanted.length > 0 && !contentOf(storage).some((content) => wanted.includes(content))) continue
    const total = Number(status['total'])
    entries.push({
      storage: storage.id,
      ...status,
      ...(total > 0 ? { used_fraction: Number(status['used']) / total } : {}),
      ...(call.flag('format') ? formatsOf(storage) : {}),
    })
  }
  return entries
}

/** GET /nodes/{node}/storage/{storage}/status. */
export const readStatus = (call: Call): unknown => {
  const storage = call.world.storages.get(call.text('storage'))
  if (storage === undefined) return raiseParam({ storage: 'No such storage.' })
  return statusOf(call.world, storage, call.node().name)
}

/** GET /nodes/{node}/storage/{storage}/identity: two storages with equal identity are the same place. */
export const readIdentity = (call: Call): unknown => {
  const storage = usableStorage(call.world, call.text('storage'), call.node().name)
  const place = ['server', 'export', 'share', 'path', 'vgname', 'thinpool', 'pool', 'datastore', 'portal', 'target']
    .map((name) => storage.options[name])
    .filter((value) => value !== undefined)
    .join(':')
  return { type: storage.type, id: isShared(storage) ? place : `${call.node().name}:${place}` }
}
