import type { RefusalReason } from '../resource/server.ts'

/**
 * Between the client and whoever should have done it, nobody answered: a proxy in front of PVE (502 to 504), or PVE's own between the nodes
 * (documented for PVE: 595 to 599).
 */
const NODE_TROUBLE: ReadonlySet<number> = new Set([502, 503, 504, 595, 596, 597, 598, 599])

export const isNodeTrouble = (status: number): boolean => NODE_TROUBLE.has(status)

/** PVE may have begun what was asked all the same: only 595, a node that cannot be connected to, comes before anything is sent. */
export const mayHaveBegun = (status: number): boolean => isNodeTrouble(status) && status !== 595

/** Seen on PVE 9.2: a node on its own tries to resolve the name, a cluster knows its members. */
export const unknownNode = (message: string): string | undefined =>
  /^hostname lookup '([^']+)' failed/.exec(message)?.[1] ?? /^no such cluster node '([^']+)'/.exec(message)?.[1]

/** The few texts of PVE that decide what is done next. Seen on PVE 9.2. */
const TEXTS: readonly (readonly [RefusalReason, RegExp])[] = [
  // PVE waits ten seconds for the file lock of a guest or storage.
  ['lock-timeout', /can't (?:get |)lock .*(?:got timeout|timeout)|got lock request timeout/i],
  ['held-by-task', /\b(?:VM|CT) is locked \(/],
  ['stale-digest', /checksum mismatch|detected modified configuration/i],
  // Answered with 500, not 404. Other things that do not exist, a storage or a node, say nothing of the guest.
  ['no-such-guest', /Configuration file '[^']*' does not exist|unable to find configuration file for (?:VM|CT) \d+/i],
]

/** What a task's exit status means for what is done next. */
export const reasonIn = (message: string): RefusalReason =>
  TEXTS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other'

/** What an answer of the server means for what is done next: told here, once, where it arrives. */
export const reasonOf = (status: number, message: string): RefusalReason => {
  if (isNodeTrouble(status)) return 'unreachable'
  return unknownNode(message) === undefined ? reasonIn(message) : 'unknown-node'
}
