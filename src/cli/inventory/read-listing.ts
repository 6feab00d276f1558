import { kindOfType } from '../../kinds/registry.ts'
import { listGuests } from '../../render/inventory/list-guests.ts'
import { listNetworks, listNodes, listPools, listStorages } from '../../render/inventory/list-places.ts'
import type { Listing } from '../../render/inventory/row.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { Picture, Session } from '../session/session.ts'
import { listSnapshots } from './list-snapshots.ts'
import { listTasks } from './list-tasks.ts'

/** What `mpc list` can list. */
export const LISTED = [
  'guests',
  'vms',
  'containers',
  'nodes',
  'storages',
  'networks',
  'pools',
  'tasks',
  'templates',
  'snapshots',
] as const

export type Listed = (typeof LISTED)[number]

const guestListing = async (what: Listed, { store }: Session, { observed }: Picture): Promise<Listing> => {
  const [applied, changes] = await Promise.all([store.bindings.all(), store.changes.last()])
  const isWanted = ({ type, template }: ObservedGuest): boolean =>
    what === 'guests' || (what === 'templates' ? template : `${kindOfType(type).name}s` === what)
  return listGuests(observed.guests.filter(isWanted), { applied, changes })
}

/** Everything of a sort that is known; `fresh`: the server is asked for what the state does not hold. */
export const readListing = async (
  what: Listed,
  session: Session,
  picture: Picture,
  how: { readonly fresh: boolean },
): Promise<Listing> => {
  const { observed } = picture
  switch (what) {
    case 'nodes':
      return listNodes(observed)
    case 'storages':
      return listStorages(observed)
    case 'networks':
      return listNetworks(observed)
    case 'pools':
      return listPools(observed, await session.store.bindings.all())
    case 'tasks':
      return listTasks(session, how)
    case 'snapshots':
      return listSnapshots(session, observed, how)
    default:
      return guestListing(what, session, picture)
  }
}
