import type { RouteTable } from '../api/call.ts'
import { restoreVm } from '../backup/restore-vm.ts'
import { agentRoutes } from './agent.ts'
import { cloneVm } from './clone.ts'
import { cloudinitRoutes } from './cloudinit/cloudinit.ts'
import { guestOf, showConfig, showPending } from './config/show-config.ts'
import { deleteKeys, postConfig, putConfig } from './config/update.ts'
import { createVm } from './create.ts'
import { destroyVm } from './destroy.ts'
import { moveDisk } from './disk/move-disk.ts'
import { resizeDisk } from './disk/resize.ts'
import { featureRoutes } from './feature.ts'
import { migrateRoutes } from './migrate.ts'
import { powerRoutes } from './power.ts'
import { listVms, showCurrent } from './show-status.ts'
import { snapshotRoutes } from './snapshot.ts'
import { convertToTemplate } from './template.ts'

const subdirs =
  'config cloudinit pending status unlink vncproxy termproxy migrate resize move rrd rrddata monitor agent snapshot spiceproxy sendkey firewall mtunnel remote_migrate'.split(
    ' ',
  )

/** Everything the simulator serves below /nodes/{node}/qemu. */
export const qemuRoutes: RouteTable = {
  'GET /nodes/{node}/qemu': listVms,
  'POST /nodes/{node}/qemu': (call) => (call.has('archive') ? restoreVm(call) : createVm(call)),
  'GET /nodes/{node}/qemu/{vmid}': () => subdirs.map((subdir) => ({ subdir })),
  'DELETE /nodes/{node}/qemu/{vmid}': destroyVm,
  'GET /nodes/{node}/qemu/{vmid}/config': showConfig,
  'PUT /nodes/{node}/qemu/{vmid}/config': putConfig,
  'POST /nodes/{node}/qemu/{vmid}/config': postConfig,
  'GET /nodes/{node}/qemu/{vmid}/pending': showPending,
  'PUT /nodes/{node}/qemu/{vmid}/resize': resizeDisk,
  'POST /nodes/{node}/qemu/{vmid}/clone': cloneVm,
  'GET /nodes/{node}/qemu/{vmid}/status': (call) => {
    guestOf(call)
    return ['current', 'start', 'stop', 'reset', 'shutdown', 'suspend', 'reboot'].map((subdir) => ({ subdir }))
  },
  'GET /nodes/{node}/qemu/{vmid}/status/current': showCurrent,
  'POST /nodes/{node}/qemu/{vmid}/move_disk': moveDisk,
  'POST /nodes/{node}/qemu/{vmid}/template': convertToTemplate,
  'PUT /nodes/{node}/qemu/{vmid}/unlink': async (call) => {
    await deleteKeys(call, call.list('idlist'), { force: call.flag('force') })
    return null
  },
  ...agentRoutes,
  ...cloudinitRoutes,
  ...featureRoutes,
  ...migrateRoutes,
  ...powerRoutes,
  ...snapshotRoutes,
}
