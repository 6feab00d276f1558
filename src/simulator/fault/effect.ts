import { PveError } from '../api/error.ts'
import { lockFile } from '../guest/find-guest.ts'
import type { SeenRequest } from '../http/server.ts'
import { touch } from '../state/guest.ts'
import { loseQuorum } from '../state/quorum.ts'
import type { World } from '../state/world.ts'
import { poolOn } from '../volume/volumes.ts'
import type { FaultAction } from './fault.ts'

/** Ends a fault of the cluster's state. */
export type Undo = () => void

const nothing: Undo = () => undefined

const holdLock = (world: World, vmid: number): Undo => {
  const guest = world.guests.get(vmid)
  if (guest === undefined) return nothing
  let release: Undo = nothing
  const released = new Promise<void>((done) => {
    release = done
  })
  world.locks.withLock(lockFile(guest.type, vmid), () => released).catch(() => undefined)
  return release
}

const setConfigLock = (world: World, vmid: number, lock: string): Undo => {
  const guest = world.guests.get(vmid)
  if (guest === undefined) return nothing
  guest.config['lock'] = lock
  touch(guest)
  return () => {
    delete guest.config['lock']
    touch(guest)
  }
}

const fillStorage = (world: World, storage: string, node: string): Undo => {
  const pool = poolOn(world, storage, node)
  const before = pool.base
  pool.base = pool.total + 1
  return () => {
    pool.base = before
  }
}

const takeOffline = (world: World, name: string): Undo => {
  const node = world.nodes.get(name)
  if (node === undefined) return nothing
  node.online = false
  return () => {
    node.online = true
  }
}

const skewClock = (world: World, name: string, seconds: number): Undo => {
  const node = world.nodes.get(name)
  if (node === undefined) return nothing
  const before = node.clockSkew
  node.clockSkew = seconds
  return () => {
    node.clockSkew = before
  }
}

const revoke = (world: World, full: string): Undo => {
  const [userid = '', tokenid = ''] = full.split('!')
  const tokens = world.access.users.get(userid)?.tokens
  const token = tokens?.get(tokenid)
  if (tokens === undefined || token === undefined) return nothing
  tokens.delete(tokenid)
  return () => {
    tokens.set(tokenid, token)
  }
}

const ignoreUnplug = (world: World, vmid: number): Undo => {
  const guest = world.guests.get(vmid)
  if (guest === undefined) return nothing
  guest.answersUnplug = false
  return () => {
    guest.answersUnplug = true
  }
}

/** Brings a fault of the cluster's state about; nothing for faults of requests and tasks. */
export const beginState = (world: World, fault: FaultAction): Undo | undefined => {
  switch (fault.kind) {
    case 'lock-held':
      return holdLock(world, fault.vmid)
    case 'config-lock':
      return setConfigLock(world, fault.vmid, fault.lock)
    case 'storage-full':
      return fillStorage(world, fault.storage, fault.node ?? world.local)
    case 'node-offline':
      return takeOffline(world, fault.node)
    case 'unplug-ignored':
      return ignoreUnplug(world, fault.vmid)
    case 'clock-skew':
      return skewClock(world, fault.node, fault.seconds)
    case 'token-revoked':
      return revoke(world, fault.token)
    case 'quorum-lost':
      loseQuorum(world, { lost: true })
      return () => loseQuorum(world, { lost: false })
    default:
      return undefined
  }
}

/** What a cluster without quorum says to a write: configuration files cannot be opened, nothing is started. */
export const refuseWithoutQuorum = (world: World, seen: SeenRequest): void => {
  if (seen.verb === 'GET' || seen.path === '/access/ticket') return
  const [, type, vmid] = /^\/nodes\/[^/]+\/(qemu|lxc)\/(\d+)\/(?:config|resize)$/.exec(seen.path) ?? []
  if (type === undefined) throw new PveError(500, 'cluster not ready - no quorum?')
  const folder = type === 'qemu' ? 'qemu-server' : 'lxc'
  const file = `/etc/pve/nodes/${world.local}/${folder}/${vmid}.conf.tmp.1`
  throw new PveError(500, `unable to open file '${file}' - Permission denied`)
}

/** What somebody else does to a guest's configuration. */
export const editGuest = (world: World, fault: FaultAction & { readonly kind: 'concurrent-edit' }): void => {
  const guest = world.guests.get(fault.vmid)
  if (guest === undefined) return
  Object.assign(guest.config, fault.set ?? { description: 'changed by somebody else' })
  for (const key of fault.delete ?? []) delete guest.config[key]
  touch(guest)
}
