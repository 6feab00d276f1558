import type { Call, RouteTable } from '../api/call.ts'
import { raiseParam } from '../api/error.ts'
import { AddressError, parseCidr } from './address.ts'
import { assertUnchanged, digestOf, type FirewallAlias, withDigest, without } from './config.ts'
import { change, configOf, type Scope } from './scope.ts'

const sorted = (scope: Scope, call: Call): readonly FirewallAlias[] =>
  Object.entries(configOf(scope, call).aliases)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, alias]) => alias)

const known = (scope: Scope, call: Call): FirewallAlias =>
  configOf(scope, call).aliases[call.text('name').toLowerCase()] ?? raiseParam({ name: 'no such alias' })

const cidrOf = (call: Call): { readonly cidr: string; readonly ipversion: number } => {
  try {
    return parseCidr(call.text('cidr'))
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return raiseParam({ cidr: error.message })
  }
}

const given = (call: Call, name: string): FirewallAlias => ({
  name,
  ...cidrOf(call),
  ...(call.text('comment') === '' ? {} : { comment: call.text('comment') }),
})

const create = (scope: Scope, call: Call): null => {
  const { aliases } = configOf(scope, call)
  const key = call.text('name').toLowerCase()
  if (aliases[key] !== undefined) raiseParam({ name: `alias '${key}' already exists` })
  return change(scope, call, { aliases: { ...aliases, [key]: given(call, call.text('name')) } })
}

const update = (scope: Scope, call: Call): null => {
  const { aliases } = configOf(scope, call)
  assertUnchanged(digestOf(sorted(scope, call)), call.params['digest'])
  const old = known(scope, call)
  const name = call.text('rename') || old.name
  const [from, to] = [old.name.toLowerCase(), name.toLowerCase()]
  if (to !== from && aliases[to] !== undefined) raiseParam({ name: `alias '${name}' already exists` })
  return change(scope, call, { aliases: { ...without(aliases, from), [to]: given(call, name) } })
}

const remove = (scope: Scope, call: Call): null => {
  assertUnchanged(digestOf(sorted(scope, call)), call.params['digest'])
  return change(scope, call, { aliases: without(configOf(scope, call).aliases, call.text('name').toLowerCase()) })
}

/** The methods for named addresses; deleting one that does not exist succeeds (seen on PVE 9.2). */
export const aliasRoutes = (scope: Scope): RouteTable => ({
  [`GET ${scope.base}/aliases`]: (call) => withDigest(sorted(scope, call)),
  [`POST ${scope.base}/aliases`]: (call) => create(scope, call),
  [`GET ${scope.base}/aliases/{name}`]: (call) => known(scope, call),
  [`PUT ${scope.base}/aliases/{name}`]: (call) => update(scope, call),
  [`DELETE ${scope.base}/aliases/{name}`]: (call) => remove(scope, call),
})
