import type { Kysely } from 'kysely'
import type { Address } from '../resource/address.ts'
import { type Applied, type AppliedResource, bindingIdentity, bindingSubject } from '../resource/applied.ts'
import { inOrder } from '../util/natural-order.ts'
import { fromJson, toJson } from './json-text.ts'
import type { BindingTable, Tables } from './tables.ts'

export interface BindingStore {
  /** Everything mpc manages, in the order of addresses. */
  readonly all: () => Promise<Applied>
  /** Binds an address, or changes what was applied to it. What was bound elsewhere moves here. */
  readonly put: (resource: AppliedResource) => Promise<void>
  /** Several at once: all of them, or none. */
  readonly putAll: (resources: readonly AppliedResource[]) => Promise<void>
  readonly remove: (address: Address) => Promise<void>
  /** Several at once: all of them, or none. */
  readonly removeAll: (addresses: readonly Address[]) => Promise<void>
}

const rowOf = (resource: AppliedResource): BindingTable => {
  const { address, kind, ...rest } = resource
  const identity = bindingIdentity(resource)
  const applied = Object.entries(rest).filter(([name]) => !Object.hasOwn(identity, name))
  return {
    address,
    kind,
    subject: bindingSubject(resource),
    identity: toJson(identity),
    applied: toJson(Object.fromEntries(applied)),
  }
}

const resourceOf = ({ address, kind, identity, applied }: BindingTable): AppliedResource =>
  ({ address, kind, ...fromJson<object>(identity), ...fromJson<object>(applied) }) as AppliedResource

/** Used by the journal too, inside the transaction that ends a step. */
export const putBinding = async (db: Kysely<Tables>, resource: AppliedResource): Promise<void> => {
  const row = rowOf(resource)
  await db
    .deleteFrom('binding')
    .where(({ eb, or }) => or([eb('address', '=', row.address), eb('subject', '=', row.subject)]))
    .execute()
  await db.insertInto('binding').values(row).execute()
}

export const removeBinding = async (db: Kysely<Tables>, address: Address): Promise<void> => {
  await db.deleteFrom('binding').where('address', '=', address).execute()
}

/** Which address stands for what on the server, and what was last applied to it. */
export const bindingStore = (db: Kysely<Tables>): BindingStore => ({
  all: async () => {
    const rows = await db.selectFrom('binding').selectAll().execute()
    return inOrder(rows.map(resourceOf), (resource) => resource.address)
  },
  put: (resource) => db.transaction().execute((tx) => putBinding(tx, resource)),
  putAll: (resources) =>
    db.transaction().execute(async (tx) => {
      for (const resource of resources) await putBinding(tx, resource)
    }),
  remove: (address) => removeBinding(db, address),
  removeAll: (addresses) =>
    db.transaction().execute(async (tx) => {
      for (const address of addresses) await removeBinding(tx, address)
    }),
})
