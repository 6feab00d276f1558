import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import type { Guest } from '../state/guest.ts'
import { parseNet } from './config/net.ts'
import { guestOf } from './config/show-config.ts'
import { cpusOf } from './running.ts'
import { bootDiskSize } from './show-status.ts'

const enabled = (guest: Guest): boolean => /^(?:enabled=)?1(?:,|$)|(?:^|,)enabled=1/.test(guest.config['agent'] ?? '')

/** The VM whose agent answers; else 500 as PVE says why not. */
const agentOf = (call: Call): Guest => {
  const guest = guestOf(call)
  if (!enabled(guest)) raise('No QEMU guest agent configured')
  if (!guest.running) raise(`VM ${guest.vmid} is not running`)
  if (!call.world.agents.has(guest.vmid) || guest.running.paused) raise('QEMU guest agent is not running')
  return guest
}

const addressOf = (guest: Guest, index: string): string => {
  const fixed = /(?:^|,)ip=(\d+\.\d+\.\d+\.\d+)/.exec(guest.config[`ipconfig${index}`] ?? '')?.[1]
  return fixed ?? `10.0.${Math.floor(guest.vmid / 200) % 250}.${20 + (guest.vmid % 200)}`
}

const counters = () => {
  const names = ['rx-bytes', 'rx-dropped', 'rx-errs', 'rx-packets', 'tx-bytes', 'tx-dropped', 'tx-errs', 'tx-packets']
  return Object.fromEntries(names.map((name) => [name, 0]))
}

const interfaces = (guest: Guest): unknown[] => {
  const address = (type: string, ip: string, prefix: number) => ({ 'ip-address': ip, 'ip-address-type': type, prefix })
  const loopback = {
    name: 'lo',
    'hardware-address': '00:00:00:00:00:00',
    'ip-addresses': [address('ipv4', '127.0.0.1', 8), address('ipv6', '::1', 128)],
    statistics: counters(),
  }
  const cards = Object.keys(guest.config)
    .filter((key) => /^net\d+$/.test(key))
    .sort()
    .map((key) => ({
      name: `eth${key.slice(3)}`,
      'hardware-address': (parseNet(guest.config[key] as string)['macaddr'] ?? '').toLowerCase(),
      'ip-addresses': [address('ipv4', addressOf(guest, key.slice(3)), 24)],
      statistics: counters(),
    }))
  return [loopback, ...cards]
}

const osInfo = {
  id: 'debian',
  name: 'Debian GNU/Linux',
  'pretty-name': 'Debian GNU/Linux 12 (bookworm)',
  version: '12 (bookworm)',
  'version-id': '12',
  machine: 'x86_64',
  'kernel-release': '6.1.0-25-amd64',
  'kernel-version': '#1 SMP PREEMPT_DYNAMIC Debian 6.1.106-3 (2024-08-26)',
}

const fileSystems = (call: Call, guest: Guest): unknown[] => {
  const total = bootDiskSize(call.world, guest)
  return [
    {
      name: 'sda1',
      mountpoint: '/',
      type: 'ext4',
      'total-bytes': total,
      'used-bytes': Math.floor(total / 4),
      disk: [],
    },
  ]
}

const answers: Readonly<Record<string, (call: Call, guest: Guest) => unknown>> = {
  ping: () => ({}),
  info: () => ({ version: '7.2.11', supported_commands: [] }),
  'get-host-name': (_, guest) => ({ 'host-name': guest.config['name'] ?? `VM${guest.vmid}` }),
  'get-osinfo': () => osInfo,
  'get-time': (call) => Math.floor(call.world.clock.now()) * 1_000_000,
  'get-timezone': () => ({ zone: 'UTC', offset: 0 }),
  'get-users': () => [],
  'get-vcpus': (_, guest) =>
    Array.from({ length: cpusOf(guest.config) }, (_one, index) => ({
      'logical-id': index,
      online: true,
      'can-offline': index > 0,
    })),
  'get-memory-blocks': () => [],
  'get-memory-block-info': () => ({ size: 134_217_728 }),
  'get-fsinfo': fileSystems,
  'network-get-interfaces': (_, guest) => interfaces(guest),
  'fsfreeze-status': () => 'thawed',
  'fsfreeze-freeze': () => 1,
  'fsfreeze-thaw': () => 1,
  fstrim: () => ({ paths: [{ path: '/', trimmed: 0, minimum: 0 }] }),
  'suspend-disk': () => ({}),
  'suspend-ram': () => ({}),
  'suspend-hybrid': () => ({}),
  'set-user-password': () => ({}),
  shutdown: () => ({}),
}

const answer = (call: Call, command: string): unknown => {
  const guest = agentOf(call)
  return { result: answers[command]?.(call, guest) ?? {} }
}

const gets = [
  'info',
  'get-host-name',
  'get-osinfo',
  'get-time',
  'get-timezone',
  'get-users',
  'get-vcpus',
  'get-memory-blocks',
  'get-memory-block-info',
  'get-fsinfo',
  'network-get-interfaces',
]
const posts = [
  'ping',
  'fsfreeze-status',
  'fsfreeze-freeze',
  'fsfreeze-thaw',
  'fstrim',
  'suspend-disk',
  'suspend-ram',
  'suspend-hybrid',
  'set-user-password',
  'shutdown',
]
const others = ['exec', 'exec-status', 'file-read', 'file-write']
const base = '/nodes/{node}/qemu/{vmid}/agent'

/** Calls of the guest agent: answered by VMs of the profile whose agent runs. */
export const agentRoutes: RouteTable = {
  [`GET ${base}`]: (call) => {
    guestOf(call)
    return [...gets, ...posts, ...others].sort().map((name) => ({ name }))
  },
  [`POST ${base}`]: (call) => answer(call, call.text('command')),
  ...Object.fromEntries(gets.map((name) => [`GET ${base}/${name}`, (call: Call) => answer(call, name)])),
  ...Object.fromEntries(posts.map((name) => [`POST ${base}/${name}`, (call: Call) => answer(call, name)])),
  [`POST ${base}/exec`]: (call) => ({ pid: 1000 + (agentOf(call).vmid % 1000) }),
  [`GET ${base}/exec-status`]: (call) => {
    agentOf(call)
    return { exited: 1, exitcode: 0, 'out-data': '' }
  },
  [`GET ${base}/file-read`]: (call) => {
    agentOf(call)
    return { content: '' }
  },
  [`POST ${base}/file-write`]: (call) => {
    agentOf(call)
    return null
  },
}
