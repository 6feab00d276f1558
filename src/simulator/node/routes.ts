import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { sha1 } from '../state/section-text.ts'
import capabilities from './capabilities.json' with { type: 'json' }
import { serviceRoutes } from './services.ts'
import { nodeState } from './state.ts'
import { nodeStatus, nodeTime } from './status.ts'

type Machine = { readonly version: string; readonly types: readonly string[]; readonly changes?: string }

const cpus = Object.entries(capabilities.cpus).map(([name, vendor]) => ({ name, vendor, custom: 0 }))

const machines = (capabilities.machines as readonly Machine[]).flatMap(({ version, types, changes }) =>
  types.map((type) => ({ id: `pc-${type}-${version}`, type, version, ...(changes === undefined ? {} : { changes }) })),
)

/** Answers about the machine itself, when the node has them. */
const fact =
  (path: string, otherwise: unknown) =>
  (call: Call): unknown =>
    call.node().facts[path] ?? otherwise

const configText = (config: Readonly<Record<string, string>>): string =>
  Object.keys(config)
    .sort()
    .map((key) => `${key}: ${config[key]}\n`)
    .join('')

const assertDigest = (call: Call, current: string): void => {
  if (call.has('digest') && call.text('digest') !== current)
    raise('detected modified configuration - file changed by other user? Try again.')
}

const readConfig = (call: Call): unknown => {
  const { config } = nodeState(call.world, call.node())
  const shown = call.has('property') ? { [call.text('property')]: config[call.text('property')] } : config
  return Object.keys(config).length === 0 ? {} : { ...shown, digest: sha1(configText(config)) }
}

const writeConfig = (call: Call): null => {
  const { config } = nodeState(call.world, call.node())
  assertDigest(call, sha1(configText(config)))
  for (const key of call.list('delete')) delete config[key]
  for (const [key, value] of Object.entries(call.params))
    if (!['node', 'delete', 'digest'].includes(key)) config[key] = value
  return null
}

const writeDns = (call: Call): null => {
  const { node: _, ...servers } = call.params
  nodeState(call.world, call.node()).dns = servers
  return null
}

const writeHosts = (call: Call): null => {
  const state = nodeState(call.world, call.node())
  assertDigest(call, sha1(state.hosts))
  state.hosts = call.text('data')
  return null
}

const logLines = (call: Call): unknown => {
  call.extra['total'] = 1
  return [{ n: 1, t: 'no content' }]
}

const NOT_SUBSCRIBED = {
  status: 'notfound',
  message: 'There is no subscription key',
  serverid: '0123456789ABCDEF0123456789ABCDEF',
  url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
}

const packageVersions = ({ world }: Call): readonly unknown[] => {
  const kinds = { Arch: 'all', CurrentState: 'Installed', Origin: 'Proxmox', Priority: 'optional', Section: 'admin' }
  return [
    {
      ...kinds,
      Package: 'pve-manager',
      Title: 'Proxmox Virtual Environment Management Tools',
      Version: world.version.version,
      Description: '',
    },
  ]
}

const updatePackageList = (call: Call): string =>
  call.task('aptupdate', '', async (worker) => {
    worker.log('starting apt-get update')
    await worker.work(2)
  })

const nothing = (): readonly unknown[] => []
const noVolumeGroups = (): unknown => ({ leaf: 0, children: [] })

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const nodeRoutes: RouteTable = {
  ...serviceRoutes,
  'GET /nodes/{node}/version': ({ world }) => world.version,
  'GET /nodes/{node}/status': nodeStatus,
  'GET /nodes/{node}/time': (call) => nodeTime(call, nodeState(call.world, call.node()).timezone),
  'PUT /nodes/{node}/time': (call) => {
    nodeState(call.world, call.node()).timezone = call.text('timezone')
    return null
  },
  'GET /nodes/{node}/dns': (call) => nodeState(call.world, call.node()).dns,
  'PUT /nodes/{node}/dns': writeDns,
  'GET /nodes/{node}/hosts': (call) => {
    const { hosts } = nodeState(call.world, call.node())
    return { data: hosts, digest: sha1(hosts) }
  },
  'POST /nodes/{node}/hosts': writeHosts,
  'GET /nodes/{node}/config': readConfig,
  'PUT /nodes/{node}/config': writeConfig,
  'GET /nodes/{node}/subscription': fact('subscription', NOT_SUBSCRIBED),
  'GET /nodes/{node}/apt/update': nothing,
  'POST /nodes/{node}/apt/update': updatePackageList,
  'GET /nodes/{node}/apt/versions': packageVersions,
  'GET /nodes/{node}/capabilities/qemu/cpu': () => cpus,
  'GET /nodes/{node}/capabilities/qemu/machines': () => machines,
  'GET /nodes/{node}/capabilities/qemu/cpu-flags': nothing,
  'GET /nodes/{node}/capabilities/qemu/migration': () => ({ 'has-dbus-vmstate': 0 }),
  'GET /nodes/{node}/certificates/info': (call) => [
    {
      filename: 'pve-ssl.pem',
      fingerprint: call.node().fingerprint,
      subject: `/CN=${call.node().name}`,
      san: [call.node().ip, call.node().name],
    },
  ],
  'GET /nodes/{node}/disks/list': fact('disks/list', []),
  'GET /nodes/{node}/disks/lvm': noVolumeGroups,
  'GET /nodes/{node}/disks/lvmthin': nothing,
  'GET /nodes/{node}/disks/zfs': nothing,
  'GET /nodes/{node}/disks/directory': nothing,
  'GET /nodes/{node}/hardware/pci': fact('hardware/pci', []),
  'GET /nodes/{node}/hardware/usb': fact('hardware/usb', []),
  'GET /nodes/{node}/netstat': nothing,
  'GET /nodes/{node}/rrddata': nothing,
  'GET /nodes/{node}/report': (call) => `==== general system info ====\n\n# hostname\n${call.node().name}\n`,
  'GET /nodes/{node}/syslog': logLines,
  'GET /nodes/{node}/journal': nothing,
  'GET /nodes/{node}/scan/lvm': nothing,
  'GET /nodes/{node}/scan/lvmthin': nothing,
  'GET /nodes/{node}/scan/zfs': nothing,
  'GET /nodes/{node}/scan/nfs': nothing,
  'GET /nodes/{node}/scan/cifs': nothing,
  'GET /nodes/{node}/scan/iscsi': nothing,
  'GET /nodes/{node}/scan/pbs': nothing,
}
