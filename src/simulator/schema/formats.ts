import { isIPv4, isIPv6 } from 'node:net'
import { allPrivileges } from '../auth/access-state.ts'
import { CalendarError, parseCalendarEvent } from '../job/calendar-event.ts'
import type { NamedFormat } from './check.ts'
import { SchemaError } from './schema-error.ts'

const fail = (text: string): never => {
  throw new SchemaError(`${text}\n`)
}

const matching = (pattern: RegExp, text: string) => (value: string) => {
  if (!pattern.test(value)) fail(text)
}

/** Whether a name stands in the list of time zones by country, as `Europe/Berlin` does; `Etc/GMT` and `EST` do not. */
const isTimeZone = (name: string): boolean => {
  if (!/^[A-Z]\w+\/\w/.test(name) || name.startsWith('Etc/')) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const dnsName = new RegExp(`^(?:${label}\\.)*${label}$`)

const isCidr4 = (value: string): boolean => {
  const [address = '', bits = '', rest] = value.split('/')
  return rest === undefined && isIPv4(address) && /^\d+$/.test(bits) && Number(bits) > 0 && Number(bits) <= 32
}
const isCidr6 = (value: string): boolean => {
  const [address = '', bits = '', rest] = value.split('/')
  return rest === undefined && isIPv6(address) && /^\d+$/.test(bits) && Number(bits) > 0 && Number(bits) <= 128
}

const vmid = (value: string): void => {
  if (!/^[1-9][0-9]{2,8}$/.test(value)) fail('value does not look like a valid VM ID')
}

/** Splits `storage:volume`; nothing when it is no volume id. */
export const splitVolid = (volid: string): { readonly storage: string; readonly name: string } | undefined => {
  const found = /^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$/i.exec(volid)
  return found ? { storage: found[1] as string, name: found[2] as string } : undefined
}

const volid = (value: string): void => {
  if (splitVolid(value) === undefined) fail(`unable to parse volume ID '${value}'`)
}

const userid = (value: string): void => {
  const [, name = '', realm = ''] = /^(.*)@([A-Za-z][A-Za-z0-9.\-_]+)$/.exec(value) ?? []
  if (value.length < 3) fail('user name too short')
  if (value.length > 128) fail(`user name '${value}' is too long (${value.length} > 128)`)
  if (!/^[^\s:/]+$/.test(name) || realm === '') fail(`value '${value}' does not look like a valid user name`)
}

const calendarEvent = (value: string): void => {
  try {
    parseCalendarEvent(value)
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error
    fail(`invalid calendar event '${value}' - ${error.message}\n`)
  }
}

const storageId = (value: string): void => {
  if (value.length < 2) fail(`storage ID '${value}' cannot be shorter than 2 characters`)
  if (!/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i.test(value)) fail(`storage ID '${value}' contains illegal characters`)
}

const idPair = (value: string): void => {
  if (!/^\S+$/.test(value)) fail('invalid')
}

const isAddress = (value: string): boolean => isIPv4(value) || isIPv6(value)

/** Formats of api.json that are tests on the text of a value. Property-string formats are in `property-formats.ts`. */
export const scalarFormats: Readonly<Record<string, NamedFormat>> = {
  'pve-vmid': vmid,
  'pve-node': matching(new RegExp(`^${label}$`), 'value does not look like a valid node name'),
  'pve-configid': (value) => {
    if (!/^[a-z][a-z0-9_-]+$/i.test(value)) fail(`invalid configuration ID '${value}'`)
  },
  'pve-storage-id': storageId,
  'pve-volume-id': volid,
  'pve-volume-id-or-qm-path': (value) => {
    if (value === 'none' || value === 'cdrom' || value.startsWith('/')) return
    volid(value)
  },
  'pve-volume-id-or-absolute-path': (value) => {
    if (!value.startsWith('/')) volid(value)
  },
  'pve-lxc-mp-string': (value) => {
    if (/\/\.\.?(?:\/|$)|^\.\.\//.test(value)) fail(`${value} contains illegal character sequences`)
  },
  'pve-lxc-dev-string': (value) => {
    if (!value.startsWith('/dev/') || /\/\.\.?(?:\/|$)/.test(value)) fail(`${value} is not a valid device path`)
  },
  'pve-iface': (value) => {
    if (!/^[a-z][a-z0-9_]{1,20}([:.]\d+)?$/i.test(value)) fail(`invalid network interface name '${value}'`)
  },
  'pve-bridge-id': (value) => {
    if (!/^[-_.\w\d]+$/.test(value)) fail(`invalid bridge ID '${value}'`)
  },
  'pve-userid': userid,
  'pve-realm': matching(/^[A-Za-z][A-Za-z0-9.\-_]+$/, 'value does not look like a valid realm'),
  'pve-tokenid': matching(
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+$/,
    'value does not look like a valid token ID',
  ),
  'pve-groupid': (value) => {
    if (!/^[A-Za-z0-9.\-_]+$/.test(value)) fail(`group name '${value}' contains invalid characters`)
  },
  'pve-roleid': (value) => {
    if (!/^[A-Za-z0-9.\-_]+$/.test(value)) fail(`role name '${value}' contains invalid characters`)
  },
  'pve-priv': (value) => {
    if (!allPrivileges.has(value)) fail(`invalid privilege '${value}'`)
  },
  'pve-poolid': (value) => {
    if (value.split('/').length > 3) fail(`pool name '${value}' nested too deeply (max levels = 3)`)
    if (!/^[A-Za-z0-9.\-_]+(?:\/[A-Za-z0-9.\-_]+){0,2}$/.test(value))
      fail(`pool name '${value}' contains invalid characters`)
  },
  'pve-tag': (value) => {
    if (!/^[a-z0-9_][a-z0-9_\-+.]*$/i.test(value)) fail('invalid characters in tag')
  },
  'pve-startup-order': (value) => {
    for (const part of value.split(','))
      if (!/^\s*(?:(?:order=)?\d+|up=\d+|down=\d+)?\s*$/.test(part)) fail('unable to parse startup options')
  },
  'pve-hotplug-features': (value) => {
    if (value === '0' || value === '1') return
    for (const part of value.split(/[,;\s]+/))
      if (part !== '' && !/^(network|disk|cpu|memory|usb|cloudinit)$/i.test(part))
        fail(`invalid hotplug feature '${part}'`)
  },
  'pve-storage-content': (value) => {
    if (!/^(images|rootdir|vztmpl|iso|backup|snippets|import|none)$/.test(value))
      fail(`invalid content type '${value}'`)
  },
  'pve-calendar-event': calendarEvent,
  'pve-day-of-week': matching(/^(mon|tue|wed|thu|fri|sat|sun)$/, 'value does not look like a valid day of week'),
  'pve-cpuset': (value) => {
    if (!/^\s*\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*\s*$/.test(value)) fail('unable to parse cpuset option')
  },
  'pve-command-batch': idPair,
  'pve-ha-resource-or-vm-id': (value) => {
    if (!/^(?:(?:vm|ct):)?[1-9][0-9]{2,8}$/.test(value)) fail(`unable to parse ha resource ID '${value}'`)
  },
  'pve-ha-node': matching(new RegExp(`^${label}(?::\\d+)?$`), 'value does not look like a valid ha node specification'),
  'disk-size': (value) => {
    if (!/^\d+(\.\d+)?[KMGT]?$/.test(value)) fail(`value does not look like a valid disk size: ${value}`)
  },
  'mac-addr': (value) => {
    if (!/^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i.test(value))
      fail('value does not look like a valid unicast MAC address')
  },
  'dns-name': (value) => {
    if (!dnsName.test(value)) fail('value does not look like a valid DNS name')
  },
  address: (value) => {
    if (!isAddress(value) && !dnsName.test(value)) fail(`value does not look like a valid address: ${value}`)
  },
  'address-or-hostname': (value) => {
    if (!isAddress(value) && !dnsName.test(value)) fail(`value does not look like a valid address: ${value}`)
  },
  ip: (value) => {
    if (!isAddress(value)) fail('value does not look like a valid IP address')
  },
  ipv4: (value) => {
    if (!isIPv4(value)) fail('value does not look like a valid IPv4 address')
  },
  ipv6: (value) => {
    if (!isIPv6(value)) fail('value does not look like a valid IPv6 address')
  },
  ipv4mask: matching(
    /^(255|254|252|248|240|224|192|128|0)(\.(255|254|252|248|240|224|192|128|0)){3}$/,
    'value does not look like a valid IP netmask',
  ),
  CIDRv4: (value) => {
    if (!isCidr4(value)) fail('value does not look like a valid IPv4 network')
  },
  CIDRv6: (value) => {
    if (!isCidr6(value)) fail('value does not look like a valid IPv6 network')
  },
  CIDR: (value) => {
    if (!isCidr4(value) && !isCidr6(value)) fail('value does not look like a valid CIDR network')
  },
  IPorCIDR: (value) => {
    if (!isAddress(value) && !isCidr4(value) && !isCidr6(value))
      fail('value does not look like a valid IP address or CIDR network')
  },
  IPorCIDRorAlias: (value) => {
    if (/^(?:(?:dc|guest)\/)?[A-Za-z][A-Za-z0-9\-_]+$/.test(value)) return
    if (!isAddress(value) && !/^[0-9a-f:.]+\/\d+$/i.test(value))
      fail('value does not look like a valid IP address or CIDR network')
  },
  'pve-ipv4-config': (value) => {
    if (value !== 'dhcp' && value !== 'manual' && !isCidr4(value))
      fail('value does not look like a valid ipv4 network configuration')
  },
  'pve-ipv6-config': (value) => {
    if (!/^(auto|dhcp|manual)$/.test(value) && !isCidr6(value))
      fail('value does not look like a valid ipv6 network configuration')
  },
  'lxc-ip-with-ll-iface': (value) => {
    if (!isAddress(value.replace(/%.*$/, ''))) fail('value does not look like a valid IP address')
  },
  email: (value) => {
    if (!/^[\w+\-~]+(\.[\w+\-~]+)*@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/.test(value))
      fail('value does not look like a valid email address')
  },
  'email-or-username': (value) => {
    if (/^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/.test(value)) return
    if (!/^[\w+\-~]+(\.[\w+\-~]+)*@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/.test(value))
      fail('value does not look like a valid email address or user name')
  },
  urlencoded: (value) => {
    if (!/^[-%a-zA-Z0-9_.!~*'()]*$/.test(value)) fail(`invalid urlencoded string: ${value}`)
  },
  'pve-ct-timezone': (value) => {
    if (value !== 'host' && value !== 'UTC' && !isTimeZone(value)) fail(`invalid time zone '${value}'`)
  },
  'storage-pair': (value) => {
    if (value === '1') return
    for (const part of value.split(':')) storageId(part)
  },
  'mac-prefix': (value) => {
    if (!/^[a-f0-9][02468ace](?::[a-f0-9]{2}){0,2}:?$/i.test(value))
      fail('value is not a valid unicast MAC address prefix')
  },
  'pve-replication-job-id': (value) => {
    if (!/^[1-9][0-9]{2,8}-\d{1,9}$/.test(value)) fail(`unable to parse replication job id '${value}'`)
  },
  'pve-task-status-type': (value) => {
    if (!/^(unknown|ok|warning|error)$/.test(value)) fail('unknown task status type')
  },
  'pve-storage-vgname': (value) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9\-_.]*$/.test(value))
      fail(`lvm volume group name '${value}' contains illegal characters`)
  },
  'pve-storage-path': (value) => {
    if (!value.startsWith('/')) fail(`value does not look like a valid absolute path`)
  },
}
