import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import type { User } from '../auth/access-state.ts'
import { type Identity, privilegesOn } from '../auth/permission.ts'
import { makeCsrfToken, makeTicket, ticketSecret, userOfTicket } from '../auth/ticket.ts'
import { nowSeconds, type World } from '../state/world.ts'

/** The areas of the web interface's rights, and the paths and kinds of privileges each is made of. */
const AREAS: Readonly<Record<string, readonly [string, RegExp]>> = {
  vms: ['/vms', /^(?:VM\.|Permissions\.Modify$)/],
  storage: ['/storage', /^(?:Datastore\.|Permissions\.Modify$)/],
  access: ['/access', /^(?:User\.|Group\.|Permissions\.Modify$)/],
  nodes: ['/nodes', /^(?:Sys\.|Permissions\.Modify$)/],
  sdn: ['/sdn', /^(?:SDN\.|Permissions\.Modify$)/],
  mapping: ['/mapping', /^(?:Mapping\.|Permissions\.Modify$)/],
  dc: ['/', /^(?:Sys\.Audit|Sys\.Modify|SDN\.)/],
}

const pathsOf = (world: World): readonly string[] => [
  '/',
  ...Object.values(AREAS).map(([path]) => path),
  ...world.access.acl.map(({ path }) => path),
  ...[...world.poolOf.keys()].map((vmid) => `/vms/${vmid}`),
]

/** What a user may do anywhere in each area: what the web interface shows buttons for. */
const capabilities = (world: World, identity: Identity): Record<string, Record<string, 1>> => {
  const paths = [...new Set(pathsOf(world))]
  return Object.fromEntries(
    Object.entries(AREAS).map(([area, [top, kind]]) => {
      const here =
        area === 'dc'
          ? ['/']
          : paths.filter(
              (path) =>
                path === '/' ||
                path === top ||
                path.startsWith(`${top}/`) ||
                (area === 'vms' && path.startsWith('/pool/')),
            )
      const names = here
        .flatMap((path) => [...privilegesOn(world, identity, path).keys()])
        .filter((name) => kind.test(name))
      return [area, Object.fromEntries([...new Set(names)].map((name) => [name, 1 as const]))]
    }),
  )
}

const isLive = (world: World, userid: string): boolean => {
  const user = world.access.users.get(userid)
  return user?.enable === true && (user.expire === 0 || user.expire > nowSeconds(world))
}

const isPassword = (user: User, given: string): boolean =>
  (user.password !== undefined && user.password === given) || user.otherPasswords?.includes(given) === true

/** Logs in by password, or renews by a ticket that is still good. A name without realm is no user (seen on PVE 9.2). */
const login = (call: Call): unknown => {
  const { world } = call
  const now = nowSeconds(world)
  const secret = ticketSecret(world)
  const userid =
    call.has('realm') && !call.text('username').includes('@')
      ? `${call.text('username')}@${call.text('realm')}`
      : call.text('username')
  const password = call.text('password')
  const user = world.access.users.get(userid)
  const good = user !== undefined && (isPassword(user, password) || userOfTicket(secret, password, now) === userid)
  if (!good || !isLive(world, userid)) raise('authentication failure', 401)
  const identity: Identity = { id: userid, user: userid, token: undefined }
  return {
    username: userid,
    ticket: makeTicket(secret, userid, now),
    CSRFPreventionToken: makeCsrfToken(secret, userid, now),
    cap: capabilities(world, identity),
    ...(world.clusterName === undefined ? {} : { clustername: world.clusterName }),
  }
}

/** PVE API: /access/ticket. */
export const ticketRoutes: RouteTable = {
  'GET /access/ticket': () => null,
  'POST /access/ticket': login,
}
