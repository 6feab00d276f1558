import { lockFile } from '../guest/find-guest.ts'
import { bringDown, bringUp } from '../lxc/runtime.ts'
import { startLocked } from '../qemu/start.ts'
import { type Guest, touch } from '../state/guest.ts'
import { defineSlot, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { isManaged, managerRuns, managerState, requestedState, sidOf } from './state.ts'

/** Model milliseconds until the HA manager has noticed what it is asked for. */
const NOTICE = 5_000

const start = async (world: World, guest: Guest, worker: Worker): Promise<void> => {
  if (guest.running) return
  if (guest.type === 'qemu') return startLocked(world, guest, worker)
  bringUp(world, guest)
  await worker.work(1)
}

const stop = async (world: World, guest: Guest, worker: Worker): Promise<void> => {
  if (!guest.running) return
  await worker.work(1)
  if (guest.type === 'lxc') return bringDown(world, guest)
  guest.running = undefined
  touch(guest)
}

const taskTypes = { qemu: ['qmstart', 'qmshutdown'], lxc: ['vzstart', 'vzshutdown'] } as const

/** Guests the manager is about to look at, or at work on. */
const busy = defineSlot(() => new Set<number>())

const act = async (world: World, guest: Guest): Promise<void> => {
  if (!isManaged(world, guest) || world.guests.get(guest.vmid) !== guest) return
  const wanted = requestedState(world, guest) === 'started'
  const states = managerState(world)
  states.set(sidOf(guest), wanted ? 'started' : guest.running ? 'request_stop' : 'stopped')
  if (wanted === (guest.running !== undefined)) return
  const type = taskTypes[guest.type][wanted ? 0 : 1]
  const upid = world.tasks.start(guest.node, type, guest.vmid, 'root@pam', (worker) =>
    world.locks.withLock(lockFile(guest.type, guest.vmid), () =>
      wanted ? start(world, guest, worker) : stop(world, guest, worker),
    ),
  )
  await world.tasks.ended(upid)
  if (!wanted && !guest.running) states.set(sidOf(guest), 'stopped')
}

/** Lets the HA manager bring a guest into the state asked for; nothing happens where no manager runs. */
export const carryOut = (world: World, guest: Guest): void => {
  if (!managerRuns(world) || busy(world).has(guest.vmid)) return
  busy(world).add(guest.vmid)
  world.clock.after(NOTICE, () => {
    const asked = requestedState(world, guest)
    const done = (): void => {
      busy(world).delete(guest.vmid)
      if (requestedState(world, guest) !== asked) carryOut(world, guest)
    }
    act(world, guest).then(done, done)
  })
}
