import type { Call, RouteTable } from '../api/call.ts'
import { raiseParam } from '../api/error.ts'
import { facts } from '../api/facts.ts'
import { aliasRoutes } from './alias-routes.ts'
import { assertUnchanged, digestOf, type FirewallConfig } from './config.ts'
import { groupRoutes } from './group-routes.ts'
import { ruleMacros } from './rule.ts'
import { ruleRoutes } from './rule-routes.ts'
import { change, configOf, lookIn, type Scope, scopes } from './scope.ts'
import { setRoutes } from './set-routes.ts'
import { firewallOf } from './state.ts'

const REQUEST_KEYS = new Set(['node', 'vmid', 'vnet', 'digest', 'delete'])

const changeOptions = (scope: Scope, call: Call): null => {
  const { options } = configOf(scope, call)
  assertUnchanged(digestOf([options]), call.params['digest'])
  const schemas = facts[`PUT ${scope.base}/options`]?.parameters?.properties ?? {}
  const unknown = call.list('delete').find((name) => schemas[name] === undefined || REQUEST_KEYS.has(name))
  if (unknown !== undefined) raiseParam({ delete: `no such option '${unknown}'` })
  const kept = Object.entries(options).filter(([name]) => !call.list('delete').includes(name))
  const set = Object.entries(call.params)
    .filter(([name]) => !REQUEST_KEYS.has(name))
    .map(
      ([name, value]) =>
        [name, /^(?:boolean|integer)$/.test(schemas[name]?.type ?? '') ? Number(value) : value] as const,
    )
  return change(scope, call, { options: Object.fromEntries([...kept, ...set]) })
}

const refsOf = (config: FirewallConfig, place: string): readonly Readonly<Record<string, unknown>>[] =>
  [
    ...Object.entries(config.sets).map(([name, { comment }]) => ({ type: 'ipset', name, ref: `+${name}`, comment })),
    ...Object.entries(config.aliases).map(([name, { comment }]) => ({ type: 'alias', name, ref: name, comment })),
  ].map(({ comment, ...ref }) => ({ ...ref, scope: place, ...(comment === undefined ? {} : { comment }) }))

const refs = (scope: Scope, call: Call): unknown => {
  const ofCluster = refsOf(firewallOf(call.world, 'cluster'), 'dc')
  const all = scope.space === 'cluster' ? ofCluster : [...ofCluster, ...refsOf(configOf(scope, call), 'guest')]
  return all.filter(({ type }) => !call.has('type') || type === call.text('type'))
}

const emptyLog = (call: Call): unknown => {
  call.extra['total'] = 1
  return [{ n: 1, t: 'no content' }]
}

const scopeRoutes = (scope: Scope): RouteTable => ({
  [`GET ${scope.base}/options`]: (call) => {
    const { options } = configOf(scope, call)
    return { ...options, digest: digestOf([options]) }
  },
  [`PUT ${scope.base}/options`]: (call) => changeOptions(scope, call),
  ...ruleRoutes({
    base: `${scope.base}/rules`,
    space: scope.space,
    read: (call) => configOf(scope, call).rules,
    write: (call, rules) => change(scope, call, { rules }),
    scopes: (call) => lookIn(scope, call),
  }),
  ...(scope.has.sets ? { ...aliasRoutes(scope), ...setRoutes(scope) } : {}),
  ...(scope.has.refs ? { [`GET ${scope.base}/refs`]: (call: Call) => refs(scope, call) } : {}),
  ...(facts[`GET ${scope.base}/log`] === undefined ? {} : { [`GET ${scope.base}/log`]: emptyLog }),
})

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const firewallRoutes: RouteTable = {
  ...Object.assign({}, ...scopes.map(scopeRoutes)),
  ...groupRoutes,
  'GET /cluster/firewall/macros': () => Object.entries(ruleMacros).map(([macro, descr]) => ({ macro, descr })),
}
