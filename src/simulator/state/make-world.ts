import { makeAccess } from '../auth/access-state.ts'
import type { Clock } from '../task/clock.ts'
import { makeLocks } from '../task/lock.ts'
import { makeTasks } from '../task/task.ts'
import { makeRandom } from './random.ts'
import { nodeNow, type World } from './world.ts'

/** An empty cluster on which a profile builds. */
export const makeWorld = (
  clock: Clock,
  seed: number,
  local: string,
  rootPassword: string,
  more: Partial<World> = {},
): World => {
  const nodes: World['nodes'] = new Map()
  return {
    clock,
    random: makeRandom(seed),
    tasks: makeTasks(clock, (node) => nodeNow({ clock, nodes }, node)),
    locks: makeLocks(clock),
    access: makeAccess(rootPassword),
    nodes,
    local,
    guests: new Map(),
    storages: new Map(),
    volumePools: new Map(),
    pools: new Map(),
    poolOf: new Map(),
    options: {},
    clusterName: undefined,
    version: { release: '9.2', repoid: '14a22df35955d97d', version: '9.2.11' },
    qemuVersion: '10.0.13',
    agents: new Set(),
    lookupFailure: 'Name or service not known',
    guestsReact: true,
    ...more,
  }
}
