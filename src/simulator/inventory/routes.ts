import type { RouteTable } from '../api/call.ts'
import { nextId } from './next-id.ts'
import { listResources, nodeEntries } from './resources.ts'

/** What the cluster holds: version, nodes, resources, next free id. */
export const inventoryRoutes: RouteTable = {
  'GET /version': (call) => call.world.version,
  'GET /cluster/resources': listResources,
  'GET /cluster/nextid': nextId,
  'GET /nodes': (call) =>
    nodeEntries(call).map((entry) => ({
      ...entry,
      ssl_fingerprint: call.world.nodes.get(String(entry['node']))?.fingerprint,
    })),
}
