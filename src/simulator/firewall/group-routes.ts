import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { assertUnchanged, digestOf, type FirewallGroup, withDigest, without } from './config.ts'
import { ruleRoutes } from './rule-routes.ts'
import { firewallOf, saveFirewall } from './state.ts'

const groupsOf = (call: Call): Readonly<Record<string, FirewallGroup>> => firewallOf(call.world, 'cluster').groups

const groupOf = (call: Call): FirewallGroup =>
  groupsOf(call)[call.text('group')] ?? raise(`no such security group '${call.text('group')}'`)

const save = (call: Call, groups: Readonly<Record<string, FirewallGroup>>): null => {
  saveFirewall(call.world, 'cluster', { ...firewallOf(call.world, 'cluster'), groups })
  return null
}

const listed = (call: Call): readonly Readonly<Record<string, unknown>>[] =>
  Object.entries(groupsOf(call))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, { comment }]) => ({ group, ...(comment === undefined ? {} : { comment }) }))

const noted = (call: Call, group: FirewallGroup): FirewallGroup =>
  call.text('comment') === '' ? { rules: group.rules } : { rules: group.rules, comment: call.text('comment') }

const create = (call: Call): null => {
  const groups = groupsOf(call)
  const name = call.text('group')
  if (!call.has('rename')) {
    if (groups[name] !== undefined) raiseParam({ group: `Security group '${name}' already exists` })
    return save(call, { ...groups, [name]: noted(call, { rules: [] }) })
  }
  assertUnchanged(digestOf(listed(call)), call.params['digest'])
  const from = call.text('rename')
  const old = groups[from] ?? raiseParam({ group: `Security group '${from}' does not exist` })
  if (from !== name && groups[name] !== undefined) raiseParam({ group: `Security group '${name}' already exists` })
  return save(call, { ...without(groups, from), [name]: noted(call, old) })
}

const remove = (call: Call): null => {
  if (groupOf(call).rules.length > 0) raise(`Security group '${call.text('group')}' is not empty`)
  return save(call, without(groupsOf(call), call.text('group')))
}

/** The methods for security groups. PVE API: /cluster/firewall/groups. */
export const groupRoutes: RouteTable = {
  'GET /cluster/firewall/groups': (call) => withDigest(listed(call)),
  'POST /cluster/firewall/groups': create,
  'DELETE /cluster/firewall/groups/{group}': remove,
  ...ruleRoutes({
    base: '/cluster/firewall/groups/{group}',
    space: 'group',
    read: (call) => groupOf(call).rules,
    write: (call, rules) => save(call, { ...groupsOf(call), [call.text('group')]: { ...groupOf(call), rules } }),
    scopes: (call) => ({ cluster: firewallOf(call.world, 'cluster'), own: undefined }),
  }),
}
