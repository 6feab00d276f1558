import { raiseParam } from '../api/error.ts'
import { AddressError, addressSpecVersion, type Scopes } from './address.ts'
import type { FirewallRule } from './config.ts'
import macros from './macros.json' with { type: 'json' }

export type RuleSpace = 'cluster' | 'group' | 'host' | 'vm' | 'ct' | 'vnet'

const preferredMacro: ReadonlyMap<string, string> = new Map(
  Object.keys(macros).map((name) => [name.toLowerCase(), name]),
)

/** PVE's rule macros by name, with what each stands for (PVE API: GET /cluster/firewall/macros). */
export const ruleMacros: Readonly<Record<string, string>> = macros

const RULE_KEYS = [
  'type',
  'action',
  'macro',
  'iface',
  'source',
  'dest',
  'proto',
  'dport',
  'sport',
  'icmp-type',
  'log',
  'comment',
] as const

const WITH_PORTS = new Set(['tcp', '6', 'udp', '17', 'udplite', '136', 'dccp', '33', 'sctp', '132'])
const ICMP = new Set(['icmp', 'icmpv6', 'ipv6-icmp', '1', '58'])
const NAMED_PROTOCOLS = new Set(
  'ip icmp igmp ggp ipencap st tcp egp igp pup udp hmp xns-idp rdp iso-tp4 dccp xtp ddp idpr-cmtp ipv6 ipv6-route ipv6-frag idrp rsvp gre esp ah skip ipv6-icmp ipv6-nonxt ipv6-opts vmtp eigrp ospf ax.25 ipip etherip encap pim ipcomp vrrp l2tp isis sctp fc mobility-header udplite mpls-in-ip hip shim6 wesp rohc icmpv6'.split(
    ' ',
  ),
)

export type Problems = Readonly<Record<string, string>>
export type CheckedRule = {
  readonly rule: FirewallRule
  readonly ipversion: number | undefined
  readonly problems: Problems
}

const actionProblem = ({ type, action }: FirewallRule, space: RuleSpace): readonly (readonly [string, string])[] => {
  if (type === 'group') return space === 'group' ? [['type', 'security groups not allowed']] : []
  if (type === 'forward' && (space === 'vm' || space === 'ct')) return [['type', `unknown rule type '${type}'`]]
  if (!/^(ACCEPT|DROP|REJECT)$/.test(action)) return [['action', `unknown action '${action}'`]]
  return []
}

const portProblems = (rule: FirewallRule, key: 'dport' | 'sport'): readonly (readonly [string, string])[] => {
  if (rule[key] === undefined) return []
  if (rule.proto === undefined) return [['proto', `missing property - '${key}' requires this property`]]
  if (WITH_PORTS.has(rule.proto) || (key === 'dport' && ICMP.has(rule.proto))) return []
  return [[key, `protocol '${rule.proto}' does not support ports`]]
}

const protocolProblem = ({ proto }: FirewallRule): readonly (readonly [string, string])[] =>
  proto === undefined || NAMED_PROTOCOLS.has(proto) || /^\d+$/.test(proto)
    ? []
    : [['proto', `unknown protocol '${proto}'`]]

const protocolVersion = (proto: string | undefined): number | undefined =>
  proto === 'icmp' ? 4 : proto === 'icmpv6' || proto === 'ipv6-icmp' ? 6 : undefined

type Found = { readonly versions: readonly number[]; readonly problems: readonly (readonly [string, string])[] }

const addressProblems = (rule: FirewallRule, scopes: Scopes): Found => {
  const versions: number[] = []
  const problems: (readonly [string, string])[] = []
  for (const key of ['source', 'dest'] as const) {
    const text = rule[key]
    if (text === undefined) continue
    try {
      const version = addressSpecVersion(scopes, text)
      if (version !== undefined) versions.push(version)
    } catch (error) {
      if (!(error instanceof AddressError)) throw error
      problems.push([key, error.message])
    }
  }
  return { versions, problems }
}

/** Looks at a rule as PVE does whenever it reads or writes one: what is wrong with it by key, and its IP version. */
export const checkRule = (given: FirewallRule, space: RuleSpace, scopes: Scopes): CheckedRule => {
  const macro = given.macro === undefined ? undefined : preferredMacro.get(given.macro.toLowerCase())
  const rule = macro === undefined ? given : { ...given, macro }
  const { versions, problems } = addressProblems(rule, scopes)
  const guest = space === 'vm' || space === 'ct'
  const found = [
    ...actionProblem(rule, space),
    ...(rule.iface !== undefined && space === 'group'
      ? [['type', 'parameter -i not allowed for this rule type'] as const]
      : []),
    ...(guest && rule.iface !== undefined && !/^net\d+$/.test(rule.iface)
      ? [['iface', "value does not match the regex pattern 'net\\d+'"] as const]
      : []),
    ...(rule.macro !== undefined && macro === undefined ? [['macro', `unknown macro '${rule.macro}'`] as const] : []),
    ...protocolProblem(rule),
    ...portProblems(rule, 'dport'),
    ...portProblems(rule, 'sport'),
    ...problems,
  ]
  const all = [protocolVersion(rule.proto), ...versions].filter((version) => version !== undefined)
  const mixed = all.some((version) => version !== all[0])
    ? [['dest', 'detected mixed ipv4/ipv6 adresses in rule'] as const]
    : []
  const byKey: Record<string, string> = {}
  for (const [key, text] of [...found, ...mixed]) byKey[key] ??= text
  return { rule, ipversion: all[0], problems: byKey }
}

/** The rule with what a request sets: an empty text or `-` takes a key away. */
export const mergeRule = (rule: Partial<FirewallRule>, params: Readonly<Record<string, unknown>>): FirewallRule => {
  const merged: Record<string, unknown> = { ...rule }
  for (const key of RULE_KEYS) {
    const value = params[key]
    if (value === undefined) continue
    if (value === '' || value === '-') delete merged[key]
    else merged[key] = String(value)
  }
  if (params['enable'] !== undefined) merged['enable'] = Number(params['enable'])
  return { enable: 0, ...merged } as FirewallRule
}

/** The rule without the keys of a `delete` list; `type` and `action` stay. */
export const dropRuleKeys = (rule: FirewallRule, keys: readonly string[]): FirewallRule => {
  const kept = Object.entries(rule).filter(([key]) => key === 'type' || key === 'action' || !keys.includes(key))
  return { ...(Object.fromEntries(kept) as FirewallRule), enable: keys.includes('enable') ? 0 : rule.enable }
}

/** Refuses a rule that has a problem, with 400 and the first of them (PVE stops at the first). */
export const acceptRule = (given: FirewallRule, space: RuleSpace, scopes: Scopes): FirewallRule => {
  const { rule, problems } = checkRule(given, space, scopes)
  const [first] = Object.entries(problems)
  if (first !== undefined) raiseParam({ [first[0]]: first[1] })
  return rule
}

/** Rules as PVE lists them: with IP version or errors, and without their position and digest. */
export const shownRules = (
  rules: readonly FirewallRule[],
  space: RuleSpace,
  scopes: Scopes,
): readonly Readonly<Record<string, unknown>>[] =>
  rules.map((given) => {
    const { rule, ipversion, problems } = checkRule(given, space, scopes)
    return {
      ...rule,
      ...(ipversion === undefined ? {} : { ipversion }),
      ...(Object.keys(problems).length === 0 ? {} : { errors: problems }),
    }
  })
