import { raiseParam } from '../api/error.ts'
import { AddressError, addressSpecVersion, type Scopes } from './address.ts'
import type { FirewallRule } from './config.ts'
import macroTemplates from './macro-rules.json' with { type: 'json' }
import macros from './macros.json' with { type: 'json' }
import { portFault } from './port.ts'
import { protocolFault } from './protocol.ts'

export type RuleSpace = 'cluster' | 'group' | 'host' | 'vm' | 'ct' | 'vnet'

const preferredMacro: ReadonlyMap<string, string> = new Map(
  Object.keys(macros).map((name) => [name.toLowerCase(), name]),
)

/** PVE's rule macros by name, with what each stands for (PVE API: GET /cluster/firewall/macros). */
export const ruleMacros: Readonly<Record<string, string>> = macros

const macroRules: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = macroTemplates

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

/** Which types of rules there may be, by where they stand. */
const TYPES: Readonly<Record<RuleSpace, readonly string[]>> = {
  ct: ['in', 'out', 'group'],
  vm: ['in', 'out', 'group'],
  group: ['in', 'out', 'forward'],
  cluster: ['in', 'out', 'forward', 'group'],
  host: ['in', 'out', 'forward', 'group'],
  vnet: ['forward', 'group'],
}

export type Problems = Readonly<Record<string, string>>
export type CheckedRule = {
  readonly rule: FirewallRule
  readonly ipversion: number | undefined
  readonly problems: Problems
}

type Problem = readonly [key: string, text: string]

const actionProblem = ({ type, action }: FirewallRule, space: RuleSpace): readonly Problem[] => {
  if (type === 'group' && space === 'group') return [['type', 'security groups not allowed']]
  if (!TYPES[space].includes(type)) return [['type', `invalid rule type '${type}' for rule_env '${space}'`]]
  if (type === 'group') return []
  if (type === 'forward' && action === 'REJECT') return [['action', 'cannot define REJECT rules on forward chain']]
  return /^(ACCEPT|DROP|REJECT)$/.test(action) ? [] : [['action', `unknown action '${action}'`]]
}

/** A macro has values of its own: others for the same key are refused. PVE source: apply_macro. */
const macroProblems = (rule: FirewallRule, macro: string | undefined): readonly Problem[] => {
  const templates = macro === undefined ? [] : (macroRules[macro] ?? [])
  return templates.flatMap((template) =>
    Object.entries(template).flatMap(([key, value]): readonly Problem[] => {
      const given = rule[key as keyof FirewallRule]
      const text = `parameter '${key}' already define in macro (value = '${value}')`
      return given === undefined || given === value ? [] : [[key, text]]
    }),
  )
}

const portProblems = (rule: FirewallRule, key: 'dport' | 'sport'): readonly Problem[] => {
  if (rule[key] === undefined) return []
  const fault = portFault(rule[key], { icmpToo: key === 'dport' })
  if (fault !== undefined) return [[key, fault]]
  if (rule.proto === undefined) return [['proto', `missing property - '${key}' requires this property`]]
  if (WITH_PORTS.has(rule.proto) || (key === 'dport' && ICMP.has(rule.proto))) return []
  return [[key, `protocol '${rule.proto}' does not support ports`]]
}

const protocolVersion = (proto: string | undefined): number | undefined =>
  proto === 'icmp' ? 4 : proto === 'icmpv6' || proto === 'ipv6-icmp' ? 6 : undefined

type Found = { readonly versions: readonly number[]; readonly problems: readonly Problem[] }

const addressProblems = (rule: FirewallRule, scopes: Scopes): Found => {
  const versions: number[] = []
  const problems: Problem[] = []
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

const problemOf = (key: string, fault: string | undefined): readonly Problem[] =>
  fault === undefined ? [] : [[key, fault]]

/** Looks at a rule as PVE does whenever it reads or writes one: what is wrong with it by key, and its IP version. */
const checkRule = (given: FirewallRule, space: RuleSpace, scopes: Scopes): CheckedRule => {
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
    ...(rule.proto === undefined ? [] : problemOf('proto', protocolFault(rule.proto))),
    ...portProblems(rule, 'dport'),
    ...portProblems(rule, 'sport'),
    ...problems,
  ]
  const all = [protocolVersion(rule.proto), ...versions].filter((version) => version !== undefined)
  const mixed = all.some((version) => version !== all[0])
    ? [['dest', 'detected mixed ipv4/ipv6 addresses in rule'] as const]
    : []
  const byKey: Record<string, string> = {}
  const wrong = [...found, ...mixed]
  for (const [key, text] of wrong.length > 0 ? wrong : macroProblems(rule, macro)) byKey[key] ??= text
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
