import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { splitVolid } from '../schema/formats.ts'
import { parseVolname, type VolumeName } from './name.ts'

/**
 * Ends the request unless the caller may use that volume for the guest. `type` is the content the caller needs; a guest's image
 * counts as `rootdir` too. PVE source: `check_volume_access`.
 */
export const requireVolume = (
  call: Call,
  vmid: number | undefined,
  volid: string,
  type?: VolumeName['type'] | 'rootdir',
): void => {
  if (splitVolid(volid) === undefined) {
    if (!call.isRoot())
      raise('Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.')
    return
  }
  const name = parseVolname(call.world, volid)
  if (type !== undefined && name.type !== (type === 'rootdir' ? 'images' : type))
    raise(`unable to use volume ${volid} - content type needs to be '${type}'`)
  const path = `/storage/${name.storage}`
  if (call.allowed(path, ['Datastore.Allocate'])) return
  if (name.type === 'iso' || name.type === 'vztmpl' || name.type === 'import')
    call.require(path, ['Datastore.AllocateSpace', 'Datastore.Audit'], true)
  else if (name.owner === undefined) raise(`missing privileges to access ${volid}`)
  else if (name.owner !== vmid) {
    call.require(path, [name.type === 'backup' ? 'Datastore.AllocateSpace' : 'Datastore.Audit'])
    call.require(`/vms/${name.owner}`, [name.type === 'backup' ? 'VM.Backup' : 'VM.Config.Disk'])
  }
}
