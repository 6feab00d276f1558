import type { Handler, RouteTable } from '../api/call.ts'
import { facts, type Method } from '../api/facts.ts'
import { childrenOf } from '../api/router.ts'

/** Methods below a folder that PVE does not list in it. */
const UNLISTED: Readonly<Record<string, readonly string[]>> = {
  '/access': ['permissions', 'vncticket'],
  '/cluster/sdn': ['dry-run', 'lock', 'rollback'],
  '/nodes/{node}': ['execute', 'vncwebsocket'],
  '/nodes/{node}/qemu/{vmid}/firewall': ['log'],
  '/nodes/{node}/lxc/{vmid}/firewall': ['log'],
}

/** Folders of a guest are written by hand in PVE: `qemu` and `lxc` serve them, all but the firewall's. */
const isOfGuest = (template: string): boolean => /\{vmid\}/.test(template) && !template.endsWith('/firewall')

/** The key under which a folder lists its children (`subdir`, `name`, `id` …); nothing where the list is more than an index. */
const keyOf = (method: Method): string | undefined => {
  const returns = method.returns as { links?: readonly { href: string }[]; items?: { properties?: object } } | undefined
  const key = /^\{(\w+)\}$/.exec(returns?.links?.[0]?.href ?? '')?.[1]
  const known = Object.keys(returns?.items?.properties ?? {})
  return key !== undefined && known.every((name) => name === key) ? key : undefined
}

const indexOf = (template: string, key: string): Handler | undefined => {
  const names = childrenOf(template).filter((name) => !(UNLISTED[template] ?? []).includes(name))
  return names.length === 0 ? undefined : () => names.map((name) => ({ [key]: name }))
}

const folders = Object.entries(facts).flatMap(([route, method]): [string, Handler][] => {
  const [verb, template = ''] = route.split(' ')
  const key = verb === 'GET' && !isOfGuest(template) ? keyOf(method) : undefined
  const index = key === undefined ? undefined : indexOf(template, key)
  return index === undefined ? [] : [[route, index]]
})

/** GET on a folder of the API: what is in it. */
export const indexRoutes: RouteTable = Object.fromEntries(folders)
