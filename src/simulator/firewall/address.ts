import { isIPv4, isIPv6 } from 'node:net'
import type { FirewallConfig } from './config.ts'

export const aliasPattern = /^(?:(dc|guest)\/)?([A-Za-z][A-Za-z0-9\-_]+)$/
const setPattern = /^\+(?:(dc|guest|sdn)\/)?([A-Za-z][A-Za-z0-9\-_]+)$/

/** A value that is no address; the text is what PVE says about it. */
export class AddressError extends Error {}

const fail = (text: string): never => {
  throw new AddressError(text)
}

export type Cidr = { readonly cidr: string; readonly ipversion: number }

const prefixWithin = (bits: string | undefined, width: number): boolean =>
  bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= width)

/** Reads an address or network and writes it as PVE's firewall files do: without a prefix that covers one address only. */
export const parseCidr = (text: string): Cidr => {
  const [address = '', bits, rest] = text.split('/')
  if (rest === undefined && isIPv4(address) && prefixWithin(bits, 32))
    return { cidr: bits === '32' ? address : text, ipversion: 4 }
  if (rest === undefined && isIPv6(address) && prefixWithin(bits, 128))
    return { cidr: bits === '128' ? address : text, ipversion: 6 }
  return fail('value does not look like a valid IP address or CIDR network')
}

export type Scopes = { readonly cluster: FirewallConfig; readonly own: FirewallConfig | undefined }

/** The IP version of an alias, searched in the file itself before the cluster's; nothing when there is no such alias. */
export const aliasVersion = ({ cluster, own }: Scopes, scope: string | undefined, name: string): number | undefined => {
  const key = name.toLowerCase()
  const files = scope === 'dc' ? [cluster] : scope === 'guest' ? [own] : [own, cluster]
  return files.map((file) => file?.aliases[key]?.ipversion).find((version) => version !== undefined)
}

const addressVersion = (text: string): number => {
  if (isIPv4(text)) return 4
  if (isIPv6(text)) return 6
  return parseCidr(text).ipversion
}

const listVersion = (text: string): number | undefined => {
  if (/,$|^,|,,/.test(text)) fail('extraneous commas in list')
  const versions = text.split(',').map((part) => {
    const range = part.split('-')
    return range.length === 2 ? range.map((end) => addressVersion(end)) : [addressVersion(part)]
  })
  const [first, ...others] = versions.flat()
  if (others.some((version) => version !== first)) fail(`detected mixed ipv4/ipv6 addresses in address list '${text}'`)
  if (text.includes('-') && text.includes(',')) fail("you can't use a range in a list")
  return first
}

/**
 * The IP version of a rule's `source` or `dest`: an address, a list or range of them, `+set` or an alias.
 * Throws AddressError with PVE's text for what does not exist or cannot be read.
 */
export const addressSpecVersion = (scopes: Scopes, text: string): number | undefined => {
  const set = setPattern.exec(text)
  if (set !== null) {
    const name = set[2] ?? ''
    const files = set[1] === 'dc' ? [scopes.cluster] : set[1] === 'guest' ? [scopes.own] : [scopes.own, scopes.cluster]
    if (set[1] !== 'sdn' && !files.some((file) => file?.sets[name] !== undefined)) fail(`no such ipset '${name}'`)
    return undefined
  }
  const alias = aliasPattern.exec(text)
  if (alias !== null) {
    const version = aliasVersion(scopes, alias[1], alias[2] ?? '')
    return version ?? fail(`no such alias '${text}'`)
  }
  return listVersion(text)
}

/** What is wrong with a rule's `source` or `dest` as such: what the parameter check says before a rule is looked at. */
export const addressSpecFault = (text: string): string | undefined => {
  if (/^\+\S+$/.test(text) || aliasPattern.test(text)) return undefined
  try {
    listVersion(text)
    return undefined
  } catch (error) {
    if (error instanceof AddressError) return error.message
    throw error
  }
}
