import type { RouteTable } from '../api/call.ts'

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const backupRoutes: RouteTable = {}
