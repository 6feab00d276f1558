import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { carryOut } from '../ha/manager.ts'
import { isManaged, requestState } from '../ha/state.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { bringDown, bringUp, reacts } from './runtime.ts'
import { mountsOf } from './volume/mount-point.ts'

const startSeconds = 1.2
const stopSeconds = 1
const shutdownSeconds = 3

const found = (call: Call): Guest | undefined => {
  const guest = call.world.guests.get(call.vmid())
  return guest?.type === 'lxc' && guest.node === call.node().name ? guest : undefined
}

const requireRunning = (call: Call): Guest => {
  const guest = found(call)
  return guest?.running ? guest : raise(`CT ${call.vmid()} not running`)
}

const checkSkiplock = (call: Call): void => {
  if (call.flag('skiplock') && !call.isRoot()) raiseParam({ skiplock: 'Only root may use this option.' })
}

/** Holds the container's lock in a task; PVE says so in the log when it has to wait. */
export const withContainerLock = async <T>(
  world: World,
  vmid: number,
  worker: Pick<Worker, 'log'>,
  action: () => Promise<T> | T,
): Promise<T> => {
  const file = lockFile('lxc', vmid)
  const waits = world.locks.held(file)
  if (waits) worker.log('trying to acquire lock...')
  return await world.locks.withLock(file, () => {
    if (waits) worker.log(' OK')
    return action()
  })
}

/** The body of a start task. `skiplock` ignores the configuration's lock. */
export const startWork =
  (world: World, node: string, vmid: number, { skiplock = false }: { readonly skiplock?: boolean } = {}) =>
  (worker: Worker): Promise<void> =>
    withContainerLock(world, vmid, worker, async () => {
      const guest = loadGuest(world, 'lxc', node, vmid)
      if (guest.config['template'] === '1') raise("you can't start a CT if it's a template")
      if (!skiplock && guest.config['lock'] !== 'mounted') checkLock(guest)
      if (
        guest.config['unprivileged'] === '1' &&
        mountsOf(guest.config).some(([, mount]) => mount.parts['quota'] === '1')
      )
        raise('Quotas are not supported by unprivileged containers.')
      if (guest.running) return
      bringUp(world, guest)
      await worker.work(startSeconds)
    })

const haRequest = (call: Call, guest: Guest, state: 'started' | 'stopped'): string => {
  const { world } = call
  return call.task(state === 'started' ? 'hastart' : 'hastop', guest.vmid, (worker) => {
    worker.log(`Requesting HA ${state === 'started' ? 'start' : 'stop'} for CT ${guest.vmid}`)
    requestState(world, guest, state)
    carryOut(world, guest)
  })
}

/** POST status/start: a container that runs is refused at once, everything else ends the task. */
export const start = (call: Call): unknown => {
  checkSkiplock(call)
  const guest = found(call)
  if (guest?.running) raise(`CT ${guest.vmid} already running`)
  if (guest && isManaged(call.world, guest)) return haRequest(call, guest, 'started')
  return call.task(
    'vzstart',
    call.vmid(),
    startWork(call.world, call.node().name, call.vmid(), { skiplock: call.flag('skiplock') }),
  )
}

/** Kills a container that runs; nothing to do for one that does not. */
export const kill = async (world: World, guest: Guest, worker: Pick<Worker, 'work'>): Promise<void> => {
  if (!guest.running) return
  await worker.work(stopSeconds)
  bringDown(world, guest)
}

/**
 * Asks a container to end. One that does not react is killed after the timeout with `force`, else the task fails: lxc-stop waits
 * the timeout, then PVE the timeout and 5 seconds more (seen on PVE 9.2: 25 seconds for a timeout of 10).
 */
const askToEnd = async (
  world: World,
  guest: Guest,
  worker: Worker,
  { timeout, force }: { readonly timeout: number; readonly force: boolean },
): Promise<void> => {
  if (!guest.running) return
  if (reacts(world, guest) && timeout >= shutdownSeconds) {
    await worker.work(shutdownSeconds)
    bringDown(world, guest)
    return
  }
  await worker.work(timeout)
  if (force) {
    await kill(world, guest, worker)
    return
  }
  worker.log(`command 'lxc-stop -n ${guest.vmid} --nokill --timeout ${timeout}' failed: exit code 1`)
  await worker.work(timeout + 5)
  raise('container did not stop')
}

const stopWork =
  (world: World, node: string, vmid: number, how: { readonly timeout: number; readonly force: boolean }) =>
  (worker: Worker): Promise<void> =>
    withContainerLock(world, vmid, worker, async () => {
      const guest = loadGuest(world, 'lxc', node, vmid)
      checkLock(guest)
      await askToEnd(world, guest, worker, how)
    })

const abortShutdowns = (call: Call): void => {
  for (const task of call.world.tasks.list(call.node().name))
    if (task.type === 'vzshutdown' && task.id === call.text('vmid') && task.endtime === undefined) task.stop()
}

/** POST status/stop. */
export const stop = (call: Call): unknown => {
  const { world } = call
  checkSkiplock(call)
  const guest = requireRunning(call)
  if (isManaged(world, guest)) return haRequest(call, guest, 'stopped')
  if (call.flag('overrule-shutdown')) abortShutdowns(call)
  const skiplock = call.flag('skiplock')
  return call.task('vzstop', guest.vmid, (worker) =>
    withContainerLock(world, guest.vmid, worker, async () => {
      const current = loadGuest(world, 'lxc', guest.node, guest.vmid)
      if (!skiplock && current.config['lock'] !== 'mounted') checkLock(current)
      await kill(world, current, worker)
    }),
  )
}

/** POST status/shutdown. */
export const shutdown = (call: Call): unknown => {
  const guest = requireRunning(call)
  if (isManaged(call.world, guest)) return haRequest(call, guest, 'stopped')
  const how = { timeout: call.number('timeout', 60), force: call.flag('forceStop') }
  return call.task('vzshutdown', guest.vmid, stopWork(call.world, guest.node, guest.vmid, how))
}

/** POST status/reboot: ends the container, by force after the timeout, and starts it again. */
export const reboot = (call: Call): unknown => {
  const { world } = call
  const guest = found(call)
  if (!guest?.running) return raise(`VM ${call.vmid()} not running`)
  const timeout = call.number('timeout', 60)
  return call.task('vzreboot', guest.vmid, (worker) =>
    withContainerLock(world, guest.vmid, worker, async () => {
      if (!guest.running) return
      await askToEnd(world, guest, worker, { timeout, force: true })
      bringUp(world, guest)
      await worker.work(startSeconds)
    }),
  )
}

/** POST status/suspend and status/resume: checkpoints do not work on a stock node, so the task fails. */
export const suspend = (call: Call): unknown => {
  const guest = requireRunning(call)
  return call.task('vzsuspend', guest.vmid, (worker) =>
    withContainerLock(call.world, guest.vmid, worker, () => {
      checkLock(guest)
      raise(`command 'lxc-checkpoint -n ${guest.vmid} -s -D /var/lib/vz/dump' failed: exit code 1`)
    }),
  )
}

export const resume = (call: Call): unknown => {
  const vmid = call.vmid()
  if (found(call)?.running) raise(`CT ${vmid} already running`)
  return call.task('vzresume', vmid, () => {
    raise(`command 'lxc-checkpoint -n ${vmid} -r --foreground -D /var/lib/vz/dump' failed: exit code 1`)
  })
}
