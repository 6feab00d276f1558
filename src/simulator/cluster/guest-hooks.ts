import { raise } from '../api/error.ts'
import type { GuestHooks } from '../guest/guest-hooks.ts'
import { forgetInJobs } from './backup-jobs.ts'
import { forgetReplication, replicationJobs } from './replication.ts'

/** What this area does when guests come and go. */
export const clusterGuestHooks: GuestHooks = {
  // As documented, not recorded: a single node replicates nothing.
  refuseDestroy: (world, guest, purge) => {
    const [job] = purge ? [] : replicationJobs(world, guest.vmid)
    if (job !== undefined)
      raise(`There is a replication job '${job}' for guest '${guest.vmid}' - Please remove that first.`)
  },
  destroyed: (world, guest, purge) => {
    world.poolOf.delete(guest.vmid)
    world.access.acl = world.access.acl.filter(({ path }) => path !== `/vms/${guest.vmid}`)
    world.access.generation++
    if (!purge) return
    forgetReplication(world, guest.vmid)
    forgetInJobs(world, guest.vmid)
  },
}
