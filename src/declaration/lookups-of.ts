import type { Observed } from '../resource/observed.ts'
import { findGuest } from './lookup/find-guest.ts'
import { findNode } from './lookup/find-node.ts'
import { findStorage } from './lookup/find-storage.ts'
import { type Arguments, type Found, UnsuitableArgument } from './lookup/lookup-arguments.ts'
import type { NoteAddresses } from './module/address-value.ts'
import type { Lookups } from './module/world.ts'

const find = (observed: Observed, type: string, args: Arguments, note: NoteAddresses): Found => {
  if (type === 'node') return findNode(observed, args)
  if (type === 'storage') return findStorage(observed, args)
  return findGuest(observed, type === 'template' ? 'template' : 'guest', args, note)
}

/**
 * What `data` blocks may look up in the last sync. Nothing is read again: equal syncs give equal values. `note` is told of every guest whose
 * addresses are asked for.
 */
export const lookupsOf = (observed: Observed, note: NoteAddresses = () => undefined): Lookups => ({
  find: (type, args) => {
    try {
      return find(observed, type, args, note)
    } catch (error) {
      if (error instanceof UnsuitableArgument) return { problem: error.message }
      throw error
    }
  },
})
