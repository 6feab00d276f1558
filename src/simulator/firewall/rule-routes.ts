import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import type { Scopes } from './address.ts'
import { assertUnchanged, digestOf, type FirewallRule, withDigest } from './config.ts'
import { acceptRule, dropRuleKeys, mergeRule, type RuleSpace, shownRules } from './rule.ts'

/** A list of rules somewhere in the API: how to read, write and look at it. */
export type RuleList = {
  readonly base: string
  readonly space: RuleSpace
  readonly read: (call: Call) => readonly FirewallRule[]
  readonly write: (call: Call, rules: readonly FirewallRule[]) => null
  readonly scopes: (call: Call) => Scopes
}

type Shown = Readonly<Record<string, unknown>>

const listed = (list: RuleList, call: Call): readonly Shown[] =>
  withDigest(shownRules(list.read(call), list.space, list.scopes(call)))

const digestNow = (list: RuleList, call: Call): string =>
  digestOf(shownRules(list.read(call), list.space, list.scopes(call)))

const at = (rules: readonly FirewallRule[], pos: number): FirewallRule =>
  rules[pos] ?? raise(`no rule at position ${pos}`)

/** A new rule stands first, whatever `pos` says (seen on PVE 9.2). */
const addRule = (list: RuleList, call: Call): null => {
  const rules = list.read(call)
  assertUnchanged(digestNow(list, call), call.params['digest'])
  const rule = acceptRule(mergeRule({}, call.params), list.space, list.scopes(call))
  return list.write(call, [rule, ...rules])
}

const moved = (rules: readonly FirewallRule[], from: number, to: number): readonly FirewallRule[] => {
  const rule = at(rules, from)
  const others = rules.filter((_, index) => index !== from)
  const place = to >= rules.length ? others.length : to > from ? to - 1 : to
  return [...others.slice(0, place), rule, ...others.slice(place)]
}

const changeRule = (list: RuleList, call: Call): null => {
  const rules = list.read(call)
  assertUnchanged(digestNow(list, call), call.params['digest'])
  const pos = call.number('pos')
  const old = at(rules, pos)
  if (call.has('moveto') && call.number('moveto') !== pos)
    return list.write(call, moved(rules, pos, call.number('moveto')))
  const merged = dropRuleKeys(mergeRule(old, call.params), call.list('delete'))
  const rule = acceptRule(merged, list.space, list.scopes(call))
  return list.write(
    call,
    rules.map((each, index) => (index === pos ? rule : each)),
  )
}

const deleteRule = (list: RuleList, call: Call): null => {
  const rules = list.read(call)
  assertUnchanged(digestNow(list, call), call.params['digest'])
  const pos = call.number('pos')
  at(rules, pos)
  return list.write(
    call,
    rules.filter((_, index) => index !== pos),
  )
}

/** The methods of one list of rules: list, add, read, change or move, delete. */
export const ruleRoutes = (list: RuleList): RouteTable => ({
  [`GET ${list.base}`]: (call) => listed(list, call).map((rule, pos) => ({ ...rule, pos })),
  [`POST ${list.base}`]: (call) => addRule(list, call),
  [`GET ${list.base}/{pos}`]: (call) => {
    at(list.read(call), call.number('pos'))
    return { ...listed(list, call)[call.number('pos')], pos: call.text('pos') }
  },
  [`PUT ${list.base}/{pos}`]: (call) => changeRule(list, call),
  [`DELETE ${list.base}/{pos}`]: (call) => deleteRule(list, call),
})
