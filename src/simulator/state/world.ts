import type { AccessState } from '../auth/access-state.ts'
import type { Clock } from '../task/clock.ts'
import type { Locks } from '../task/lock.ts'
import type { Tasks } from '../task/task.ts'
import type { Guest, Moment } from './guest.ts'
import type { Random } from './random.ts'
import type { Pool, StorageDefinition } from './storage.ts'

/** A node of the cluster. Memory and disk in bytes. */
export type ClusterNode = {
  readonly name: string
  readonly id: number
  readonly ip: string
  online: boolean
  /** How far its clock is ahead of the true time, in seconds; negative: behind. */
  clockSkew: number
  readonly cpus: number
  readonly memory: number
  readonly fingerprint: string
  /** Answers of the node that are facts about the machine, by path below /nodes/{node}: status, dns, hosts, network, … */
  readonly facts: Readonly<Record<string, unknown>>
  /** Network interfaces by name, as GET /nodes/{node}/network gives them. */
  readonly network: Map<string, Readonly<Record<string, unknown>>>
}

export type ResourcePool = { readonly id: string; comment: string | undefined; readonly storages: Set<string> }

/** Everything the simulated cluster knows. Areas with a state of their own keep it by `defineSlot`. */
export type World = {
  readonly clock: Clock
  readonly random: Random
  readonly tasks: Tasks
  readonly locks: Locks
  readonly access: AccessState
  readonly nodes: Map<string, ClusterNode>
  /** The node that answers: the one whose API the client talks to. */
  readonly local: string
  readonly guests: Map<number, Guest>
  readonly storages: Map<string, StorageDefinition>
  /** By `storage` (shared) or `storage@node`: use `volume/pool.ts`. */
  readonly volumePools: Map<string, Pool>
  readonly pools: Map<string, ResourcePool>
  /** Which pool a guest is in. */
  readonly poolOf: Map<number, string>
  /** Datacenter options (datacenter.cfg), values as text. */
  readonly options: Record<string, string>
  readonly clusterName: string | undefined
  readonly version: { readonly release: string; readonly repoid: string; readonly version: string }
  /** QEMU's version, written into `meta` at creation. */
  readonly qemuVersion: string
  /** Text of a guest with an agent that answers: the VMIDs whose agent runs. */
  readonly agents: Set<number>
  /** What the resolver says of a name it does not know. */
  readonly lookupFailure: string
  /** True where guests react to ACPI (a shutdown takes seconds); false where every shutdown times out. */
  readonly guestsReact: boolean
}

/** Makes a place for an area's own state in a world: the function returned gives it, making it at first use. */
export const defineSlot = <T>(make: (world: World) => T): ((world: World) => T) => {
  const kept = new WeakMap<World, { readonly value: T }>()
  return (world) => {
    const known = kept.get(world)
    if (known) return known.value
    const value = make(world)
    kept.set(world, { value })
    return value
  }
}

export const momentOf = ({ clock }: World): Moment => ({ elapsed: clock.elapsed(), now: clock.now() })

/** Milliseconds since 1970 by a node's own clock. */
export const nodeNow = ({ clock, nodes }: Pick<World, 'clock' | 'nodes'>, node: string): number =>
  clock.now() + (nodes.get(node)?.clockSkew ?? 0) * 1000

/** Seconds since 1970 by a node's own clock: what it writes into its files. */
export const nodeSeconds = (world: World, node: string): number => Math.floor(nodeNow(world, node) / 1000)

/** Seconds since 1970 by the clock of the node that answers. */
export const nowSeconds = (world: World): number => nodeSeconds(world, world.local)
