import type { Answer } from '../../resource/server.ts'

/**
 * The few texts of PVE that decide what is done next; all others are only passed on. Seen on PVE 9.2.
 */

/** Nothing happened: the file lock of a guest or storage was not free for ten seconds. */
export const isLockTimeout = (message: string): boolean =>
  /can't (?:get |)lock .*(?:got timeout|timeout)|got lock request timeout/i.test(message)

/** Nothing happened: a task such as a backup holds the guest. */
export const isHeldByTask = (message: string): boolean => /\b(?:VM|CT) is locked \(/.test(message)

/** Nothing happened: the configuration is not the one whose digest was sent. */
export const isStaleDigest = (message: string): boolean =>
  /checksum mismatch|detected modified configuration/i.test(message)

/** Between the proxy and the node: nobody handled the request (documented for PVE: 595 to 599). */
const NOT_REACHED = new Set([0, 502, 503, 504, 595, 596, 597, 598, 599])

/** The server, or the node behind it, cannot be talked to at the moment; asking later may help. */
export const isUnreachable = (answer: Answer): boolean =>
  answer.kind === 'unknown' ||
  (answer.kind === 'refused' && NOT_REACHED.has(answer.status) && answer.diagnostic.code !== 'proxmox.read-only')
