import type { RouteTable } from '../api/call.ts'
import { interfaceRoutes } from './interfaces.ts'
import { sdnRoutes } from './sdn-routes.ts'

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const networkRoutes: RouteTable = { ...interfaceRoutes, ...sdnRoutes }
