import { authenticate, type Credentials } from '../auth/authenticate.ts'
import { checkPermissions } from '../auth/permission.ts'
import { parametersOf, verifyParameters } from '../schema/verify.ts'
import type { World } from '../state/world.ts'
import { type Call, makeCall, type RouteTable } from './call.ts'
import { PveError, raise, raiseParam } from './error.ts'
import type { Router } from './router.ts'
import { unknownNode } from './unknown-node.ts'

export type Incoming = {
  readonly verb: string
  /** Decoded path below /api2/json. */
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly credentials: Credentials
}

export type Served = {
  readonly data: unknown
  readonly extra: Readonly<Record<string, unknown>>
  readonly call: Call | undefined
}

export type Dispatch = (incoming: Incoming) => Promise<Served>

/** A parameter given several times, or as a JSON list, is an array where the schema says so, and joined where it is a list in a text. */
const joinArrays = (
  schemas: ReturnType<typeof parametersOf>,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const joined: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(params)) {
    const value = params[name]
    if (schemas[name]?.type === 'array' && !Array.isArray(value) && value !== null) joined[name] = [value]
    else if (Array.isArray(value) && /-list$/.test(String(schemas[name]?.format ?? '')))
      joined[name] = value.map(String).join(',')
    else joined[name] = value
  }
  return joined
}

const mergePathValues = (params: Record<string, unknown>, values: Readonly<Record<string, string>>): void => {
  for (const name in values) {
    if (params[name] !== undefined && String(params[name]) !== values[name])
      raiseParam({ [name]: 'duplicate parameter (already defined in URI) with conflicting values!' })
    params[name] = values[name]
  }
}

const proxied = (world: World, params: Readonly<Record<string, unknown>>): void => {
  const name = String(params['node'] ?? '')
  if (name === 'localhost' || name === world.local || name === '') return
  const node = world.nodes.get(name)
  if (node === undefined) raise(unknownNode(world, name))
  if (!node.online) throw new PveError(595, `Connection refused`)
}

/**
 * Makes the function that answers a request: authentication, route, token rules, permissions, proxying to the node,
 * parameters, then the handler; in this order, as PVE does.
 */
export const makeDispatch = (world: World, secret: string, router: Router, routes: RouteTable): Dispatch => {
  return async ({ verb, path, params, credentials }) => {
    const who = authenticate(world, secret, verb, path, credentials)
    const match = router(verb, path)
    if (match === undefined) throw new PveError(501, `Method '${verb} ${path}' not implemented`, undefined, true)
    const { key, method } = match.route
    const given = joinArrays(parametersOf(method), params)
    mergePathValues(given, match.values)
    if (who?.token !== undefined && method.allowtoken === 0)
      raise(`Permission check failed (URI '${path}' not available with API token, need proper ticket.\n)`, 403)
    checkPermissions(world, who, method, given)
    if (method.proxyto === 'node') proxied(world, given)
    verifyParameters(method, given)
    const handler = routes[key]
    if (handler === undefined)
      throw new PveError(501, `${key} exists in Proxmox VE but is not served by this simulator`)
    const call = makeCall(world, who, given)
    return { data: (await handler(call)) ?? null, extra: call.extra, call }
  }
}
