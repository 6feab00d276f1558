import type { Call, RouteTable } from '../api/call.ts'
import { clone } from './clone.ts'
import { containerOf, readConfig, readPending, writeConfig } from './config.ts'
import { create } from './create.ts'
import { destroy } from './destroy.ts'
import { readInterfaces } from './interfaces.ts'
import { migrate, migratePreconditions } from './migrate.ts'
import { reboot, resume, shutdown, start, stop, suspend } from './power.ts'
import { createSnapshot, deleteSnapshot, describeSnapshot, listSnapshots, readSnapshot, rollback } from './snapshot.ts'
import { listContainers, readStatus } from './status.ts'
import { makeTemplate } from './template.ts'
import { readFeature } from './volume/feature.ts'
import { moveVolume } from './volume/move-volume.ts'
import { resize } from './volume/resize.ts'

const folders =
  'config pending status vncproxy termproxy vncwebsocket spiceproxy migrate clone rrd rrddata firewall snapshot resize interfaces'
const powerCalls = 'current start stop shutdown reboot migrate'

const index =
  (names: string) =>
  (call: Call): unknown => {
    containerOf(call)
    return names.split(' ').map((subdir) => ({ subdir }))
  }

/** Containers. PVE API: /nodes/{node}/lxc. */
export const lxcRoutes: RouteTable = {
  'GET /nodes/{node}/lxc': listContainers,
  'POST /nodes/{node}/lxc': create,
  'GET /nodes/{node}/lxc/{vmid}': index(folders),
  'DELETE /nodes/{node}/lxc/{vmid}': destroy,
  'GET /nodes/{node}/lxc/{vmid}/config': readConfig,
  'PUT /nodes/{node}/lxc/{vmid}/config': writeConfig,
  'GET /nodes/{node}/lxc/{vmid}/pending': readPending,
  'GET /nodes/{node}/lxc/{vmid}/status': index(powerCalls),
  'GET /nodes/{node}/lxc/{vmid}/status/current': readStatus,
  'POST /nodes/{node}/lxc/{vmid}/status/start': start,
  'POST /nodes/{node}/lxc/{vmid}/status/stop': stop,
  'POST /nodes/{node}/lxc/{vmid}/status/shutdown': shutdown,
  'POST /nodes/{node}/lxc/{vmid}/status/reboot': reboot,
  'POST /nodes/{node}/lxc/{vmid}/status/suspend': suspend,
  'POST /nodes/{node}/lxc/{vmid}/status/resume': resume,
  'GET /nodes/{node}/lxc/{vmid}/snapshot': listSnapshots,
  'POST /nodes/{node}/lxc/{vmid}/snapshot': createSnapshot,
  'GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}': () => [{ cmd: 'rollback' }, { cmd: 'config' }],
  'DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}': deleteSnapshot,
  'GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config': readSnapshot,
  'PUT /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config': describeSnapshot,
  'POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback': rollback,
  'PUT /nodes/{node}/lxc/{vmid}/resize': resize,
  'POST /nodes/{node}/lxc/{vmid}/move_volume': moveVolume,
  'POST /nodes/{node}/lxc/{vmid}/clone': clone,
  'POST /nodes/{node}/lxc/{vmid}/template': makeTemplate,
  'GET /nodes/{node}/lxc/{vmid}/feature': readFeature,
  'GET /nodes/{node}/lxc/{vmid}/interfaces': readInterfaces,
  'GET /nodes/{node}/lxc/{vmid}/migrate': migratePreconditions,
  'POST /nodes/{node}/lxc/{vmid}/migrate': migrate,
  'GET /nodes/{node}/lxc/{vmid}/rrddata': (call) => {
    containerOf(call)
    return []
  },
}
