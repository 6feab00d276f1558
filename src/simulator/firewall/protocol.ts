const named = new Set(
  'ip icmp igmp ggp ipencap st tcp egp igp pup udp hmp xns-idp rdp iso-tp4 dccp xtp ddp idpr-cmtp ipv6 ipv6-route ipv6-frag idrp rsvp gre esp ah skip ipv6-icmp ipv6-nonxt ipv6-opts vmtp eigrp ospf ax.25 ipip etherip encap pim ipcomp vrrp l2tp isis sctp fc mobility-header udplite mpls-in-ip hip shim6 wesp rohc icmpv6'.split(
    ' ',
  ),
)

/** What is wrong with a protocol's name or number. */
export const protocolFault = (proto: string): string | undefined =>
  named.has(proto) || /^\d+$/.test(proto) ? undefined : `unknown protocol '${proto}'`
