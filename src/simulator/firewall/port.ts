/** Names of /etc/services that rules use. */
const services = new Set(
  'ftp-data ftp ssh telnet smtp time domain bootps bootpc tftp gopher finger http kerberos pop3 sunrpc auth sftp nntp ntp netbios-ns netbios-dgm netbios-ssn imap2 imap snmp snmp-trap xdmcp bgp irc ldap https microsoft-ds isakmp syslog printer route submission ldaps ftps-data ftps imaps pop3s openvpn ms-sql-s nfs mysql svn rdp postgresql amqp sip sip-tls xmpp-client xmpp-server mdns git redis x11 http-alt zabbix-agent zabbix-trapper'.split(
    ' ',
  ),
)

const icmpTypes = new Set(
  'any echo-reply destination-unreachable network-unreachable host-unreachable protocol-unreachable port-unreachable fragmentation-needed source-route-failed network-unknown host-unknown network-prohibited host-prohibited TOS-network-unreachable TOS-host-unreachable communication-prohibited host-precedence-violation precedence-cutoff source-quench redirect network-redirect host-redirect TOS-network-redirect TOS-host-redirect echo-request router-advertisement router-solicitation time-exceeded ttl-zero-during-transit ttl-zero-during-reassembly parameter-problem ip-header-bad required-option-missing timestamp-request timestamp-reply address-mask-request address-mask-reply no-route beyond-scope address-unreachable failed-policy reject-route packet-too-big bad-header unknown-header-type unknown-option neighbour-solicitation neighbour-advertisement neighbor-solicitation neighbor-advertisement'.split(
    ' ',
  ),
)

const isPort = (text: string): boolean => Number(text) <= 65_535

/** Ports an item of a list counts for, or what is wrong with it. */
const itemFault = (item: string, icmpToo: boolean): string | undefined => {
  const [, from, to] = /^(\d+):(\d+)$/.exec(item) ?? []
  if (from !== undefined && to !== undefined) {
    const wrong = [from, to].find((port) => !isPort(port))
    if (wrong !== undefined) return `invalid port '${wrong}'`
    if (Number(from) <= Number(to)) return undefined
    return `backwards range '${from}:${to}' not allowed, did you mean '${to}:${from}'?`
  }
  if (/^\d+$/.test(item)) return isPort(item) ? undefined : `invalid port '${item}'`
  return services.has(item) || (icmpToo && icmpTypes.has(item)) ? undefined : `invalid port '${item}'`
}

/** What is wrong with a list of ports, ranges and service names. PVE source: parse_port_name_number_or_range. */
export const portFault = (text: string, { icmpToo }: { readonly icmpToo: boolean }): string | undefined => {
  if (/,$|^,|,,/.test(text)) return 'extraneous commas in list'
  const items = text.split(',')
  const fault = items.map((item) => itemFault(item, icmpToo)).find((each) => each !== undefined)
  if (fault !== undefined) return fault
  const count = items.reduce((sum, item) => sum + (/^\d+:\d+$/.test(item) ? 2 : /^\d+$/.test(item) ? 1 : 0), 0)
  if (icmpToo && count > 0 && items.some((item) => icmpTypes.has(item))) return 'ICMP ports not allowed in port range'
  return count > 15 ? 'too many entries in port list (> 15 numbers)' : undefined
}

/** Whether a name is one of an ICMP message type. */
export const isIcmpType = (text: string): boolean => icmpTypes.has(text)
