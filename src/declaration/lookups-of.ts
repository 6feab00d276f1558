import type { Observed, ObservedGuest, ObservedStorage } from '../resource/observed.ts'
import { suggestion } from '../util/did-you-mean.ts'
import { STRING } from './eval/type.ts'
import { bool, integer, list, NULL, object, string, type Value } from './eval/value.ts'
import type { Lookups } from './module/world.ts'

type Found = Value | { readonly problem: string }
type Arguments = ReadonlyMap<string, Value>

const textOf = (args: Arguments, name: string): string | undefined => {
  const value = args.get(name)
  if (value?.kind === 'string') return value.value
  return value?.kind === 'number' ? value.value.toString() : undefined
}

const texts = (items: readonly string[]): Value => list(STRING, items.map(string))

const findNode = ({ nodes }: Observed, args: Arguments): Found => {
  const name = textOf(args, 'name')
  if (name === undefined) return { problem: 'say which node with `name`.' }
  const node = nodes.find((one) => one.node === name)
  if (!node)
    return {
      problem: `the cluster has no node "${name}".${suggestion(
        name,
        nodes.map((one) => one.node),
      )}`,
    }
  return object([
    ['name', string(node.node)],
    ['status', string(node.status)],
    ['online', bool(node.status === 'online')],
  ])
}

const storageValue = (rows: readonly ObservedStorage[], first: ObservedStorage): Value =>
  object([
    ['name', string(first.storage)],
    ['type', string(first.type)],
    ['shared', bool(first.shared)],
    ['active', bool(first.active)],
    ['content', texts(first.content)],
    ['nodes', texts(rows.map(({ node }) => node))],
    ['total', integer(first.total)],
    ['used', integer(first.used)],
    ['free', integer(Math.max(0, first.total - first.used))],
  ])

const findStorage = ({ storages }: Observed, args: Arguments): Found => {
  const name = textOf(args, 'name')
  if (name === undefined) return { problem: 'say which storage with `name`.' }
  const node = textOf(args, 'node')
  const named = storages.filter(({ storage }) => storage === name)
  if (named.length === 0)
    return {
      problem: `the cluster has no storage "${name}".${suggestion(
        name,
        storages.map(({ storage }) => storage),
      )}`,
    }
  const [first] = named.filter((row) => node === undefined || row.node === node)
  return first ? storageValue(named, first) : { problem: `node "${node}" does not have the storage "${name}".` }
}

const guestValue = (guest: ObservedGuest): Value =>
  object([
    ['vmid', integer(guest.vmid)],
    ['name', string(guest.name)],
    ['node', string(guest.node)],
    ['type', string(guest.type === 'qemu' ? 'vm' : 'container')],
    ['status', string(guest.status)],
    ['template', bool(guest.template)],
    ['pool', guest.pool === undefined ? NULL : string(guest.pool)],
    ['tags', texts((guest.current['tags'] ?? '').split(/[;, ]+/).filter((tag) => tag !== ''))],
  ])

/** By number, or by a name that only one guest has; on one node when that is given. */
const findGuest = (all: readonly ObservedGuest[], what: string, args: Arguments): Found => {
  const [name, vmid, node] = ['name', 'vmid', 'node'].map((key) => textOf(args, key))
  if (name === undefined && vmid === undefined) return { problem: `say which ${what} with \`name\` or \`vmid\`.` }
  const candidates = all.filter((guest) => node === undefined || guest.node === node)
  const found = candidates.filter(
    (guest) => (name === undefined || guest.name === name) && (vmid === undefined || String(guest.vmid) === vmid),
  )
  const [only, second] = found
  const wanted = name === undefined ? `number ${vmid}` : `"${name}"`
  if (!only)
    return {
      problem: `the cluster has no ${what} ${wanted}${node === undefined ? '' : ` on node "${node}"`}.${
        name === undefined
          ? ''
          : suggestion(
              name,
              candidates.map((guest) => guest.name),
            )
      }`,
    }
  if (second)
    return {
      problem: `more than one ${what} is called ${wanted}: ${found.map((guest) => guest.vmid).join(', ')}. Say which with \`vmid\`.`,
    }
  return guestValue(only)
}

/** What `data` blocks may look up in the last sync. Nothing is read again: equal syncs give equal values. */
export const lookupsOf = (observed: Observed): Lookups => ({
  find: (type, args) => {
    if (type === 'node') return findNode(observed, args)
    if (type === 'storage') return findStorage(observed, args)
    const templates = type === 'template'
    return findGuest(
      observed.guests.filter(({ template }) => !templates || template),
      templates ? 'template' : 'guest',
      args,
    )
  },
})
