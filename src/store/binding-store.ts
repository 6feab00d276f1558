import type { Kysely } from 'kysely'
import type { Address } from '../resource/address.ts'
import type { Applied, AppliedResource } from '../resource/applied.ts'
import { type GuestType, parseVmid } from '../resource/guest.ts'
import { inOrder } from '../util/natural-order.ts'
import { fromJson, toJson } from './json-text.ts'
import type { ResourceTable, Tables } from './tables.ts'

export interface BindingStore {
  /** Everything mpc manages, in the order of addresses. */
  readonly all: () => Promise<Applied>
  /** Binds an address, or changes what was applied to it. A guest or pool bound elsewhere moves here. */
  readonly put: (resource: AppliedResource) => Promise<void>
  readonly remove: (address: Address) => Promise<void>
}

const rowOf = (resource: AppliedResource): ResourceTable => ({
  address: resource.address,
  kind: resource.kind,
  type: resource.guest?.type ?? null,
  node: resource.guest?.node ?? null,
  vmid: resource.guest?.vmid ?? null,
  poolid: resource.poolid ?? null,
  identity: resource.identity ? toJson(resource.identity) : null,
  config: toJson(resource.config),
  power: resource.power ?? null,
  pool: resource.pool ?? null,
  prevent_destroy: resource.preventDestroy ? 1 : 0,
  on_destroy: resource.onDestroy,
  made_from: resource.madeFrom ? toJson(resource.madeFrom) : null,
})

const guestOf = ({ type, node, vmid }: ResourceTable): Pick<AppliedResource, 'guest'> => {
  const number = parseVmid(vmid)
  return type !== null && node !== null && number !== undefined
    ? { guest: { type: type as GuestType, node, vmid: number } }
    : {}
}

const resourceOf = (row: ResourceTable): AppliedResource => ({
  address: row.address as Address,
  kind: row.kind as AppliedResource['kind'],
  ...guestOf(row),
  ...(row.identity !== null && { identity: fromJson(row.identity) }),
  ...(row.poolid !== null && { poolid: row.poolid }),
  config: fromJson(row.config),
  ...(row.power !== null && { power: row.power as 'running' | 'stopped' }),
  ...(row.pool !== null && { pool: row.pool }),
  preventDestroy: row.prevent_destroy === 1,
  onDestroy: row.on_destroy as AppliedResource['onDestroy'],
  ...(row.made_from !== null && { madeFrom: fromJson(row.made_from) }),
})

/** Used by the journal too, inside the transaction that ends a step. */
export const putBinding = async (db: Kysely<Tables>, resource: AppliedResource): Promise<void> => {
  const row = rowOf(resource)
  await db.deleteFrom('resource').where('address', '=', row.address).execute()
  if (row.vmid !== null) await db.deleteFrom('resource').where('vmid', '=', row.vmid).execute()
  if (row.poolid !== null) await db.deleteFrom('resource').where('poolid', '=', row.poolid).execute()
  await db.insertInto('resource').values(row).execute()
}

export const removeBinding = async (db: Kysely<Tables>, address: Address): Promise<void> => {
  await db.deleteFrom('resource').where('address', '=', address).execute()
}

/** Which address stands for which guest or pool, and what was last applied to it. */
export const bindingStore = (db: Kysely<Tables>): BindingStore => ({
  all: async () => {
    const rows = await db.selectFrom('resource').selectAll().execute()
    return inOrder(rows.map(resourceOf), ({ address }) => address)
  },
  put: (resource) => db.transaction().execute((tx) => putBinding(tx, resource)),
  remove: (address) => removeBinding(db, address),
})
