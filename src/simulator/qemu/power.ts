import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { type Guest, touch } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { applyPending } from './config/pending.ts'
import { startLocked } from './start.ts'
import { suspendToDisk } from './suspend.ts'

/** The VM on this node; the text PVE has for calls that look at the process first. */
const onNode = (call: Call): Guest => {
  const guest = call.world.guests.get(call.vmid())
  if (guest === undefined || guest.type !== 'qemu' || guest.node !== call.node().name)
    return raise(`unable to find configuration file for VM ${call.vmid()} on node '${call.node().name}'`)
  return guest
}

const mustRun = (call: Call): Guest => {
  const guest = onNode(call)
  if (!guest.running) raise(`VM ${guest.vmid} not running`)
  return guest
}

/** Options for the cluster's own use: refused to everybody but root. */
const rootOnly = [
  'skiplock',
  'stateuri',
  'migratedfrom',
  'migration_type',
  'migration_network',
  'targetstorage',
  'keepActive',
  'nocheck',
]

const checkRootOnly = (call: Call): void => {
  for (const name of rootOnly)
    if (call.text(name) !== '' && call.text(name) !== '0' && !call.isRoot())
      raiseParam({ [name]: 'Only root may use this option.' })
}

/** What follows the end of the process: the changes that waited for it are applied. */
const gone = (world: World, guest: Guest): void => {
  guest.running = undefined
  world.agents.delete(guest.vmid)
  if (Object.keys(guest.pending).length > 0 || guest.pendingDelete.size > 0) applyPending(world, guest)
  touch(guest)
}

export type StopOptions = {
  readonly shutdown?: boolean
  readonly force?: boolean
  readonly timeout?: number | undefined
  readonly skiplock?: boolean
}

const startupDown = (guest: Guest): number | undefined => {
  const found = /(?:^|,)down=(\d+)/.exec(guest.config['startup'] ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Ends a VM that the caller holds the lock of. PVE source: _do_vm_stop. */
const stopLocked = async (world: World, guest: Guest, worker: Worker, options: StopOptions): Promise<void> => {
  if (!guest.running) return
  if (!options.skiplock) checkLock(guest)
  const timeout = options.timeout ?? (options.shutdown ? startupDown(guest) : undefined) ?? 60
  const reacts = !options.shutdown || world.guestsReact
  if (reacts) {
    await worker.work(options.shutdown ? Math.min(3, timeout) : 1)
  } else {
    await worker.work(timeout)
    if (!options.force) raise('VM quit/powerdown failed - got timeout')
    worker.log('VM still running - terminating now with SIGTERM')
    await worker.work(1)
  }
  gone(world, guest)
}

const withLock = (world: World, vmid: number, action: () => Promise<void>): Promise<void> =>
  world.locks.withLock(lockFile('qemu', vmid), action)

const managed = (call: Call): Guest | undefined => {
  const guest = call.world.guests.get(call.vmid())
  return guest !== undefined && guestHooks.some((hooks) => hooks.manages?.(call.world, guest)) ? guest : undefined
}

const askHa = (call: Call, guest: Guest, type: string, state: 'started' | 'stopped'): string =>
  call.task(type, guest.vmid, async (worker) => {
    worker.log(`Requesting HA ${state === 'started' ? 'start' : 'stop'} for VM ${guest.vmid}`)
    for (const hooks of guestHooks) hooks.request?.(call.world, guest, state)
    await worker.work(0.5)
  })

const start = (call: Call): string => {
  checkRootOnly(call)
  const ha = managed(call)
  if (ha !== undefined) return askHa(call, ha, 'hastart', 'started')
  const { world } = call
  const node = call.node().name
  return call.task('qmstart', call.vmid(), (worker) =>
    withLock(world, call.vmid(), () =>
      startLocked(world, loadGuest(world, 'qemu', node, call.vmid()), worker, { skiplock: call.flag('skiplock') }),
    ),
  )
}

const stop = (call: Call): string => {
  checkRootOnly(call)
  const ha = managed(call)
  if (ha !== undefined) return askHa(call, ha, 'hastop', 'stopped')
  const timeout = call.has('timeout') ? call.number('timeout') : undefined
  if (call.flag('overrule-shutdown'))
    for (const task of call.world.tasks.list())
      if (task.type === 'qmshutdown' && task.id === String(call.vmid()) && task.endtime === undefined) task.stop()
  return call.task('qmstop', call.vmid(), (worker) => {
    const guest = onNode(call)
    return withLock(call.world, guest.vmid, () =>
      stopLocked(call.world, guest, worker, { timeout, skiplock: call.flag('skiplock'), force: true }),
    )
  })
}

const shutdown = (call: Call): string => {
  checkRootOnly(call)
  const known = call.world.guests.get(call.vmid())
  const paused = known?.type === 'qemu' && known.running?.paused === true
  if (paused && !call.flag('forceStop')) raise('VM is paused - cannot shutdown')
  const ha = managed(call)
  if (ha !== undefined) return askHa(call, ha, 'hastop', 'stopped')
  const timeout = call.has('timeout') ? call.number('timeout') : undefined
  return call.task('qmshutdown', call.vmid(), (worker) => {
    const guest = onNode(call)
    const options: StopOptions = {
      shutdown: !paused,
      force: call.flag('forceStop'),
      timeout,
      skiplock: call.flag('skiplock'),
    }
    return withLock(call.world, guest.vmid, () => stopLocked(call.world, guest, worker, options))
  })
}

const reboot = (call: Call): string => {
  const guest = mustRun(call)
  if (guest.running?.paused) raise('VM is paused - cannot shutdown')
  const timeout = call.has('timeout') ? call.number('timeout') : undefined
  return call.task('qmreboot', guest.vmid, async (worker) => {
    await withLock(call.world, guest.vmid, async () => {
      await stopLocked(call.world, guest, worker, { shutdown: true, timeout })
      await startLocked(call.world, guest, worker)
    })
  })
}

const reset = (call: Call): string => {
  checkRootOnly(call)
  const guest = mustRun(call)
  return call.task('qmreset', guest.vmid, (worker) =>
    withLock(call.world, guest.vmid, async () => {
      if (!call.flag('skiplock')) checkLock(guest)
      await worker.work(0.1)
      if (guest.running) guest.running.paused = false
    }),
  )
}

const suspend = (call: Call): string => {
  checkRootOnly(call)
  const guest = mustRun(call)
  if (call.flag('todisk')) return suspendToDisk(call, guest)
  if (call.has('statestorage')) raiseParam({ todisk: "missing property required by 'statestorage'" })
  return call.task('qmpause', guest.vmid, (worker) =>
    withLock(call.world, guest.vmid, async () => {
      if (!call.flag('skiplock') && guest.config['lock'] !== 'backup') checkLock(guest)
      await worker.work(0.1)
      if (guest.running) guest.running.paused = true
    }),
  )
}

const resume = (call: Call): string => {
  checkRootOnly(call)
  const guest = onNode(call)
  const fromDisk = guest.config['lock'] === 'suspended'
  if (!guest.running && !fromDisk) raise(`VM ${guest.vmid} not running`)
  return call.task('qmresume', guest.vmid, (worker) =>
    withLock(call.world, guest.vmid, async () => {
      if (fromDisk) return startLocked(call.world, guest, worker)
      if (!call.flag('skiplock') && !call.flag('nocheck') && guest.config['lock'] !== 'backup') checkLock(guest)
      await worker.work(0.1)
      if (guest.running) guest.running.paused = false
    }),
  )
}

/** Start, stop and the rest below /nodes/{node}/qemu/{vmid}/status. */
export const powerRoutes: RouteTable = {
  'POST /nodes/{node}/qemu/{vmid}/status/start': start,
  'POST /nodes/{node}/qemu/{vmid}/status/stop': stop,
  'POST /nodes/{node}/qemu/{vmid}/status/shutdown': shutdown,
  'POST /nodes/{node}/qemu/{vmid}/status/reboot': reboot,
  'POST /nodes/{node}/qemu/{vmid}/status/reset': reset,
  'POST /nodes/{node}/qemu/{vmid}/status/suspend': suspend,
  'POST /nodes/{node}/qemu/{vmid}/status/resume': resume,
}
