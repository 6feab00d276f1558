import type { RouteTable } from '../api/call.ts'

/** What the cluster holds: version, nodes, resources, next free id. */
export const inventoryRoutes: RouteTable = {
  'GET /version': (call) => call.world.version,
}
