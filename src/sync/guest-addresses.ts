import { kindOfType } from '../kinds/registry.ts'
import type { GuestAddresses, ObservedGuest, RawConfig } from '../resource/observed.ts'
import { rowsOf, textOf } from './read-inventory.ts'

interface Told {
  readonly mac: string
  readonly address: string
}

const MAC = /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/i

/** MAC addresses of a guest's network devices by their numbers, as `aa:bb:…`. */
const ownMacs = (config: RawConfig): readonly string[] =>
  Object.keys(config)
    .flatMap((key) => /^net(\d+)$/.exec(key)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((index) => MAC.exec(config[`net${index}`] ?? '')?.[0].toLowerCase() ?? [])

/** Addresses of no use to others: loopback, link-local, and none at all. */
const isUseful = (address: string): boolean =>
  address.includes(':')
    ? !/^(?:fe[89ab][0-9a-f]:|::1?$|::ffff:127\.)/i.test(address)
    : /^\d+\.\d+\.\d+\.\d+$/.test(address) && !/^(?:127\.|169\.254\.|0\.0\.0\.0$)/.test(address)

/** One device as the guest agent (`result`) or a container's node tells of it; PVE 8 has only the first address of a container, in `inet` and `inet6`. */
const toldBy = (row: Readonly<Record<string, unknown>>): readonly Told[] => {
  const mac = (textOf(row, 'hardware-address') ?? textOf(row, 'hwaddr') ?? '').toLowerCase()
  const listed = rowsOf(row['ip-addresses']).flatMap((each) => textOf(each, 'ip-address') ?? [])
  const short = ['inet', 'inet6'].flatMap((name) => textOf(row, name) ?? [])
  const addresses = (listed.length > 0 ? listed : short).map((address) => address.replace(/[/%].*$/, '').toLowerCase())
  return addresses.filter(isUseful).map((address) => ({ mac, address }))
}

/** Reads the answer of `GET …/agent/network-get-interfaces` or `GET …/interfaces`. */
export const addressesIn = (data: unknown, config: RawConfig, asOf: string): GuestAddresses => {
  const rows = typeof data === 'object' && data !== null && 'result' in data ? data.result : data
  const macs = ownMacs(config)
  const rank = ({ mac }: Told): number => (macs.includes(mac) ? macs.indexOf(mac) : macs.length)
  const told = rowsOf(rows)
    .flatMap(toldBy)
    .toSorted((a, b) => rank(a) - rank(b))
  const all = [...new Set(told.map(({ address }) => address))]
  return {
    ipv4: all.filter((address) => !address.includes(':')),
    ipv6: all.filter((address) => address.includes(':')),
    asOf,
  }
}

/** Whether a guest can tell its addresses: it runs, and a VM has the guest agent enabled. */
export const canTellAddresses = ({ type, status, template, current }: ObservedGuest): boolean => {
  const { agent } = kindOfType(type).addresses
  const isAnswered = agent === undefined || /^(?:enabled=)?1(?:,|$)|,enabled=1/.test(current[agent] ?? '')
  return status === 'running' && !template && isAnswered
}
