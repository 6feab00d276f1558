import { kindOfType } from '../../kinds/registry.ts'
import { guestPath } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** High availability carries these out itself, later, or undoes them. PVE API: status/start, stop, shutdown and migrate become `ha…` tasks. */
const HANDED_ON: readonly (readonly [RegExp, string])[] = [
  [/\/status\/start$/, 'start it'],
  [/\/status\/(?:stop|shutdown)$/, 'shut it down'],
  [/\/(?:qemu|lxc)\/\d+\/migrate$/, 'migrate it'],
]

const isManaged = ({ ha }: ObservedGuest): boolean => ha !== undefined && ha !== 'ignored'

const sidOf = ({ type, vmid }: ObservedGuest): string => `${kindOfType(type).haPrefix}:${vmid}`

const isDestroyed = (guest: ObservedGuest, requests: readonly ApiRequest[]): boolean =>
  requests.some(({ method, path }) => method === 'DELETE' && path === guestPath(guest))

/** What these requests do that the HA manager would not carry out as asked, in words; empty when it allows them all. */
export const heldByHa = (guest: ObservedGuest, requests: readonly ApiRequest[]): readonly string[] => {
  if (guest.ha === undefined) return []
  const own = requests.filter(({ path }) => path.startsWith(`${guestPath(guest)}/`))
  const words = isManaged(guest)
    ? HANDED_ON.filter(([pattern]) => own.some(({ path }) => pattern.test(path))).map(([, word]) => word)
    : []
  return isDestroyed(guest, requests) ? [...words, 'destroy it'] : words
}

const reportHa = (world: PlanningContext, address: string, guest: ObservedGuest, words: readonly string[]): void => {
  const sid = sidOf(guest)
  const goes = words.includes('destroy it')
  const why = goes
    ? 'Proxmox VE does not destroy such a guest, and its HA entry and rules could not be restored with it.'
    : 'Proxmox VE passes that on to the HA manager, which does it later or undoes it, so the plan could fail half-way.'
  const power = words.includes('migrate it')
    ? ''
    : ` To change only its power state, ask the HA manager instead (\`ha-manager set ${sid} --state started\`, or \`stopped\`).`
  const how = goes
    ? 'Take it out of high availability first, sync, and plan again:'
    : `Have the HA manager ignore it during the change, sync, and plan again; afterwards set the state back to ${guest.ha}.${power}`
  world.report('plan.ha-managed', {
    detail: `High availability manages \`${address}\` (${guest.vmid}, state ${guest.ha}), and the plan would ${words.join(', ')}. ${why} ${how}`,
    address,
    hint: `${goes ? `ha-manager remove ${sid}` : `ha-manager set ${sid} --state ignored`}\nmpc sync`,
  })
}

/** Guards against what high availability or replication would not let happen, guest by guest. */
export const checkServerHolds = (world: PlanningContext, planned: readonly PlannedResource[]): void => {
  for (const { address, drafts } of planned) {
    const vmids = new Set(drafts.flatMap(({ guest }) => (guest ? [guest.vmid] : [])))
    const requests = drafts.flatMap((draft) => draft.requests)
    for (const vmid of vmids) {
      const guest = world.guests.get(vmid)
      if (!guest) continue
      const words = heldByHa(guest, requests)
      if (words.length > 0) reportHa(world, address, guest, words)
      const jobs = guest.replication ?? []
      if (jobs.length === 0 || !isDestroyed(guest, requests)) continue
      world.report('plan.replicated', {
        detail: `The plan would destroy \`${address}\` (${vmid}), which is replicated (${jobs.join(', ')}), and Proxmox VE refuses that. Remove the replication first, wait until it is gone, sync, and plan again:`,
        address,
        hint: [...jobs.map((job) => `pvesr delete ${job}`), 'mpc sync'].join('\n'),
      })
    }
  }
}
