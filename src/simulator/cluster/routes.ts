import type { RouteTable } from '../api/call.ts'
import { backupJobRoutes } from './backup-jobs.ts'
import { listingRoutes } from './listings.ts'
import { mappingRoutes } from './mapping.ts'
import { optionRoutes } from './options.ts'
import { replicationRoutes } from './replication.ts'

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const clusterRoutes: RouteTable = {
  ...listingRoutes,
  ...optionRoutes,
  ...backupJobRoutes,
  ...replicationRoutes,
  ...mappingRoutes,
}
