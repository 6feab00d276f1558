import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { AddressError, aliasPattern, aliasVersion, parseCidr } from './address.ts'
import { assertUnchanged, digestOf, type FirewallSet, type FirewallSetEntry, withDigest, without } from './config.ts'
import { change, configOf, lookIn, type Scope } from './scope.ts'

const setOf = (scope: Scope, call: Call): FirewallSet =>
  configOf(scope, call).sets[call.text('name')] ?? raise(`no such IPSet '${call.text('name')}'`)

type Listed = { readonly name: string; readonly comment?: string }

const sortedSets = (scope: Scope, call: Call): readonly Listed[] =>
  Object.entries(configOf(scope, call).sets)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { comment }]) => ({ name, ...(comment === undefined ? {} : { comment }) }))

const sortedEntries = ({ entries }: FirewallSet): readonly FirewallSetEntry[] =>
  [...entries].sort((a, b) => (a.cidr < b.cidr ? -1 : 1))

const noted = <T extends object>(call: Call, entry: T): T & { readonly comment?: string } =>
  call.text('comment') === '' ? entry : { ...entry, comment: call.text('comment') }

const create = (scope: Scope, call: Call): null => {
  const { sets } = configOf(scope, call)
  const name = call.text('name')
  if (!call.has('rename')) {
    if (sets[name] !== undefined) raiseParam({ name: `IPSet '${name}' already exists` })
    return change(scope, call, { sets: { ...sets, [name]: noted(call, { entries: [] }) } })
  }
  assertUnchanged(digestOf(sortedSets(scope, call)), call.params['digest'])
  const from = call.text('rename')
  const old = sets[from] ?? raiseParam({ name: `IPSet '${from}' does not exist` })
  if (from !== name && sets[name] !== undefined) raiseParam({ name: `IPSet '${name}' does already exist` })
  return change(scope, call, { sets: { ...without(sets, from), [name]: noted(call, { entries: old.entries }) } })
}

const remove = (scope: Scope, call: Call): null => {
  const name = call.text('name')
  if (setOf(scope, call).entries.length > 0 && !call.flag('force')) raise(`IPSet '${name}' is not empty`)
  return change(scope, call, { sets: without(configOf(scope, call).sets, name) })
}

const withEntries = (scope: Scope, call: Call, entries: readonly FirewallSetEntry[]): null => {
  const { sets } = configOf(scope, call)
  return change(scope, call, { sets: { ...sets, [call.text('name')]: { ...setOf(scope, call), entries } } })
}

const cidrOf = (scope: Scope, call: Call): string => {
  const text = call.text('cidr')
  const alias = aliasPattern.exec(text)
  if (alias !== null) {
    if (aliasVersion(lookIn(scope, call), alias[1], alias[2] ?? '') === undefined) raise(`no such alias '${alias[2]}'`)
    return text
  }
  try {
    return parseCidr(text).cidr
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return raise(error.message)
  }
}

const addEntry = (scope: Scope, call: Call): null => {
  const { entries } = setOf(scope, call)
  const cidr = cidrOf(scope, call)
  if (entries.some((entry) => entry.cidr === cidr)) raiseParam({ cidr: `address '${cidr}' already exists` })
  if (/\/0+$/.test(cidr)) raiseParam({ cidr: 'a zero prefix is not allowed in ipset entries' })
  return withEntries(scope, call, [noted(call, { cidr, ...(call.flag('nomatch') ? { nomatch: 1 } : {}) }), ...entries])
}

const entryOf = (scope: Scope, call: Call): FirewallSetEntry =>
  setOf(scope, call).entries.find(({ cidr }) => cidr === call.text('cidr')) ??
  raiseParam({ cidr: 'no such IP/Network' })

const changeEntry = (scope: Scope, call: Call): null => {
  const set = setOf(scope, call)
  assertUnchanged(digestOf(sortedEntries(set)), call.params['digest'])
  const old = entryOf(scope, call)
  const nomatch = call.has('nomatch') ? call.flag('nomatch') : old.nomatch === 1
  const comment = call.has('comment') ? call.text('comment') : (old.comment ?? '')
  const entry = { cidr: old.cidr, ...(nomatch ? { nomatch: 1 } : {}), ...(comment === '' ? {} : { comment }) }
  return withEntries(
    scope,
    call,
    set.entries.map((each) => (each.cidr === old.cidr ? entry : each)),
  )
}

const removeEntry = (scope: Scope, call: Call): null => {
  const set = setOf(scope, call)
  assertUnchanged(digestOf(sortedEntries(set)), call.params['digest'])
  return withEntries(
    scope,
    call,
    set.entries.filter(({ cidr }) => cidr !== call.text('cidr')),
  )
}

/** The methods for IP sets; deleting an entry that does not exist succeeds (seen on PVE 9.2). */
export const setRoutes = (scope: Scope): RouteTable => ({
  [`GET ${scope.base}/ipset`]: (call) => withDigest(sortedSets(scope, call)),
  [`POST ${scope.base}/ipset`]: (call) => create(scope, call),
  [`GET ${scope.base}/ipset/{name}`]: (call) => withDigest(sortedEntries(setOf(scope, call))),
  [`POST ${scope.base}/ipset/{name}`]: (call) => addEntry(scope, call),
  [`DELETE ${scope.base}/ipset/{name}`]: (call) => remove(scope, call),
  [`GET ${scope.base}/ipset/{name}/{cidr}`]: (call) => entryOf(scope, call),
  [`PUT ${scope.base}/ipset/{name}/{cidr}`]: (call) => changeEntry(scope, call),
  [`DELETE ${scope.base}/ipset/{name}/{cidr}`]: (call) => removeEntry(scope, call),
})
