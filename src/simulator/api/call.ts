import { hasPrivilege, type Identity, requirePrivilege } from '../auth/permission.ts'
import { splitList } from '../schema/check.ts'
import type { ClusterNode, World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { raise } from './error.ts'
import { unknownNode } from './unknown-node.ts'

/** A request that has passed authentication, permission and parameter checks. Values are texts: booleans `0` and `1`. */
export type Call = {
  readonly world: World
  readonly who: Identity
  readonly params: Readonly<Record<string, string>>
  /** Array parameters, and lists given as text, split. */
  readonly list: (name: string) => readonly string[]
  readonly has: (name: string) => boolean
  /** Parameters given as JSON null: PVE takes them as not given, then stumbles over them in a configuration. */
  readonly nulls: readonly string[]
  readonly text: (name: string) => string
  readonly flag: (name: string) => boolean
  readonly number: (name: string, otherwise?: number) => number
  /** The node of the path; fails as PVE does for one that is not in the cluster. */
  readonly node: () => ClusterNode
  readonly vmid: () => number
  /** Ends the request with 403 unless the caller has all (or, with `any`, one) of the privileges on the path. */
  readonly require: (path: string, privileges: readonly string[], any?: boolean) => void
  readonly allowed: (path: string, privileges: readonly string[], any?: boolean) => boolean
  /** True only for root@pam by ticket: a token of root is not root. */
  readonly isRoot: () => boolean
  /** Starts a task on the path's node in the caller's name and returns its UPID. */
  readonly task: (type: string, id: string | number, body: (worker: Worker) => Promise<void> | void) => string
  /** More keys beside `data` in the answer (`total`, `changes` …). */
  readonly extra: Record<string, unknown>
}

/** What serves a method: returns what goes under `data`, or throws `PveError`. */
export type Handler = (call: Call) => unknown

/** Handlers by `METHOD /path` of api.json. */
export type RouteTable = Readonly<Record<string, Handler>>

const asText = (value: unknown): string => (value === true ? '1' : value === false ? '0' : String(value))

export const makeCall = (world: World, who: Identity | undefined, given: Readonly<Record<string, unknown>>): Call => {
  const identity = who ?? { id: 'anonymous', user: 'anonymous', token: undefined }
  const params: Record<string, string> = Object.create(null)
  const arrays: Record<string, readonly string[]> = Object.create(null)
  for (const name of Object.keys(given)) {
    const value = given[name]
    if (value === undefined || value === null) continue
    if (Array.isArray(value)) {
      arrays[name] = value.map(asText)
      params[name] = arrays[name].join(',')
    } else params[name] = asText(value)
  }
  const nodeName = (): string => params['node'] ?? world.local
  const call: Call = {
    world,
    who: identity,
    params,
    list: (name) => arrays[name] ?? splitList(params[name] ?? ''),
    has: (name) => params[name] !== undefined,
    nulls: Object.keys(given).filter((name) => given[name] === null),
    text: (name) => params[name] ?? '',
    flag: (name) => params[name] === '1',
    number: (name, otherwise = 0) => (params[name] === undefined ? otherwise : Number(params[name])),
    node: () => {
      const name = nodeName() === 'localhost' ? world.local : nodeName()
      return world.nodes.get(name) ?? raise(unknownNode(world, name))
    },
    vmid: () => Number(params['vmid']),
    require: (path, privileges, any = false) => requirePrivilege(world, identity, path, privileges, { any }),
    allowed: (path, privileges, any = false) =>
      identity.id === 'root@pam' || hasPrivilege(world, identity, path, privileges, { any }),
    isRoot: () => identity.id === 'root@pam',
    task: (type, id, body) => world.tasks.start(call.node().name, type, id, identity.id, body),
    extra: {},
  }
  return call
}
