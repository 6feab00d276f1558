import { isIPv6 } from 'node:net'
import { canonicalSize } from './size.ts'

/**
 * How texts that mean the same are brought to one: `lower` and `upper` case, `pci` (the domain may be left out), `usb` (`0x` and case),
 * `ip` (the many ways of writing an IPv6 address), `set` (a list by `;` whose order means nothing), `ranges` and `cpus` (numbers and
 * ranges by `;` or `,`, in any order), `size`.
 */
export type Spelling = 'lower' | 'upper' | 'pci' | 'usb' | 'ip' | 'set' | 'ranges' | 'cpus' | 'size'

const pciAddress = (text: string): string => {
  const address = text.trim().toLowerCase()
  return /^[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-7])?$/.test(address) ? `0000:${address}` : address
}

const ipAddress = (text: string): string => {
  const [address = '', ...prefix] = text.split('/')
  if (!isIPv6(address) || address.includes('%')) return text
  return [new URL(`http://[${address}]/`).hostname.slice(1, -1), ...prefix].join('/')
}

const parts = (text: string, separators: RegExp): readonly string[] =>
  text.split(separators).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))

/** Numbers and ranges in ascending order, what overlaps or touches made one; text that is none stays as it is. */
const ranges = (text: string, separator: string): string => {
  const read = parts(text, /[;,\s]+/).map((part) => /^(\d+)(?:-(\d+))?$/.exec(part))
  if (read.length === 0 || read.includes(null)) return text
  const pairs = read
    .map((match) => [Number(match?.[1]), Number(match?.[2] ?? match?.[1])] as const)
    .sort(([a], [b]) => a - b)
  const merged: [number, number][] = []
  for (const [from, to] of pairs) {
    const last = merged.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(separator)
}

const FORMS: { readonly [spelling in Spelling]: (text: string) => string } = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  pci: (text) => parts(text, /;/).map(pciAddress).join(';'),
  usb: (text) => text.toLowerCase().replaceAll('0x', ''),
  ip: ipAddress,
  set: (text) => [...new Set(parts(text, /[;\s]+/))].sort().join(';'),
  ranges: (text) => ranges(text, ';'),
  cpus: (text) => ranges(text, ','),
  size: canonicalSize,
}

/** The one spelling that both what is declared and what the server has are brought to. */
export const canonicalText = (spelling: Spelling | undefined, text: string): string =>
  spelling === undefined ? text : FORMS[spelling](text)

/** Spellings that follow from PVE's name of a format. */
export const spellingOfFormat = (format: string | undefined): Spelling | undefined => {
  switch (format) {
    case 'mac-addr':
      return 'upper'
    case 'disk-size':
      return 'size'
    case 'ipv6':
    case 'pve-ipv6-config':
      return 'ip'
    default:
      return undefined
  }
}
