import type { GuestHooks } from '../guest/guest-hooks.ts'
import { forgetInJobs } from './backup-jobs.ts'
import { forgetReplication } from './replication.ts'

/** What this area does when guests come and go. */
export const clusterGuestHooks: GuestHooks = {
  destroyed: (world, guest, purge) => {
    world.poolOf.delete(guest.vmid)
    world.access.acl = world.access.acl.filter(({ path }) => path !== `/vms/${guest.vmid}`)
    world.access.generation++
    if (!purge) return
    forgetReplication(world, guest.vmid)
    forgetInJobs(world, guest.vmid)
  },
}
