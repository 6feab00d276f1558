/** Something that will happen at a virtual time; `cancel` takes it off the list. */
export type Timer = { readonly cancel: () => void }

/**
 * The simulator's time. Everything that takes time in the model (tasks, lock waits, guests that shut down) waits on it,
 * so that order is real while durations are scaled or virtual. Milliseconds throughout.
 */
export type Clock = {
  /** True when time passes only by what clients do. */
  readonly virtual: boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Runs `action` after `ms` of model time; equal times run in the order in which they were asked for. */
  readonly after: (ms: number, action: () => void) => Timer
  readonly sleep: (ms: number) => Promise<void>
  /** Tells a virtual clock that a client asked for something: time passes a little (nothing on a scaled clock). */
  readonly tick: (ms: number) => void
  /** Lets a virtual clock jump to the next event, but at most `limit` ms on: a client waits (nothing on a scaled clock). */
  readonly jump: (limit?: number) => void
  /** How much later than now things seem to be, for uptimes: model milliseconds since start. */
  readonly elapsed: () => number
  readonly stop: () => void
}

type Event = { readonly at: number; readonly order: number; readonly action: () => void; live: boolean }

/** The events in the order of their times; equal times in the order of their making. */
const makeQueue = () => {
  const heap: Event[] = []
  const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  const swap = (i: number, j: number): void => {
    const kept = heap[i] as Event
    heap[i] = heap[j] as Event
    heap[j] = kept
  }
  const push = (event: Event): void => {
    let index = heap.push(event) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(heap[index] as Event, heap[parent] as Event)) return
      swap(index, parent)
      index = parent
    }
  }
  const pop = (): Event | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      const right = left + 1
      let least = index
      if (left < heap.length && before(heap[left] as Event, heap[least] as Event)) least = left
      if (right < heap.length && before(heap[right] as Event, heap[least] as Event)) least = right
      if (least === index) return first
      swap(index, least)
      index = least
    }
  }
  const peek = (): Event | undefined => {
    while (heap[0] !== undefined && !heap[0].live) pop()
    return heap[0]
  }
  return { push, pop, peek }
}

const sleepOn = (after: Clock['after']) => (ms: number) =>
  new Promise<void>((done) => {
    after(ms, done)
  })

/** Real time of day; model durations pass `speed` times faster (Infinity: as soon as the event loop turns, still in order). */
export const scaledClock = (speed: number): Clock => {
  const queue = makeQueue()
  const began = Date.now()
  const startedAt = performance.now()
  const fast = !Number.isFinite(speed)
  let order = 0
  let latest = 0
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  let immediate = false
  const elapsed = (): number => (fast ? latest : (performance.now() - startedAt) * speed)
  /** One event a turn: what an event sets going is done before the next one happens. */
  const drain = (): void => {
    timer = undefined
    const next = queue.peek()
    if (next !== undefined && (fast || next.at <= elapsed())) {
      queue.pop()
      next.live = false
      latest = next.at
      next.action()
    }
    plan()
  }
  const disarm = (): void => {
    if (timer === undefined) return
    if (immediate) clearImmediate(timer as NodeJS.Immediate)
    else clearTimeout(timer as NodeJS.Timeout)
    timer = undefined
  }
  const plan = (): void => {
    disarm()
    const next = queue.peek()
    if (next === undefined) return
    const wait = fast ? 0 : (next.at - elapsed()) / speed
    immediate = wait <= 0
    timer = immediate ? setImmediate(drain) : setTimeout(drain, Math.min(wait, 2 ** 31 - 1))
  }
  const after: Clock['after'] = (ms, action) => {
    const event: Event = { at: elapsed() + Math.max(0, ms), order: order++, action, live: true }
    queue.push(event)
    if (queue.peek() === event || timer === undefined) plan()
    return {
      cancel: () => {
        event.live = false
      },
    }
  }
  return {
    virtual: false,
    now: () => (fast ? Date.now() : began + (performance.now() - startedAt)),
    after,
    sleep: sleepOn(after),
    tick: () => undefined,
    jump: () => undefined,
    elapsed,
    stop: disarm,
  }
}

/**
 * Time that passes only by what clients do: each request ticks it on, asking for a running task lets up to a second pass, and a
 * request that waits for a lock pulls it along. Equal requests see equal times, to the byte.
 */
export const virtualClock = (start: number): Clock => {
  const queue = makeQueue()
  let now = start
  let order = 0
  const runUntil = (until: number): void => {
    for (let next = queue.peek(); next !== undefined && next.at <= until; next = queue.peek()) {
      queue.pop()
      next.live = false
      now = Math.max(now, next.at)
      next.action()
    }
    now = Math.max(now, until)
  }
  const after: Clock['after'] = (ms, action) => {
    const event: Event = { at: now + Math.max(0, ms), order: order++, action, live: true }
    queue.push(event)
    return {
      cancel: () => {
        event.live = false
      },
    }
  }
  return {
    virtual: true,
    now: () => now,
    after,
    sleep: sleepOn(after),
    tick: (ms) => runUntil(now + ms),
    jump: (limit = Number.POSITIVE_INFINITY) => {
      const next = queue.peek()
      if (next !== undefined) runUntil(Math.min(next.at, now + limit))
    },
    elapsed: () => now - start,
    stop: () => undefined,
  }
}
