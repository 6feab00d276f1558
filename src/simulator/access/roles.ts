import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { Role } from '../auth/access-state.ts'
import { changeAccess } from './change.ts'

const roleOf = (call: Call): Role => {
  const roleid = call.text('roleid')
  return call.world.access.roles.get(roleid) ?? raise(`role '${roleid}' does not exist`)
}

const refuseBuiltin = (call: Call, what: string): void => {
  if (call.world.access.roles.get(call.text('roleid'))?.special === true)
    raise(`auto-generated role '${call.text('roleid')}' cannot be ${what}`)
}

const createRole = (call: Call): null => {
  const roleid = call.text('roleid')
  if (/^PVE/i.test(roleid))
    raiseParam({ roleid: `cannot use role ID starting with the (case-insensitive) 'PVE' namespace` })
  return changeAccess(call, 'create role', () => {
    const { roles } = call.world.access
    if (roles.has(roleid)) raise(`role '${roleid}' already exists`)
    roles.set(roleid, { roleid, privileges: new Set(call.list('privs')), special: false })
    return null
  })
}

const updateRole = (call: Call): null => {
  refuseBuiltin(call, 'modified')
  return changeAccess(call, 'update role', () => {
    const { privileges } = roleOf(call)
    if (!call.flag('append')) privileges.clear()
    for (const privilege of call.list('privs')) privileges.add(privilege)
    return null
  })
}

const deleteRole = (call: Call): null => {
  refuseBuiltin(call, 'deleted')
  return changeAccess(call, 'delete role', () => {
    const { access } = call.world
    const { roleid } = roleOf(call)
    access.roles.delete(roleid)
    access.acl = access.acl.filter((entry) => entry.roleid !== roleid)
    return null
  })
}

/** PVE API: /access/roles. */
export const roleRoutes: RouteTable = {
  'GET /access/roles': ({ world }) =>
    [...world.access.roles.values()].map(({ roleid, privileges, special }) => ({
      roleid,
      privs: [...privileges].sort().join(','),
      special: special ? 1 : 0,
    })),
  'POST /access/roles': createRole,
  'GET /access/roles/{roleid}': (call) => Object.fromEntries([...roleOf(call).privileges].map((name) => [name, 1])),
  'PUT /access/roles/{roleid}': updateRole,
  'DELETE /access/roles/{roleid}': deleteRole,
}
