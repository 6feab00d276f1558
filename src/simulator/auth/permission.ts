import { raise, raisePerm } from '../api/error.ts'
import type { Check, Method } from '../api/facts.ts'
import { splitList } from '../schema/check.ts'
import type { World } from '../state/world.ts'
import { type AclEntry, allPrivileges } from './access-state.ts'

/** Who asks: `user@realm` or `user@realm!token`. */
export type Identity = { readonly id: string; readonly user: string; readonly token: string | undefined }

/** Privilege → whether it propagates to what is below the path. */
export type Privileges = ReadonlyMap<string, boolean>

const kept = new WeakMap<World, { generation: number; readonly byKey: Map<string, Privileges> }>()

const pathsAbove = (path: string): string[] => {
  const parts = path.split('/').filter((part) => part !== '')
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)]
}

/** Roles of a user or token on a path: nearer paths replace those above; at one path token and user beat group. */
const rolesOn = (world: World, who: string, kind: 'user' | 'token', path: string): Map<string, boolean> => {
  let roles = new Map<string, boolean>()
  const groups = new Set<string>()
  if (kind === 'user')
    for (const group of world.access.groups.values()) if (group.users.has(who)) groups.add(group.groupid)
  for (const step of pathsAbove(path)) {
    const last = step === path
    const here = world.access.acl.filter((entry) => entry.path === step && (last || entry.propagate))
    const take = (entries: readonly AclEntry[]): boolean => {
      if (entries.length === 0) return false
      roles = new Map(entries.map((entry) => [entry.roleid, entry.propagate]))
      return true
    }
    const own = here.filter((entry) => entry.type === kind && entry.ugid === who)
    if (own.some((entry) => entry.roleid === 'NoAccess')) roles = new Map([['NoAccess', true]])
    else if (!take(own)) {
      const byGroup = here.filter((entry) => entry.type === 'group' && groups.has(entry.ugid))
      if (byGroup.some((entry) => entry.roleid === 'NoAccess')) roles = new Map([['NoAccess', true]])
      else take(byGroup)
    }
  }
  return roles
}

const privilegesOfRoles = (world: World, roles: ReadonlyMap<string, boolean>): Map<string, boolean> => {
  const found = new Map<string, boolean>()
  if (roles.has('NoAccess')) return found
  for (const [roleid, propagate] of roles)
    for (const privilege of world.access.roles.get(roleid)?.privileges ?? [])
      found.set(privilege, propagate || (found.get(privilege) ?? false))
  return found
}

/** Pools whose rights reach this path: the pool of a guest, the pools that list a storage. */
const poolsOfPath = (world: World, path: string): string[] => {
  const guest = /^\/vms\/(\d+)$/.exec(path)
  if (guest) {
    const pool = world.poolOf.get(Number(guest[1]))
    return pool === undefined ? [] : [pool]
  }
  const storage = /^\/storage\/([^/]+)$/.exec(path)?.[1]
  if (storage === undefined) return []
  return [...world.pools.values()].filter((pool) => pool.storages.has(storage)).map((pool) => pool.id)
}

const compute = (world: World, who: string, kind: 'user' | 'token', path: string): Map<string, boolean> => {
  const found = privilegesOfRoles(world, rolesOn(world, who, kind, path))
  if (found.size === 0 && rolesOn(world, who, kind, path).has('NoAccess')) return found
  for (const pool of poolsOfPath(world, path))
    for (const [privilege, propagate] of privilegesOfRoles(world, rolesOn(world, who, kind, `/pool/${pool}`)))
      if (!found.has(privilege)) found.set(privilege, propagate)
  return found
}

/** What root may do anywhere. */
const everything: Privileges = new Map([...allPrivileges].map((name) => [name, true]))

/** What `who` may do on `path`. Root may do everything; a token of a separated kind only what its user may too. */
export const privilegesOn = (world: World, who: Identity, path: string): Privileges => {
  const cache = kept.get(world) ?? { generation: -1, byKey: new Map() }
  if (cache.generation !== world.access.generation) {
    cache.byKey.clear()
    cache.generation = world.access.generation
    kept.set(world, cache)
  }
  const token = who.token === undefined ? undefined : world.access.users.get(who.user)?.tokens.get(who.token)
  if (who.user === 'root@pam' && !token?.privsep) return everything
  const key = `${who.id}\0${path}\0${poolsOfPath(world, path).join(',')}`
  const known = cache.byKey.get(key)
  if (known) return known
  const ofUser: Privileges = who.user === 'root@pam' ? everything : compute(world, who.user, 'user', path)
  const found: Privileges = token?.privsep
    ? new Map([...compute(world, who.id, 'token', path)].filter(([name]) => ofUser.has(name)))
    : ofUser
  if (cache.byKey.size > 5000) cache.byKey.clear()
  cache.byKey.set(key, found)
  return found
}

/** Whether `who` has all (or, with `any`, one) of the privileges on the path. */
export const hasPrivilege = (
  world: World,
  who: Identity,
  path: string,
  wanted: readonly string[],
  { any = false }: { readonly any?: boolean } = {},
): boolean => {
  const found = privilegesOn(world, who, path)
  return any ? wanted.some((name) => found.has(name)) : wanted.every((name) => found.has(name))
}

/** Ends the request with 403 naming the path and the privilege unless `who` has all (or one) of them. */
export const requirePrivilege = (
  world: World,
  who: Identity,
  path: string,
  wanted: readonly string[],
  { any = false }: { readonly any?: boolean } = {},
): void => {
  if (who.id === 'root@pam') return
  const found = privilegesOn(world, who, path)
  if (any) {
    if (!wanted.some((name) => found.has(name))) raisePerm(`${path}, ${wanted.join('|')}`)
    return
  }
  const missing = wanted.find((name) => !found.has(name))
  if (missing !== undefined) raisePerm(`${path}, ${missing}`)
}

type Given = Readonly<Record<string, unknown>>

const fill = (template: string, given: Given): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? '')).replace(/\/+$/, '') || '/'

const userGroupCheck = (
  world: World,
  who: Identity,
  privileges: readonly string[],
  options: string,
  given: Given,
  quiet: boolean,
): boolean => {
  const userid = String(given['userid'] ?? '')
  const creating = options.includes('create')
  if (!creating && !world.access.users.has(userid)) return quiet ? false : raise(`no such user ('${userid}')`)
  if (hasPrivilege(world, who, '/access/groups', privileges, { any: true })) return true
  const allowed = (group: string): boolean =>
    hasPrivilege(world, who, `/access/groups/${group}`, privileges, { any: true })
  if (options.includes('groups_param')) {
    const groups = splitList(String(given['groups'] ?? ''))
    if (groups.length === 0) return quiet ? false : raisePerm(`/access/groups, ${privileges.join('|')}`)
    for (const group of groups)
      if (!allowed(group)) return quiet ? false : raisePerm(`/access/groups/${group}, ${privileges.join('|')}`)
  }
  if (creating) return true
  for (const group of world.access.groups.values()) if (group.users.has(userid) && allowed(group.groupid)) return true
  return quiet ? false : raisePerm()
}

const userParamCheck = (world: World, who: Identity, kind: string, given: Given, quiet: boolean): boolean => {
  const userid = String(given['userid'] ?? '')
  if (kind === 'self') {
    if (!world.access.users.has(userid)) return quiet ? false : raise(`no such user ('${userid}')`)
    return who.id === userid || (quiet ? false : raisePerm())
  }
  const realm = /@([^@]+)$/.exec(userid)?.[1]
  if (realm === undefined) return raise(`value '${userid}' does not look like a valid user name`)
  const path = `/access/realm/${realm}`
  return hasPrivilege(world, who, path, [kind]) || (quiet ? false : raisePerm(`${path}, ${kind}`))
}

const modifyPrivileges = (path: string): string[] => {
  if (/^\/storage\/.+/.test(path)) return ['Permissions.Modify', 'Datastore.Allocate']
  if (/^\/vms\/.+/.test(path)) return ['Permissions.Modify', 'VM.Allocate']
  if (/^\/pool\/.+/.test(path)) return ['Permissions.Modify', 'Pool.Allocate']
  return ['Permissions.Modify']
}

const runCheck = (world: World, who: Identity, check: Check, given: Given, quiet: boolean): boolean => {
  const [test, ...rest] = check
  if (test === 'and') return rest.every((part) => runCheck(world, who, part as Check, given, quiet))
  if (test === 'or')
    return rest.some((part) => runCheck(world, who, part as Check, given, true)) || (quiet ? false : raisePerm())
  const options = rest.slice(test === 'perm' ? 2 : 1).join(' ')
  if (test === 'perm') {
    const privileges = rest[1] as readonly string[]
    const needed = /require_param (\w+)/.exec(options)?.[1]
    if (needed !== undefined && given[needed] === undefined) return quiet ? false : raisePerm()
    const path = fill(rest[0] as string, given)
    if (quiet) return hasPrivilege(world, who, path, privileges, { any: options.includes('any') })
    requirePrivilege(world, who, path, privileges, { any: options.includes('any') })
    return true
  }
  if (test === 'userid-group') return userGroupCheck(world, who, rest[0] as readonly string[], options, given, quiet)
  if (test === 'userid-param') return userParamCheck(world, who, rest[0] as string, given, quiet)
  if (test === 'perm-modify') {
    const path = fill(rest[0] as string, given)
    if (quiet) return hasPrivilege(world, who, path, modifyPrivileges(path), { any: true })
    requirePrivilege(world, who, path, modifyPrivileges(path), { any: true })
    return true
  }
  return true
}

/** Ends the request with 403 unless the method's `permissions` of api.json let `who` call it with these parameters. */
export const checkPermissions = (world: World, who: Identity | undefined, method: Method, given: Given): void => {
  const permissions = method.permissions
  if (who === undefined) {
    if (permissions?.user === 'world') return
    raisePerm('user != null')
  }
  if (who.id === 'root@pam') return
  if (permissions === null || permissions === undefined) raisePerm('user != root@pam')
  if (permissions.user === 'all' || permissions.user === 'world') return
  if (permissions.check) {
    if (!runCheck(world, who, permissions.check, given, false)) raisePerm()
    return
  }
  raisePerm()
}
