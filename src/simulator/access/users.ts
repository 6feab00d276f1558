import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { AccessState, User } from '../auth/access-state.ts'
import type { World } from '../state/world.ts'
import { changeAccess, setText } from './change.ts'
import { shownToken } from './tokens.ts'

const TEXTS = ['firstname', 'lastname', 'email', 'comment', 'keys'] as const

/** The user, or PVE's refusal. */
const userOf = (world: World, userid: string): User =>
  world.access.users.get(userid) ?? raise(`no such user ('${userid}')`)

/** Group names of a user, in order. */
const groupsOf = ({ groups }: AccessState, userid: string): readonly string[] =>
  [...groups.values()]
    .filter(({ users }) => users.has(userid))
    .map(({ groupid }) => groupid)
    .sort()

const shownUser = (user: User): Record<string, unknown> => ({
  enable: user.enable ? 1 : 0,
  expire: user.expire,
  ...Object.fromEntries(TEXTS.filter((key) => user[key] !== undefined).map((key) => [key, user[key]])),
})

const tokensById = (user: User): Record<string, unknown> | null =>
  user.tokens.size === 0
    ? null
    : Object.fromEntries([...user.tokens.values()].map((token) => [token.tokenid, shownToken(token)]))

const tokenList = (user: User): readonly unknown[] =>
  [...user.tokens.values()].map((token) => ({ tokenid: token.tokenid, ...shownToken(token) }))

const visibleUsers = (call: Call): readonly User[] => {
  const { world, who } = call
  const privileges = ['User.Modify', 'Sys.Audit']
  const all = [...world.access.users.values()].sort((a, b) => (a.userid < b.userid ? -1 : 1))
  if (call.allowed('/access/groups', privileges, true)) return all
  const groups = [...world.access.groups.values()].filter(({ groupid }) =>
    call.allowed(`/access/groups/${groupid}`, privileges, true),
  )
  return all.filter(({ userid }) => userid === who.id || groups.some(({ users }) => users.has(userid)))
}

const listUsers = (call: Call): readonly unknown[] => {
  const { access } = call.world
  const users = visibleUsers(call).filter((user) => !call.has('enabled') || user.enable === call.flag('enabled'))
  return users.map((user) => ({
    ...shownUser(user),
    userid: user.userid,
    'realm-type': access.realms.get(user.userid.replace(/^.*@/, ''))?.type,
    ...(call.flag('full')
      ? { groups: groupsOf(access, user.userid).join(','), tokens: user.tokens.size === 0 ? null : tokenList(user) }
      : {}),
  }))
}

const setUser = (call: Call, user: User): void => {
  if (call.has('enable')) user.enable = call.flag('enable')
  if (call.has('expire')) user.expire = call.number('expire')
  for (const key of TEXTS) setText(user, key, call)
}

const joinGroups = (call: Call, userid: string): void => {
  const { groups } = call.world.access
  const wanted = call.list('groups')
  for (const name of wanted) if (!groups.has(name)) raise(`no such group '${name}'`)
  for (const name of wanted) groups.get(name)?.users.add(userid)
}

const createUser = (call: Call): null =>
  changeAccess(call, 'create user', () => {
    const { access } = call.world
    const userid = call.text('userid')
    if (access.users.has(userid)) raise(`user '${userid}' already exists`)
    const realm = userid.replace(/^.*@/, '')
    if (call.has('password') && !access.realms.has(realm)) raise(`domain '${realm}' does not exist`)
    joinGroups(call, userid)
    const user: User = {
      userid,
      enable: true,
      expire: 0,
      tokens: new Map(),
      ...(call.has('password') ? { password: call.text('password') } : {}),
    }
    setUser(call, user)
    access.users.set(userid, user)
    return null
  })

const updateUser = (call: Call): null => {
  const { access } = call.world
  const user = userOf(call.world, call.text('userid'))
  return changeAccess(call, 'update user', () => {
    if (call.has('groups')) {
      const unknown = call.list('groups').find((name) => !access.groups.has(name))
      if (unknown !== undefined) raise(`no such group '${unknown}'`)
      if (!call.flag('append')) for (const group of access.groups.values()) group.users.delete(user.userid)
      joinGroups(call, user.userid)
    }
    setUser(call, user)
    return null
  })
}

/** Takes a user away with its tokens, memberships and permissions; one that does not exist is no error (seen on PVE 9.2). */
const deleteUser = (call: Call): null =>
  changeAccess(call, 'delete user', () => {
    const { access } = call.world
    const userid = call.text('userid')
    access.users.delete(userid)
    for (const group of access.groups.values()) group.users.delete(userid)
    access.acl = access.acl.filter(
      ({ type, ugid }) => type === 'group' || (ugid !== userid && !ugid.startsWith(`${userid}!`)),
    )
    return null
  })

const changePassword = (call: Call): null => {
  const { world, who } = call
  const user = userOf(world, call.text('userid'))
  if (user.userid === 'root@pam' && who.id !== 'root@pam') raise('Permission check failed', 403)
  if (who.id !== 'root@pam') {
    if (!call.has('confirmation-password'))
      raiseParam({ 'confirmation-password': 'password is required to modify user' })
    if (userOf(world, who.user).password !== call.text('confirmation-password')) raise('authentication failure', 401)
  }
  user.password = call.text('password')
  return null
}

/** PVE API: /access/users, /access/users/{userid} and /access/password. */
export const userRoutes: RouteTable = {
  'GET /access/users': listUsers,
  'POST /access/users': createUser,
  'GET /access/users/{userid}': (call) => {
    const user = userOf(call.world, call.text('userid'))
    return { ...shownUser(user), groups: groupsOf(call.world.access, user.userid), tokens: tokensById(user) }
  },
  'PUT /access/users/{userid}': updateUser,
  'DELETE /access/users/{userid}': deleteUser,
  'PUT /access/users/{userid}/unlock-tfa': () => false,
  'GET /access/users/{userid}/tfa': (call) => (call.flag('multiple') ? { types: [] } : {}),
  'PUT /access/password': changePassword,
}
