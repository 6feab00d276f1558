import type { World } from '../state/world.ts'
import { addNode, addStorage } from './add.ts'
import { addRecordedUsers } from './recorded-users.ts'

const FINGERPRINT = 'E1:1B:C5:1B:66:E8:11:7B:F0:91:46:7C:31:80:F4:96:D5:BE:AD:75:BA:AD:44:4D:BD:FA:DB:13:0E:87:D9:70'

/** The node whose conversations are recorded: `pve1` with storages local, dir2 and btr. */
export const recorded = (world: World): void => {
  addRecordedUsers(world)
  addNode(world, 'pve1', { cpus: 2, memory: 25_276_502_016, ip: '10.99.0.2', fingerprint: FINGERPRINT })
  const disk = 270_553_174_016
  addStorage(
    world,
    'local',
    'dir',
    { path: '/var/lib/vz', content: 'iso,import,vztmpl,rootdir,images,backup,snippets', 'prune-backups': 'keep-all=1' },
    disk,
  )
  addStorage(world, 'dir2', 'dir', { path: '/srv/dir2', content: 'rootdir,backup,images' }, disk)
  addStorage(world, 'btr', 'btrfs', { path: '/srv/btrfs', content: 'images,rootdir' }, 6_442_450_944)
}
