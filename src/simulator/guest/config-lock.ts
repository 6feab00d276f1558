import { type Guest, touch } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { checkLock, lockFile } from './find-guest.ts'

/**
 * Does work that takes time under a `lock` of the configuration, as PVE does for snapshots: the file's own lock is held only while `prepare`
 * checks and the lock is written, so that others are refused at once instead of waiting.
 */
export const underConfigLock = async (
  world: World,
  find: () => Guest,
  lock: string,
  prepare: (guest: Guest) => void,
  work: (guest: Guest) => Promise<void>,
): Promise<void> => {
  const { type, vmid } = find()
  const guest = await world.locks.withLock(lockFile(type, vmid), () => {
    const found = find()
    prepare(found)
    checkLock(found)
    found.config['lock'] = lock
    touch(found)
    return found
  })
  try {
    await work(guest)
  } finally {
    if (guest.config['lock'] === lock) delete guest.config['lock']
    touch(guest)
  }
}
