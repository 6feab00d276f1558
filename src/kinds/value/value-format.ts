import { isIPv4, isIPv6 } from 'node:net'
import { parseSize } from './size.ts'

const cidr = (text: string, isAddress: (address: string) => boolean, bits: number): boolean => {
  const [address, prefix, ...rest] = text.split('/')
  return rest.length === 0 && isAddress(address ?? '') && /^\d+$/.test(prefix ?? '') && Number(prefix) <= bits
}

interface ValueFormat {
  readonly matches: (text: string) => boolean
  /** What was expected, to follow "must be". */
  readonly expected: string
}

const byPattern = (pattern: RegExp, expected: string): ValueFormat => ({
  matches: (text) => pattern.test(text),
  expected,
})

const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'

/** Formats PVE names and that can be checked without the server; a format not listed here accepts any text. */
const formats: { readonly [name: string]: ValueFormat } = {
  'disk-size': {
    matches: (text) => /^\d+(?:\.\d+)?[KMGT]?$/.test(text) && parseSize(text) !== undefined,
    expected: 'a size such as "32G" or "512M"',
  },
  'mac-addr': byPattern(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    'a unicast MAC address such as "BC:24:11:00:00:01"',
  ),
  'dns-name': byPattern(
    new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`),
    'a DNS name: letters, digits, hyphens and dots, each part beginning and ending with a letter or digit',
  ),
  'pve-storage-id': byPattern(/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i, 'the id of a storage'),
  'pve-bridge-id': byPattern(/^[-_.\w\d]+$/, 'the name of a bridge'),
  'pve-configid': byPattern(/^[a-z][a-z0-9_-]+$/i, 'an id: a letter, then letters, digits, "_" or "-"'),
  'pve-tag': byPattern(
    /^[a-z0-9_][a-z0-9_\-+.]*$/i,
    'a tag: letters, digits, "_", and after the first also "-", "+", "."',
  ),
  'pve-volume-id': byPattern(/^[a-z][a-z0-9\-_.]*[a-z0-9]:.+$/i, 'a volume id such as "local:snippets/user.yaml"'),
  ipv4: { matches: isIPv4, expected: 'an IPv4 address' },
  ipv6: { matches: isIPv6, expected: 'an IPv6 address' },
  address: {
    matches: (text) => isIPv4(text) || isIPv6(text) || /^[\w.-]+$/.test(text),
    expected: 'an IP address or a host name',
  },
  'pve-ipv4-config': {
    matches: (text) => text === 'dhcp' || text === 'manual' || cidr(text, isIPv4, 32),
    expected: '"dhcp", "manual" or an address with its prefix such as "10.0.0.5/24"',
  },
  'pve-ipv6-config': {
    matches: (text) => ['auto', 'dhcp', 'manual'].includes(text) || cidr(text, isIPv6, 128),
    expected: '"auto", "dhcp", "manual" or an address with its prefix such as "fd00::5/64"',
  },
}

/** What a text of a named format must be, or undefined when it is. */
export const formatProblem = (format: string, text: string): string | undefined => {
  const known = formats[format]
  return known === undefined || known.matches(text) ? undefined : known.expected
}
