import { createHash } from 'node:crypto'
import { raise } from '../api/error.ts'

export type FirewallRule = {
  readonly type: string
  readonly action: string
  readonly enable: number
  readonly macro?: string
  readonly iface?: string
  readonly source?: string
  readonly dest?: string
  readonly proto?: string
  readonly dport?: string
  readonly sport?: string
  readonly 'icmp-type'?: string
  readonly log?: string
  readonly comment?: string
}
export type FirewallAlias = {
  readonly name: string
  readonly cidr: string
  readonly ipversion: number
  readonly comment?: string
}
export type FirewallSetEntry = { readonly cidr: string; readonly nomatch?: number; readonly comment?: string }
export type FirewallSet = { readonly comment?: string; readonly entries: readonly FirewallSetEntry[] }
export type FirewallGroup = { readonly comment?: string; readonly rules: readonly FirewallRule[] }

/** One firewall file of PVE: the cluster's, a node's, a guest's or a vnet's. Aliases are keyed by their name in lower case. */
export type FirewallConfig = {
  readonly options: Readonly<Record<string, string | number>>
  readonly rules: readonly FirewallRule[]
  readonly aliases: Readonly<Record<string, FirewallAlias>>
  readonly sets: Readonly<Record<string, FirewallSet>>
  /** Security groups; only the cluster's file has any. */
  readonly groups: Readonly<Record<string, FirewallGroup>>
}

export const emptyFirewall: FirewallConfig = { options: {}, rules: [], aliases: {}, sets: {}, groups: {} }

type Entry = Readonly<Record<string, unknown>>

/**
 * The digest of a list of firewall entries: SHA-1 over `key:value` lines, keys in order, nested values (a rule's errors) left
 * out (seen on PVE 9.2: digests of rules, options, aliases and sets are equal to the recorded ones).
 */
export const digestOf = (entries: readonly Entry[]): string => {
  const hash = createHash('sha1')
  for (const entry of entries) {
    for (const key of Object.keys(entry).sort()) {
      const value = entry[key]
      if (value !== undefined && value !== null && typeof value !== 'object') hash.update(`${key}:${value}\n`, 'utf8')
    }
  }
  return hash.digest('hex')
}

/** The entries with the digest of the whole list in each of them, as PVE lists firewall entries. */
export const withDigest = (entries: readonly Entry[]): readonly Entry[] => {
  const digest = digestOf(entries)
  return entries.map((entry) => ({ ...entry, digest }))
}

/** Refuses a write that carries a digest other than the current one. */
export const assertUnchanged = (current: string, given: unknown): void => {
  if (given !== undefined && given !== '' && given !== current)
    raise('detected modified configuration - file changed by other user? Try again.')
}

/** `record` without `key`. */
export const without = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
