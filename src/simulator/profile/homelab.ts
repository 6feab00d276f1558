import type { World } from '../state/world.ts'
import { addFile, addNode, addStorage } from './add.ts'

/** A believable home cluster: three nodes, local and shared storages, VMs and containers. */
export const homelab = (world: World): void => {
  for (const name of ['pve1', 'pve2', 'pve3']) addNode(world, name)
  addStorage(
    world,
    'local',
    'dir',
    { path: '/var/lib/vz', content: 'iso,vztmpl,backup,snippets,import' },
    94 * 2 ** 30,
    6 * 2 ** 30,
  )
  addStorage(
    world,
    'local-lvm',
    'lvmthin',
    { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' },
    794 * 2 ** 30,
  )
  for (const node of world.nodes.keys())
    addFile(world, node, {
      storage: 'local',
      name: 'vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
      content: 'vztmpl',
      format: 'tzst',
      size: 126_515_062,
    })
}
