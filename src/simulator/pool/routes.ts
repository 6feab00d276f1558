import type { Call, RouteTable } from '../api/call.ts'
import { PveError, raise } from '../api/error.ts'
import { guestEntry, storageEntries } from '../inventory/resources.ts'
import type { ResourcePool, World } from '../state/world.ts'

const poolOf = (world: World, id: string): ResourcePool => world.pools.get(id) ?? raise(`pool '${id}' does not exist`)

const inOrder = <T extends { readonly id: string }>(pools: Iterable<T>): readonly T[] =>
  [...pools].sort((a, b) => (a.id < b.id ? -1 : 1))

const membersOf = (call: Call, pool: ResourcePool): readonly unknown[] => {
  const type = call.text('type')
  const guests = [...call.world.poolOf]
    .filter(([, id]) => id === pool.id)
    .map(([vmid]) => call.world.guests.get(vmid))
    .filter((guest) => guest !== undefined)
    .filter((guest) => type === '' || guest.type === type)
    .sort((a, b) => a.vmid - b.vmid)
    .map((guest) => guestEntry(call.world, guest))
  const stored = type === '' || type === 'storage' ? [...pool.storages].sort() : []
  return [...guests, ...stored.flatMap((storage) => storageEntries(call.world, storage))]
}

const shown = (call: Call, pool: ResourcePool): Record<string, unknown> => ({
  poolid: pool.id,
  ...(pool.comment === undefined ? {} : { comment: pool.comment }),
  members: membersOf(call, pool),
})

const list = (call: Call): readonly unknown[] => {
  if (call.has('poolid')) return [shown(call, poolOf(call.world, call.text('poolid')))]
  return inOrder(call.world.pools.values())
    .filter(({ id }) => call.allowed(`/pool/${id}`, ['Pool.Audit']))
    .map(({ id, comment }) => ({ poolid: id, ...(comment === undefined ? {} : { comment }) }))
}

/** Runs a change of pools; what goes wrong in it is told as `<what> failed: …`, a refusal by permission as it is. */
const changing = (call: Call, what: string, change: () => void): null => {
  try {
    change()
    return null
  } catch (error) {
    if (error instanceof PveError && error.status === 500) return raise(`${what} failed: ${error.message}`)
    throw error
  } finally {
    call.world.access.generation++
  }
}

const create = (call: Call): null =>
  changing(call, 'create pool', () => {
    const id = call.text('poolid')
    if (call.world.pools.has(id)) raise(`pool '${id}' already exists`)
    const parent = id.slice(0, Math.max(0, id.lastIndexOf('/')))
    if (parent !== '' && !call.world.pools.has(parent)) raise(`parent '${parent}' of pool '${id}' does not exist`)
    call.world.pools.set(id, { id, comment: call.text('comment').trim() || undefined, storages: new Set() })
  })

const checkGuests = (call: Call, pool: ResourcePool): void => {
  const { poolOf: poolByGuest } = call.world
  for (const vmid of call.list('vms').map(Number)) {
    call.require(`/vms/${vmid}`, ['Permissions.Modify', 'VM.Allocate'], true)
    const current = poolByGuest.get(vmid)
    if (call.flag('delete')) {
      if (current !== pool.id) raise(`VM ${vmid} is not a pool member`)
      continue
    }
    if (current === pool.id) raise(`VM ${vmid} is already a pool member`)
    if (current === undefined) continue
    if (!call.flag('allow-move')) raise(`VM ${vmid} belongs already to pool '${current}' and 'allow-move' is not set`)
    call.require(`/pool/${current}`, ['Pool.Allocate'])
  }
}

const checkStorages = (call: Call, pool: ResourcePool): void => {
  for (const storage of call.list('storage')) {
    call.require(`/storage/${storage}`, ['Permissions.Modify', 'Datastore.Allocate'], true)
    if (call.flag('delete') && !pool.storages.has(storage)) raise(`Storage '${storage}' is not a pool member`)
    if (!call.flag('delete') && pool.storages.has(storage)) raise(`Storage '${storage}' is already a pool member`)
  }
}

/** Adds or takes away members and sets the comment: all of it or nothing. */
const update = (call: Call): null =>
  changing(call, 'update pools', () => {
    const pool = poolOf(call.world, call.text('poolid'))
    checkGuests(call, pool)
    checkStorages(call, pool)
    for (const vmid of call.list('vms').map(Number)) {
      if (call.flag('delete')) call.world.poolOf.delete(vmid)
      else call.world.poolOf.set(vmid, pool.id)
    }
    for (const storage of call.list('storage')) {
      if (call.flag('delete')) pool.storages.delete(storage)
      else pool.storages.add(storage)
    }
    if (call.has('comment')) pool.comment = call.text('comment').trim() || undefined
  })

const remove = (call: Call): null =>
  changing(call, 'delete pool', () => {
    const { world } = call
    const pool = poolOf(world, call.text('poolid'))
    const refuse = (what: string): never => raise(`pool '${pool.id}' is not empty (contains ${what})`)
    const below = inOrder(world.pools.values()).find(({ id }) => id.startsWith(`${pool.id}/`))
    if (below !== undefined) refuse(`pool '${below.id}'`)
    const guest = [...world.poolOf]
      .filter(([vmid, id]) => id === pool.id && world.guests.has(vmid))
      .map(([vmid]) => vmid)
    if (guest.length > 0) refuse(`VM ${Math.min(...guest)}`)
    const storage = [...pool.storages].sort().find((id) => world.storages.has(id))
    if (storage !== undefined) refuse(`storage '${storage}'`)
    world.pools.delete(pool.id)
    world.access.acl = world.access.acl.filter(({ path }) => path !== `/pool/${pool.id}`)
  })

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const poolRoutes: RouteTable = {
  'GET /pools': list,
  'POST /pools': create,
  'PUT /pools': update,
  'DELETE /pools': remove,
  'GET /pools/{poolid}': (call) => shown(call, poolOf(call.world, call.text('poolid'))),
  'PUT /pools/{poolid}': update,
  'DELETE /pools/{poolid}': remove,
}
