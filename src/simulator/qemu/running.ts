import type { Guest, Runtime, Section } from '../state/guest.ts'
import type { World } from '../state/world.ts'

/** Marks a VM as running with the configuration it has now. */
export const markRunning = (world: World, guest: Guest, paused = false): void => {
  const runtime: Runtime = { pid: 2000 + world.random.below(60_000), since: world.clock.now(), paused }
  guest.running = runtime
}

/** Whether hot-unplugging works: guests that do not react keep their devices busy. */
export const canUnplug = (world: World): boolean => world.guestsReact

/** Memory of a section in bytes. */
export const memoryOf = (config: Section): number => {
  const text = config['memory'] ?? '512'
  return Number(/(?:^|current=)(\d+)/.exec(text)?.[1] ?? 512) * 2 ** 20
}

export const cpusOf = (config: Section): number => {
  const all = Number(config['sockets'] ?? 1) * Number(config['cores'] ?? 1)
  return config['vcpus'] === undefined ? all : Math.min(all, Number(config['vcpus']))
}
