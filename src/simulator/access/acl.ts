import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { AclEntry } from '../auth/access-state.ts'
import { type Identity, privilegesOn } from '../auth/permission.ts'
import { changeAccess } from './change.ts'

const NAME = '[A-Za-z0-9.\\-_]+'
const PATHS = [
  '',
  '/access(?:/groups|/realm)?',
  `/access/(?:groups|realm)/${NAME}`,
  `/mapping(?:/${NAME}){0,2}`,
  `/nodes(?:/${NAME})?`,
  `/pool(?:/${NAME}){0,3}`,
  '/sdn',
  `/sdn/(?:controllers|dns|ipams|zones|fabrics)(?:/${NAME})?`,
  `/sdn/(?:zones|fabrics)/${NAME}/${NAME}`,
  `/sdn/zones/${NAME}/${NAME}/[1-9][0-9]{0,3}`,
  `/storage(?:/${NAME})?`,
  '/vms(?:/[1-9][0-9]{2,})?',
]
const aclPath = new RegExp(`^(?:${PATHS.join('|')})$`)

/** A path of the access tree written as PVE keeps it: one slash between parts, none at the end; nothing when it has odd characters. */
const normalPath = (path: string): string | undefined => {
  const plain = `/${path}`.replace(/\/+/g, '/').replace(/\/$/, '')
  return /^(?:\/[\w.@!*=-]+)*$/.test(plain) ? plain : undefined
}

const givenPath = (call: Call): string => {
  const path = normalPath(call.text('path'))
  if (path === undefined || (!call.flag('delete') && !aclPath.test(path)))
    return raiseParam({ path: `invalid ACL path '${call.text('path')}'` })
  return path === '' ? '/' : path
}

type Subject = Pick<AclEntry, 'type' | 'ugid'>

const subjects = (call: Call): readonly Subject[] => {
  const { access } = call.world
  const groups = call.list('groups').map((ugid): Subject => {
    if (!access.groups.has(ugid)) raise(`group '${ugid}' does not exist`)
    return { type: 'group', ugid }
  })
  const users = call.list('users').map((ugid): Subject => {
    if (!access.users.has(ugid)) raise(`user '${ugid}' does not exist`)
    return { type: 'user', ugid }
  })
  const tokens = call.list('tokens').map((ugid): Subject => {
    const [user = '', token = ''] = ugid.split('!')
    const owner = access.users.get(user) ?? raise(`no such user ('${user}')`)
    if (!owner.tokens.has(token)) raise(`no such token '${token}' for user '${user}'`)
    return { type: 'token', ugid }
  })
  return [...groups, ...users, ...tokens]
}

/** Who may not modify permissions in general hands out or takes back only what it holds itself. */
const refuseMore = (call: Call, path: string, roleid: string): void => {
  if (call.isRoot() || call.allowed(path, ['Permissions.Modify'])) return
  const held = privilegesOn(call.world, call.who, path)
  const more = [...(call.world.access.roles.get(roleid)?.privileges ?? [])].find((name) => !held.has(name))
  if (more !== undefined)
    raiseParam({ roles: `Cannot assign/delete '${roleid}', requires 'Permissions.Modify' or superset of privileges.` })
}

const changeAcl = (call: Call): null => {
  const needed = "either 'users', 'groups' or 'tokens' is required."
  if (!['users', 'groups', 'tokens'].some((name) => call.text(name) !== ''))
    raiseParam({ users: needed, groups: needed, tokens: needed })
  const path = givenPath(call)
  return changeAccess(call, 'ACL update', () => {
    const { access } = call.world
    const propagate = !call.has('propagate') || call.flag('propagate')
    for (const roleid of call.list('roles')) {
      if (!access.roles.has(roleid)) raise(`role '${roleid}' does not exist`)
      refuseMore(call, path, roleid)
    }
    const given = subjects(call)
    for (const roleid of call.list('roles')) {
      for (const { type, ugid } of given) {
        access.acl = access.acl.filter(
          (entry) => !(entry.path === path && entry.type === type && entry.ugid === ugid && entry.roleid === roleid),
        )
        if (!call.flag('delete')) access.acl.push({ path, type, ugid, roleid, propagate })
      }
    }
    return null
  })
}

const modifiers = (path: string): readonly string[] => {
  const [, area = ''] = /^\/(storage|vms|pool)\/./.exec(path) ?? []
  const own = { storage: 'Datastore.Allocate', vms: 'VM.Allocate', pool: 'Pool.Allocate' }[area]
  return own === undefined ? ['Permissions.Modify'] : ['Permissions.Modify', own]
}

const listAcl = (call: Call): readonly unknown[] => {
  const audit = call.allowed('/access', ['Sys.Audit'])
  return [...call.world.access.acl]
    .filter(({ path }) => audit || call.allowed(path, modifiers(path), true))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map((entry) => ({ ...entry, propagate: entry.propagate ? 1 : 0 }))
}

const pathsAbove = (path: string): readonly string[] =>
  path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/') || '/')

const TOP = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms']

const effectivePaths = ({ world }: Call): ReadonlySet<string> =>
  new Set([
    ...TOP,
    ...world.access.acl.flatMap(({ path }) => pathsAbove(path)),
    ...[...world.pools.values()].flatMap(({ id, storages }) => [
      `/pool/${id}`,
      ...[...storages].map((name) => `/storage/${name}`),
    ]),
    ...[...world.poolOf.keys()].map((vmid) => `/vms/${vmid}`),
  ])

const permissionsOf = (call: Call): unknown => {
  const id = call.has('userid') ? call.text('userid') : call.who.id
  if (id !== call.who.id) call.require('/access', ['Sys.Audit'])
  const [user = '', token] = id.split('!')
  if (!call.world.access.users.has(user)) raise(`no such user ('${user}')`)
  const identity: Identity = { id, user, token }
  const paths = call.has('path') ? [call.text('path')] : [...effectivePaths(call)]
  const shown = paths
    .map((path) => [path, [...privilegesOn(call.world, identity, path)]] as const)
    .filter(([, privileges]) => privileges.length > 0 || call.has('path'))
    .map(([path, privileges]) => [
      path,
      Object.fromEntries(privileges.map(([name, propagate]) => [name, propagate ? 1 : 0])),
    ])
  return Object.fromEntries(shown)
}

/** PVE API: /access/acl and /access/permissions. */
export const aclRoutes: RouteTable = {
  'GET /access/acl': listAcl,
  'PUT /access/acl': changeAcl,
  'GET /access/permissions': permissionsOf,
}
