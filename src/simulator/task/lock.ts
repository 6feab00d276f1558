import { raise } from '../api/error.ts'
import type { Clock } from './clock.ts'

type Waiter = { readonly go: () => void; readonly timer: { cancel: () => void } }

/** File locks as PVE takes them: one holder a name, the others queue up, and give up after their timeout. */
export type Locks = {
  readonly held: (name: string) => boolean
  /**
   * Runs `action` while holding the lock on the file `name`. Waits at most `seconds` (10 as PVE unless told), then fails with
   * `can't lock file '…' - got timeout`.
   */
  readonly withLock: <T>(name: string, action: () => Promise<T> | T, seconds?: number) => Promise<T>
}

export const makeLocks = (clock: Clock): Locks => {
  const queues = new Map<string, Waiter[]>()
  const release = (name: string): void => {
    const queue = queues.get(name)
    const next = queue?.shift()
    if (next === undefined) {
      queues.delete(name)
      return
    }
    next.timer.cancel()
    next.go()
  }
  const acquire = (name: string, seconds: number): Promise<void> | undefined => {
    const queue = queues.get(name)
    if (queue === undefined) {
      queues.set(name, [])
      return undefined
    }
    return new Promise((go, refuse) => {
      const waiter: Waiter = {
        go,
        timer: clock.after(seconds * 1000, () => {
          queue.splice(queue.indexOf(waiter), 1)
          try {
            raise(`can't lock file '${name}' - got timeout`)
          } catch (error) {
            refuse(error)
          }
        }),
      }
      queue.push(waiter)
    })
  }
  return {
    held: (name) => queues.has(name),
    withLock: async (name, action, seconds = 10) => {
      const turn = acquire(name, seconds)
      if (turn) await turn
      try {
        return await action()
      } finally {
        release(name)
      }
    },
  }
}
