import type { Call, RouteTable } from '../api/call.ts'
import { usableStorage } from '../volume/volumes.ts'
import { listContent } from './content.ts'
import { createDefinition, deleteDefinition, listDefinitions, readDefinition, updateDefinition } from './definition.ts'
import { downloadAppliance, downloadUrl, listAppliances, queryUrl, upload } from './download.ts'
import { previewPrune, prune } from './prune.ts'
import { listStorages, readIdentity, readStatus } from './status.ts'
import { allocateImage, deleteVolume, readVolume, updateVolume } from './volume.ts'

const folders =
  'content download-url file-restore import-metadata identity oci-registry-pull prunebackups rrd rrddata status upload'

const figures = (call: Call): unknown => {
  usableStorage(call.world, call.text('storage'), call.node().name)
  return []
}

/** Storage definitions, and what is on the storages of a node. PVE API: /storage and /nodes/{node}/storage. */
export const storageRoutes: RouteTable = {
  'GET /storage': listDefinitions,
  'POST /storage': createDefinition,
  'GET /storage/{storage}': readDefinition,
  'PUT /storage/{storage}': updateDefinition,
  'DELETE /storage/{storage}': deleteDefinition,
  'GET /nodes/{node}/storage': listStorages,
  'GET /nodes/{node}/storage/{storage}': () => folders.split(' ').map((subdir) => ({ subdir })),
  'GET /nodes/{node}/storage/{storage}/status': readStatus,
  'GET /nodes/{node}/storage/{storage}/identity': readIdentity,
  'GET /nodes/{node}/storage/{storage}/rrddata': figures,
  'GET /nodes/{node}/storage/{storage}/content': listContent,
  'POST /nodes/{node}/storage/{storage}/content': allocateImage,
  'GET /nodes/{node}/storage/{storage}/content/{volume}': readVolume,
  'PUT /nodes/{node}/storage/{storage}/content/{volume}': updateVolume,
  'DELETE /nodes/{node}/storage/{storage}/content/{volume}': deleteVolume,
  'GET /nodes/{node}/storage/{storage}/prunebackups': previewPrune,
  'DELETE /nodes/{node}/storage/{storage}/prunebackups': prune,
  'POST /nodes/{node}/storage/{storage}/download-url': downloadUrl,
  'POST /nodes/{node}/storage/{storage}/upload': upload,
  'GET /nodes/{node}/query-url-metadata': queryUrl,
  'GET /nodes/{node}/aplinfo': listAppliances,
  'POST /nodes/{node}/aplinfo': downloadAppliance,
}
