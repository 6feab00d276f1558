import type { Call } from '../api/call.ts'
import { nodeFigures } from '../inventory/resources.ts'
import { nodeSeconds } from '../state/world.ts'

const MHZ = '3400.000'

/** A node's load, memory and versions; facts about the machine replace what is made up. PVE API: GET /nodes/{node}/status. */
export const nodeStatus = (call: Call): Record<string, unknown> => {
  const { world } = call
  const node = call.node()
  const { mem, cpu, disk, maxdisk, uptime } = nodeFigures(world, node)
  const release = '6.17.4-1-pve'
  return {
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpuinfo: {
      cores: node.cpus,
      cpus: node.cpus,
      sockets: 1,
      model: 'AMD Ryzen 7 5700G with Radeon Graphics',
      mhz: MHZ,
      hvm: '1',
      flags: 'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat svm',
      user_hz: 100,
    },
    'current-kernel': { sysname: 'Linux', release, version: '#1 SMP PREEMPT_DYNAMIC', machine: 'x86_64' },
    kversion: `Linux ${release}`,
    pveversion: `pve-manager/${world.version.version}/${world.version.repoid}`,
    ksm: { shared: 0 },
    swap: { total: 0, used: 0, free: 0 },
    idle: 0,
    wait: 0,
    ...(node.facts['status'] as object | undefined),
    cpu,
    loadavg: [cpu, cpu, cpu].map((load) => (load * node.cpus).toFixed(2)),
    memory: { total: node.memory, used: mem, free: node.memory - mem, available: node.memory - mem },
    rootfs: { total: maxdisk, used: disk, free: maxdisk - disk, avail: maxdisk - disk },
    uptime,
  }
}

/** A node's clock. PVE API: GET /nodes/{node}/time. */
export const nodeTime = (call: Call, timezone: string): Record<string, unknown> => {
  const time = nodeSeconds(call.world, call.node().name)
  return { time, localtime: time, timezone }
}
