import { createHash } from 'node:crypto'
import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { Realm } from '../auth/access-state.ts'
import type { World } from '../state/world.ts'

const isBuiltin = (realm: string): boolean => realm === 'pam' || realm === 'pve'

const realmOf = (call: Call): Realm => {
  const realm = call.text('realm')
  return call.world.access.realms.get(realm) ?? raise(`domain '${realm}' does not exist`)
}

const ownText = ({ realm, type, options }: Realm): string =>
  isBuiltin(realm)
    ? ''
    : `${type}: ${realm}\n${Object.entries(options)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `\t${key} ${value}\n`)
        .join('')}\n`

const digestOf = ({ access }: World): string =>
  createHash('sha1')
    .update([...access.realms.values()].map(ownText).join(''))
    .digest('hex')

const numbers = new Set(['default', 'port', 'secure', 'verify', 'autocreate', 'case-sensitive'])

const shownOptions = (options: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [key, numbers.has(key) ? Number(value) : value]))

const LISTED = ['comment', 'tfa', 'default']

const setOptions = (call: Call, realm: Realm): void => {
  for (const [key, value] of Object.entries(call.params)) {
    if (!['realm', 'type', 'digest', 'delete', 'password', 'check-connection'].includes(key)) realm.options[key] = value
  }
  for (const key of call.list('delete')) delete realm.options[key]
}

const createRealm = (call: Call): null => {
  const { realms } = call.world.access
  const realm = call.text('realm')
  const type = call.text('type')
  if (realms.has(realm)) raise(`add auth server failed: domain '${realm}' already exists`)
  if (type === 'pam' || type === 'pve') raise(`add auth server failed: unable to create builtin type '${type}'`)
  const made: Realm = { realm, type, options: {} }
  setOptions(call, made)
  realms.set(realm, made)
  return null
}

const updateRealm = (call: Call): null => {
  const realm = realmOf(call)
  if (call.has('digest') && call.text('digest') !== digestOf(call.world))
    raise('update auth server failed: detected modified configuration - file changed by other user? Try again.')
  const [unknown] = call.list('delete').filter((key) => realm.options[key] === undefined && !LISTED.includes(key))
  if (unknown !== undefined) raiseParam({ delete: `no such option '${unknown}'` })
  setOptions(call, realm)
  return null
}

const deleteRealm = (call: Call): null => {
  const realm = call.text('realm')
  if (isBuiltin(realm)) raise(`delete auth server failed: domain '${realm}' cannot be deleted`)
  if (!call.world.access.realms.delete(realm)) raise(`delete auth server failed: domain '${realm}' does not exist`)
  return null
}

/** PVE API: /access/domains and the parts of two-factor authentication that clients list. */
export const domainRoutes: RouteTable = {
  'GET /access/domains': ({ world }) =>
    [...world.access.realms.values()].map(({ realm, type, options }) => ({
      realm,
      type,
      ...shownOptions(Object.fromEntries(Object.entries(options).filter(([key]) => LISTED.includes(key)))),
    })),
  'POST /access/domains': createRealm,
  'GET /access/domains/{realm}': (call) => {
    const { type, options } = realmOf(call)
    return { type, ...shownOptions(options), digest: digestOf(call.world) }
  },
  'PUT /access/domains/{realm}': updateRealm,
  'DELETE /access/domains/{realm}': deleteRealm,
  'GET /access/tfa': () => [],
  'GET /access/tfa/{userid}': () => [],
  'GET /access/openid': () => [{ subdir: 'auth-url' }, { subdir: 'login' }],
}
