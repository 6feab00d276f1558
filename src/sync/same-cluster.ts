import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { isSameGuest } from '../kinds/same-guest.ts'
import { seenIdentity } from '../plan/state/guest-identity.ts'
import type { Observed, ObservedGuest } from '../resource/observed.ts'

/** Guests that both have under one VMID, as one and the same. */
const shareGuest = (before: readonly ObservedGuest[], now: readonly ObservedGuest[]): boolean => {
  const known = new Map(before.map((guest) => [guest.vmid as number, guest]))
  return now.some((guest) => {
    const other = known.get(guest.vmid)
    return (
      other?.type === guest.type && other.name === guest.name && isSameGuest(seenIdentity(other), seenIdentity(guest))
    )
  })
}

/** So many guests do not go all at once. */
const TELLING_GUESTS = 3

/**
 * Whether two looks saw one cluster. Its name changes when a lone node joins a cluster, and many a lone node is called `pve`: the names of the nodes
 * decide, then a pinned certificate that is the same, then whether any of several guests is still there.
 */
const isSameCluster = (before: Observed, now: Observed): boolean => {
  const nodes = new Set(before.nodes.map(({ node }) => node))
  if (nodes.size > 0 && now.nodes.length > 0 && !now.nodes.some(({ node }) => nodes.has(node))) return false
  const { fingerprint } = before.cluster
  if (fingerprint !== undefined && fingerprint === now.cluster.fingerprint) return true
  if (before.guests.length < TELLING_GUESTS || now.guests.length === 0) return true
  return shareGuest(before.guests, now.guests)
}

/** Refuses what another cluster says: its guests would be taken for those this state knows. */
export const otherCluster = (before: Observed | undefined, now: Observed): Diagnostic | undefined => {
  if (!before || isSameCluster(before, now)) return undefined
  const nodesOf = ({ nodes }: Observed) => nodes.map(({ node }) => node).join(', ')
  return diagnose('sync.other-cluster', {
    detail: `This workspace manages the cluster "${before.cluster.name}" (${nodesOf(before)}), and the server that answers belongs to "${now.cluster.name}" (${nodesOf(now)}). Nothing was recorded, because VMIDs of one cluster would be taken for those of the other. Check the endpoint (PROXMOX_VE_ENDPOINT, or endpoint in .proxmox/config.yml). Use a separate folder for each cluster: run mpc init there. If this really is the same cluster, made anew, move .proxmox/state.db away and run mpc sync: its history is lost, and mpc import binds guests again.`,
    hint: 'mpc init',
  })
}
