import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { requireVolume } from '../volume/access.ts'
import { findVolume, pathOf, storageOf } from '../volume/volumes.ts'
import { payloadOf } from './payload.ts'
import { vzdump } from './vzdump.ts'

/** What vzdump does unless told otherwise. PVE API: GET /nodes/{node}/vzdump/defaults. */
const defaults = (call: Call): unknown => {
  const id = call.text('storage') || 'local'
  const storage = storageOf(call.world, id)
  return {
    all: 0,
    bwlimit: 0,
    compress: '0',
    dumpdir: pathOf(call.world, id, 'backup/x').replace(/\/x$/, ''),
    fleecing: { enabled: 0 },
    ionice: 7,
    lockwait: 180,
    mailnotification: 'always',
    mode: 'snapshot',
    'notification-mode': 'auto',
    performance: { 'max-workers': 16, 'pbs-entries-max': 1_048_576 },
    pigz: 0,
    'prune-backups': storage.options['prune-backups'] ?? 'keep-all=1',
    quiet: 0,
    remove: 1,
    stdexcludes: 1,
    stop: 0,
    stopwait: 10,
    storage: id,
    zstd: 1,
  }
}

const extractConfig = (call: Call): unknown => {
  const volid = call.text('volume')
  requireVolume(call, undefined, volid, 'backup')
  const volume = findVolume(call.world, volid, call.node().name) ?? raise(`volume '${volid}' does not exist`)
  return payloadOf(volume)?.text ?? raise(`ERROR: file '${volid}' is no backup this simulator made`)
}

/** Backups made now, and what is in them. PVE API: /nodes/{node}/vzdump. */
export const backupRoutes: RouteTable = {
  'POST /nodes/{node}/vzdump': vzdump,
  'GET /nodes/{node}/vzdump/defaults': defaults,
  'GET /nodes/{node}/vzdump/extractconfig': extractConfig,
}
