import { addressSpecFault } from '../firewall/address.ts'
import { isIcmpType, portFault } from '../firewall/port.ts'
import { protocolFault } from '../firewall/protocol.ts'
import type { NamedFormat } from './check.ts'
import { SchemaError } from './schema-error.ts'

const telling =
  (fault: (value: string) => string | undefined) =>
  (value: string): void => {
    const text = value === '' ? undefined : fault(value)
    if (text !== undefined) throw new SchemaError(`${text}\n`)
  }

/** The formats of a firewall rule's values; an empty value takes the key away. */
export const firewallFormats: Readonly<Record<string, NamedFormat>> = {
  'pve-fw-addr-spec': telling(addressSpecFault),
  'pve-fw-dport-spec': telling((value) => portFault(value, { icmpToo: true })),
  'pve-fw-sport-spec': telling((value) => portFault(value, { icmpToo: false })),
  'pve-fw-protocol-spec': telling(protocolFault),
  'pve-fw-icmp-type-spec': telling((value) => (isIcmpType(value) ? undefined : `invalid icmp-type value '${value}'`)),
}
