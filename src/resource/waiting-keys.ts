import type { ObservedGuest } from './observed.ts'

/** What a running guest has only from its next start on: what PVE keeps pending, and what it was started with and has been changed since. */
export const waitingKeys = ({ status, pending, atStart }: ObservedGuest): readonly string[] =>
  status === 'running' || status === 'paused'
    ? [...new Set([...Object.keys(pending), ...Object.keys(atStart?.values ?? {})])].sort()
    : []
