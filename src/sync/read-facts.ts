import type { ObservedAclEntry, ObservedNode, ObservedRights } from '../resource/observed.ts'
import type { Answer } from '../resource/server.ts'
import { askFor, eachBounded, type Reader } from './guest-reading.ts'
import { rowsOf, textOf } from './read-inventory.ts'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sorted = <T>(entries: readonly (readonly [string, T])[]): { readonly [key: string]: T } =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

/** Privileges by path, and whether each holds below the path, too. */
const pathsOf = (data: unknown): ObservedRights['paths'] =>
  sorted(
    Object.entries(isRecord(data) ? data : {}).map(([path, privileges]) => [
      path,
      sorted(
        Object.entries(isRecord(privileges) ? privileges : {}).map(
          ([privilege, below]) => [privilege, Number(below) === 1] as const,
        ),
      ),
    ]),
  )

/** PVE API: GET /access/acl shows what the login may audit or change. */
const entriesOnGuests = (data: unknown): readonly ObservedAclEntry[] =>
  rowsOf(data)
    .flatMap((row): readonly ObservedAclEntry[] => {
      const vmid = Number(/^\/vms\/(\d+)$/.exec(textOf(row, 'path') ?? '')?.[1])
      const [type, who, role] = [textOf(row, 'type'), textOf(row, 'ugid'), textOf(row, 'roleid')]
      if (!Number.isFinite(vmid) || who === undefined || role === undefined) return []
      if (type !== 'user' && type !== 'group' && type !== 'token') return []
      return [{ vmid, type, who, role, propagate: Number(row['propagate'] ?? 1) === 1 }]
    })
    .sort((a, b) => a.vmid - b.vmid || (`${a.type} ${a.who} ${a.role}` < `${b.type} ${b.who} ${b.role}` ? -1 : 1))

const separationOf = (answer: Answer | undefined): Pick<ObservedRights, 'separated'> => {
  const privsep = answer?.kind === 'answered' && isRecord(answer.data) ? answer.data['privsep'] : undefined
  return privsep === undefined ? {} : { separated: Number(privsep) === 1 }
}

/**
 * What the login may do, all at once (PVE API: GET /access/permissions), who has rights on single guests, and where a token may see it whether it has rights of its own (GET
 * /access/users/{user}/token/{name}). Undefined where the server does not tell.
 */
export const readRights = async (
  reader: Reader,
  principal: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ObservedRights | undefined> => {
  if (principal === undefined) return undefined
  const [user = '', token] = principal.split('!')
  const path = `/access/users/${encodeURIComponent(user)}/token/${encodeURIComponent(token ?? '')}`
  const [permissions, entries, own] = await Promise.all([
    askFor(reader, '/access/permissions', signal),
    askFor(reader, '/access/acl', signal),
    token === undefined ? undefined : askFor(reader, path, signal),
  ])
  if (permissions.kind !== 'answered') return undefined
  return {
    principal,
    ...separationOf(own),
    paths: pathsOf(permissions.data),
    ...(entries.kind === 'answered' && { onGuests: entriesOnGuests(entries.data) }),
  }
}

/** Whether tags may differ by case alone (PVE API: GET /cluster/options, `tag-style`); PVE's default, and where it does not tell: no. */
export const readTagStyle = async (
  reader: Reader,
  signal: AbortSignal | undefined,
): Promise<{ readonly caseSensitiveTags?: true }> => {
  const answer = await askFor(reader, '/cluster/options', signal)
  const style = answer.kind === 'answered' && isRecord(answer.data) ? answer.data['tag-style'] : undefined
  const isSensitive = isRecord(style)
    ? Number(style['case-sensitive']) === 1
    : /(?:^|,)case-sensitive=1(?:,|$)/.test(String(style ?? ''))
  return isSensitive ? { caseSensitiveTags: true } : {}
}

const readBridges = async (
  reader: Reader,
  node: ObservedNode,
  signal: AbortSignal | undefined,
): Promise<ObservedNode> => {
  const answer = await askFor(reader, `/nodes/${node.node}/network`, signal, { type: 'any_bridge' })
  // Not to know is no harm: only what is known to be missing is reported.
  if (answer.kind !== 'answered') return node
  const bridges = rowsOf(answer.data).flatMap((row) => textOf(row, 'iface') ?? [])
  return { ...node, bridges: [...new Set(bridges)].sort() }
}

/** Adds the bridges and virtual networks of each node that answers (PVE API: GET /nodes/{node}/network). */
export const withBridges = (
  reader: Reader,
  nodes: readonly ObservedNode[],
  { concurrency = 8, signal }: { readonly concurrency?: number; readonly signal?: AbortSignal },
): Promise<readonly ObservedNode[]> =>
  eachBounded(nodes, concurrency, async (node) => (node.status === 'online' ? readBridges(reader, node, signal) : node))

/** The nodes as they are now, with the bridges they had at the last sync. */
export const keepBridges = (
  nodes: readonly ObservedNode[],
  previous: readonly ObservedNode[],
): readonly ObservedNode[] => {
  const known = new Map(previous.map(({ node, bridges }) => [node, bridges]))
  return nodes.map((node) => {
    const bridges = known.get(node.node)
    return bridges === undefined ? node : { ...node, bridges }
  })
}
