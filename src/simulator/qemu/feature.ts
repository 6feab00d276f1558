import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { splitVolid } from '../schema/formats.ts'
import { nowSeconds } from '../state/world.ts'
import { isShared, storageOf } from '../volume/volumes.ts'
import { guestOf } from './config/show-config.ts'
import { canLink } from './disk/copy-volume.ts'
import { drivesOf, isCdrom } from './disk/drive.ts'
import { cpusOf, memoryOf } from './running.ts'
import { bootDiskSize } from './show-status.ts'
import { hasSnapshotFeature } from './snapshot.ts'

const feature = (call: Call): unknown => {
  const guest = guestOf(call)
  const snapshot = call.params['snapname']
  const section =
    snapshot === undefined
      ? guest.config
      : (guest.snapshots.get(snapshot) ?? raise(`snapshot '${snapshot}' does not exist`))
  const disks = drivesOf(section).filter(([, drive]) => !isCdrom(drive))
  const wanted = call.text('feature')
  const has =
    wanted === 'snapshot'
      ? hasSnapshotFeature(call.world, guest, section)
      : wanted === 'copy' ||
        disks.every(([, drive]) => canLink(call.world, drive['file'] as string, guest.node, snapshot))
  const shared = disks.every(([, drive]) => {
    const storage = splitVolid(drive['file'] as string)?.storage
    return storage !== undefined && isShared(storageOf(call.world, storage))
  })
  return { hasFeature: has ? 1 : 0, nodes: shared ? [...call.world.nodes.keys()] : [guest.node] }
}

const steps: Readonly<Record<string, number>> = { hour: 60, day: 1800, week: 10_800, month: 43_200, year: 604_800 }

const rrdData = (call: Call): unknown => {
  const guest = guestOf(call)
  const step = steps[call.text('timeframe')] ?? 60
  const last = Math.floor(nowSeconds(call.world) / step) * step
  const known = {
    maxcpu: cpusOf(guest.config),
    maxmem: memoryOf(guest.config),
    maxdisk: bootDiskSize(call.world, guest),
    disk: 0,
  }
  return Array.from({ length: 70 }, (_, index) => ({
    time: last - (69 - index) * step,
    ...(index === 69 ? known : {}),
  }))
}

const proxy = (call: Call): unknown => {
  const guest = guestOf(call)
  const upid = call.task('vncproxy', guest.vmid, (worker) => worker.work(10))
  return { port: '5900', ticket: `PVEVNC:${call.world.random.hex(8)}`, upid, user: call.who.id, cert: '' }
}

/** What a VM's storage can do, its statistics, and consoles that lead nowhere. */
export const featureRoutes: RouteTable = {
  'GET /nodes/{node}/qemu/{vmid}/feature': feature,
  'GET /nodes/{node}/qemu/{vmid}/rrddata': rrdData,
  'POST /nodes/{node}/qemu/{vmid}/vncproxy': proxy,
  'POST /nodes/{node}/qemu/{vmid}/termproxy': proxy,
  'POST /nodes/{node}/qemu/{vmid}/monitor': (call) => {
    const guest = guestOf(call)
    if (!guest.running) raise(`VM ${guest.vmid} not running`)
    return call.text('command') === 'info status' ? `VM status: ${guest.running.paused ? 'paused' : 'running'}\r\n` : ''
  },
  'PUT /nodes/{node}/qemu/{vmid}/sendkey': (call) => {
    const guest = guestOf(call)
    if (!guest.running) raise(`VM ${guest.vmid} not running`)
    return null
  },
}
