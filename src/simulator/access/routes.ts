import type { RouteTable } from '../api/call.ts'
import { aclRoutes } from './acl.ts'
import { domainRoutes } from './domains.ts'
import { groupRoutes } from './groups.ts'
import { roleRoutes } from './roles.ts'
import { ticketRoutes } from './ticket-routes.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const accessRoutes: RouteTable = {
  ...ticketRoutes,
  ...userRoutes,
  ...tokenRoutes,
  ...groupRoutes,
  ...roleRoutes,
  ...aclRoutes,
  ...domainRoutes,
}
