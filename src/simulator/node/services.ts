import type { Call, RouteTable } from '../api/call.ts'
import { defineSlot } from '../state/world.ts'

const DAEMONS: Readonly<Record<string, string>> = {
  chrony: 'chrony, an NTP client/server',
  corosync: 'Corosync Cluster Engine',
  cron: 'Regular background program processing daemon',
  lxcfs: 'FUSE filesystem for LXC',
  'pve-cluster': 'The Proxmox VE cluster filesystem',
  'pve-firewall': 'Proxmox VE firewall',
  'pve-ha-crm': 'PVE Cluster HA Resource Manager Daemon',
  'pve-ha-lrm': 'PVE Local HA Resource Manager Daemon',
  pvedaemon: 'PVE API Daemon',
  pveproxy: 'PVE API Proxy Server',
  pvescheduler: 'Proxmox VE scheduler',
  pvestatd: 'PVE Status Daemon',
  qmeventd: 'PVE Qemu Event Daemon',
  spiceproxy: 'PVE SPICE Proxy Server',
  sshd: 'OpenBSD Secure Shell server',
  'systemd-journald': 'Journal Service',
}

const stopped = defineSlot(() => new Set<string>())

const keyOf = (call: Call, service: string): string => `${call.node().name}/${service}`

const stateOf = (call: Call, service: string): Record<string, unknown> => {
  const off = stopped(call.world).has(keyOf(call, service))
  return {
    service,
    name: service,
    desc: DAEMONS[service] ?? `${service}.service`,
    state: off ? 'dead' : 'running',
    'active-state': off ? 'inactive' : 'active',
    'unit-state': DAEMONS[service] === undefined ? 'not-found' : 'enabled',
  }
}

const command = (call: Call, verb: 'start' | 'stop' | 'restart' | 'reload'): string => {
  const service = call.text('service')
  return call.task(`srv${verb}`, service, async (worker) => {
    worker.log(`${verb} ${service}`)
    await worker.work(1)
    if (verb === 'stop') stopped(call.world).add(keyOf(call, service))
    else stopped(call.world).delete(keyOf(call, service))
  })
}

const SERVICE = '/nodes/{node}/services/{service}'

/** PVE API: /nodes/{node}/services. */
export const serviceRoutes: RouteTable = {
  'GET /nodes/{node}/services': (call) => Object.keys(DAEMONS).map((service) => stateOf(call, service)),
  [`GET ${SERVICE}/state`]: (call) => stateOf(call, call.text('service')),
  [`POST ${SERVICE}/start`]: (call) => command(call, 'start'),
  [`POST ${SERVICE}/stop`]: (call) => command(call, 'stop'),
  [`POST ${SERVICE}/restart`]: (call) => command(call, 'restart'),
  [`POST ${SERVICE}/reload`]: (call) => command(call, 'reload'),
}
