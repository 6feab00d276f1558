import { accessRoutes } from './access/routes.ts'
import type { RouteTable } from './api/call.ts'
import { backupRoutes } from './backup/routes.ts'
import { indexRoutes } from './cluster/index-routes.ts'
import { clusterRoutes } from './cluster/routes.ts'
import { firewallRoutes } from './firewall/routes.ts'
import { haRoutes } from './ha/routes.ts'
import { inventoryRoutes } from './inventory/routes.ts'
import { lxcRoutes } from './lxc/routes.ts'
import { networkRoutes } from './network/routes.ts'
import { nodeRoutes } from './node/routes.ts'
import { poolRoutes } from './pool/routes.ts'
import { qemuRoutes } from './qemu/routes.ts'
import { storageRoutes } from './storage/routes.ts'
import { taskRoutes } from './task/routes.ts'

/** Every method the simulator serves. */
export const routes: RouteTable = {
  ...indexRoutes,
  ...inventoryRoutes,
  ...taskRoutes,
  ...qemuRoutes,
  ...lxcRoutes,
  ...backupRoutes,
  ...storageRoutes,
  ...accessRoutes,
  ...firewallRoutes,
  ...haRoutes,
  ...poolRoutes,
  ...clusterRoutes,
  ...nodeRoutes,
  ...networkRoutes,
}
