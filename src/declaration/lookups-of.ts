import type { Observed } from '../resource/observed.ts'
import { findGuest } from './lookup/find-guest.ts'
import { findNode } from './lookup/find-node.ts'
import { findStorage } from './lookup/find-storage.ts'
import { type Arguments, type Found, UnsuitableArgument } from './lookup/lookup-arguments.ts'
import type { Lookups } from './module/world.ts'

const find = (observed: Observed, type: string, args: Arguments): Found => {
  if (type === 'node') return findNode(observed, args)
  if (type === 'storage') return findStorage(observed, args)
  return findGuest(observed, type === 'template' ? 'template' : 'guest', args)
}

/** What `data` blocks may look up in the last sync. Nothing is read again: equal syncs give equal values. */
export const lookupsOf = (observed: Observed): Lookups => ({
  find: (type, args) => {
    try {
      return find(observed, type, args)
    } catch (error) {
      if (error instanceof UnsuitableArgument) return { problem: error.message }
      throw error
    }
  },
})
