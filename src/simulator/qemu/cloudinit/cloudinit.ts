import { createHash } from 'node:crypto'
import type { Call, RouteTable } from '../../api/call.ts'
import { checkLock, lockFile } from '../../guest/find-guest.ts'
import { propertyFormats } from '../../schema/property-formats.ts'
import { splitPropertyString } from '../../schema/property-string.ts'
import { type Section, touch } from '../../state/guest.ts'
import { shownValue } from '../config/config-value.ts'
import { parseNet } from '../config/net.ts'
import { guestOf } from '../config/show-config.ts'

const options = ['cicustom', 'cipassword', 'citype', 'ciuser', 'ciupgrade', 'nameserver', 'searchdomain', 'sshkeys']

const isTrue = (value: string | undefined): value is string => value !== undefined && value !== '' && value !== '0'

const showCloudinit = (call: Call): unknown => {
  const guest = guestOf(call)
  const recorded = { ...guest.cloudinit }
  delete recorded['added']
  const rows: Record<string, unknown>[] = []
  for (const key of options) {
    const now = guest.config[key]
    if (!isTrue(now)) continue
    const before = recorded[key]
    if (isTrue(before)) rows.push({ key, value: shownValue(key, before), pending: shownValue(key, now) })
    else rows.push({ key, value: shownValue(key, now) })
  }
  for (const key of Object.keys(recorded)) if (!isTrue(guest.config[key])) rows.push({ key, delete: 1 })
  return rows
}

const hostNames = (config: Section, vmid: number): readonly [string, string] => {
  const name = config['name'] ?? `VM${vmid}`
  if (name.includes('.')) return [name.replace(/\..*$/, ''), name]
  const search = config['searchdomain']
  return [name, search === undefined ? name : `${name}.${search}`]
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const userData = (config: Section, vmid: number): string => {
  const [hostname, fqdn] = hostNames(config, vmid)
  const lines = ['#cloud-config', `hostname: ${hostname}`, 'manage_etc_hosts: true', `fqdn: ${fqdn}`]
  const { ciuser: user, cipassword: password, sshkeys: keys } = config
  if (user !== undefined) lines.push(`user: ${user}`)
  if (user === 'root') lines.push('disable_root: False')
  if (password !== undefined) lines.push(`password: ${password}`)
  if (keys !== undefined) {
    lines.push('ssh_authorized_keys:')
    for (const key of decoded(keys).split('\n')) if (key.trim() !== '') lines.push(`  - ${key}`)
  }
  lines.push('chpasswd:', '  expire: False')
  if (user !== 'root') lines.push('users:', '  - default')
  if (config['ciupgrade'] !== '0') lines.push('package_upgrade: true')
  return `${lines.join('\n')}\n`
}

const netmask = (bits: number): string =>
  [0, 1, 2, 3].map((index) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - 8 * index)))).join('.')

const subnets = (ip: Readonly<Record<string, string>>): string[] => {
  const lines: string[] = []
  if (ip['ip'] === 'dhcp') lines.push('      - type: dhcp4')
  else if (ip['ip'] !== undefined && ip['ip'] !== 'manual') {
    const [address, bits = '24'] = ip['ip'].split('/')
    lines.push('      - type: static', `        address: '${address}'`, `        netmask: '${netmask(Number(bits))}'`)
    if (ip['gw'] !== undefined) lines.push(`        gateway: '${ip['gw']}'`)
  }
  if (ip['ip6'] === 'dhcp') lines.push('      - type: dhcp6')
  else if (ip['ip6'] === 'auto') lines.push('      - type: ipv6_slaac')
  else if (ip['ip6'] !== undefined && ip['ip6'] !== 'manual') {
    lines.push('      - type: static6', `        address: '${ip['ip6']}'`)
    if (ip['gw6'] !== undefined) lines.push(`        gateway: '${ip['gw6']}'`)
  }
  return lines
}

const networkData = (config: Section): string => {
  const lines = ['version: 1', 'config:']
  for (const key of Object.keys(config)
    .filter((name) => /^net\d+$/.test(name))
    .sort()) {
    const id = key.slice(3)
    const text = config[`ipconfig${id}`]
    if (text === undefined) continue
    const mac = (parseNet(config[key] as string)['macaddr'] ?? '').toLowerCase()
    lines.push('    - type: physical', `      name: eth${id}`, `      mac_address: '${mac}'`, '      subnets:')
    lines.push(...subnets(splitPropertyString(propertyFormats['pve-qm-ipconfig'] ?? {}, text)))
  }
  const servers = (config['nameserver'] ?? '').split(/[\s,;]+/).filter((one) => one !== '')
  const domains = (config['searchdomain'] ?? '').split(/[\s,;]+/).filter((one) => one !== '')
  if (servers.length + domains.length > 0) {
    lines.push('    - type: nameserver')
    if (servers.length > 0) lines.push('      address:', ...servers.map((one) => `      - '${one}'`))
    if (domains.length > 0) lines.push('      search:', ...domains.map((one) => `      - '${one}'`))
  }
  return `${lines.join('\n')}\n`
}

const dump = (call: Call): string => {
  const { config, vmid } = guestOf(call)
  const type = call.text('type')
  if (type === 'user') return userData(config, vmid)
  if (type === 'network') return networkData(config)
  return `instance-id: ${createHash('sha1')
    .update(userData(config, vmid) + networkData(config))
    .digest('hex')}\n`
}

const regenerate = async (call: Call): Promise<null> => {
  await call.world.locks.withLock(lockFile('qemu', call.vmid()), () => {
    const guest = guestOf(call)
    checkLock(guest)
    guest.cloudinit = undefined
    touch(guest)
  })
  return null
}

/** What a cloud-init drive holds and would hold. */
export const cloudinitRoutes: RouteTable = {
  'GET /nodes/{node}/qemu/{vmid}/cloudinit': showCloudinit,
  'PUT /nodes/{node}/qemu/{vmid}/cloudinit': regenerate,
  'GET /nodes/{node}/qemu/{vmid}/cloudinit/dump': dump,
}
