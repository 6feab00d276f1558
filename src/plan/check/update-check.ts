import { type ConfigValue, isPropertyMap } from '../../resource/config-value.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { sharedVolumes, whoseElse } from '../state/foreign-volumes.ts'
import type { GuestContext } from '../state/guest-progress.ts'
import { stateOf } from '../state/guest-state.ts'
import type { SortedDifferences } from '../step/sort-differences.ts'

const checkTemplate = ({ world, desired }: GuestContext, observed: ObservedGuest, sorted: SortedDifferences): void => {
  if (!observed.template) return
  const { adds, grows, moves, detaches } = sorted
  const touched = [...adds, ...grows, ...moves, ...detaches].map(({ key }) => key)
  if (touched.length === 0) return
  world.report('plan.template-fixed', {
    detail: `\`${desired.address}\` is a template: its disks (${touched.sort().join(', ')}) are base images of clones, and changing them would break those. Make a new template instead, from a VM with other disks.`,
    address: desired.address,
    range: desired.range,
  })
}

const checkVolumesOfRunning = (
  { kind, world, desired }: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
): void => {
  const running = observed.status === 'running' && desired.power !== 'stopped'
  if (!kind.volumeMove.stops || !running || sorted.moves.length === 0 || desired.lifecycle.reboot === 'allowed') return
  world.report('plan.needs-stop', {
    detail: `Moving ${sorted.moves.map(({ key }) => key).join(', ')} of \`${desired.address}\` to another storage needs the ${kind.label} to be stopped, and it is running. Allow it with \`lifecycle { reboot = "allowed" }\`, or declare \`power = "stopped"\` first.`,
    address: desired.address,
    range: desired.range,
  })
}

/** A disk in use would vanish from under the running machine. */
const checkMovedSlots = (
  { kind, world, desired }: GuestContext,
  { status }: ObservedGuest,
  { adds, detaches }: SortedDifferences,
): void => {
  const isUp = status === 'running' || status === 'paused'
  if (!isUp || desired.power === 'stopped' || desired.lifecycle.reboot === 'allowed') return
  const gone = new Set(detaches.map(({ key, observed }) => volumeIn(kind, key, observed)))
  const moved = adds.filter(({ key, declared }) => gone.has(volumeIn(kind, key, declared)))
  if (moved.length === 0) return
  world.report('plan.needs-stop', {
    detail: `Attaching the volume of another slot as ${moved.map(({ key }) => key).join(', ')} of \`${desired.address}\` would remove a disk that the running guest uses. Allow a restart with \`lifecycle { reboot = "allowed" }\`, or declare \`power = "stopped"\` first.`,
    address: desired.address,
    range: desired.range,
  })
}

/** The volume that a value names; a text of its own where it names none, so that two of these are never the same. */
const volumeIn = (kind: GuestContext['kind'], key: string, value: ConfigValue | undefined): string => {
  const named = value !== undefined && isPropertyMap(value) ? value[kind.volumeProperty(key) ?? ''] : undefined
  return typeof named === 'string' ? named : `${key} of none`
}

/** What is pending for a disk names its volume, and a move gives the volume another name. */
const checkPendingMoves = (
  { world, desired }: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
): void => {
  const keys = sorted.moves.map(({ key }) => key).filter((key) => observed.pending[key] !== undefined)
  if (keys.length === 0) return
  world.report('plan.needs-stop', {
    detail: `Moving ${keys.join(', ')} of \`${desired.address}\` to another storage has to wait: a change of it is pending until the guest's next start. Restart the guest, run \`mpc sync\`, and plan again.`,
    address: desired.address,
    range: desired.range,
  })
}

/** What is only pending is no disk yet, and can be made larger when it is one. */
const checkPendingGrowth = (
  { world, desired }: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
): void => {
  const volume = (text: string | undefined) => text?.split(',')[0]
  const isComing = (key: string): boolean => {
    const waiting = observed.pending[key]?.value
    return waiting !== undefined && volume(waiting) !== volume(observed.current[key])
  }
  const keys = sorted.grows.map(({ key }) => key).filter(isComing)
  if (keys.length === 0) return
  world.report('plan.needs-stop', {
    detail: `Growing ${keys.join(', ')} of \`${desired.address}\` has to wait: the disk is added at the guest's next start. Restart the guest, run \`mpc sync\`, and plan again.`,
    address: desired.address,
    range: desired.range,
  })
}

/** PVE removes no drive of a protected guest, not even an empty one. It moves a protected VM's disks to other storages (seen on PVE 9.2). */
const checkProtection = (
  { kind, world, desired }: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
): void => {
  const isLifted = desired.config['protection'] === false || sorted.plain.some(({ key }) => key === 'protection')
  if (observed.current['protection'] !== '1' || isLifted) return
  const removed = sorted.plain.filter(
    ({ key, declared }) => declared === undefined && kind.volumeProperty(key) !== undefined,
  )
  const moved = kind.protectionForbids === 'writing' ? sorted.moves : []
  const keys = [...sorted.detaches, ...moved, ...removed].map(({ key }) => key).sort()
  if (keys.length === 0) return
  world.report('plan.protected', {
    detail: `The plan would take ${keys.join(', ')} from \`${desired.address}\`, whose \`protection\` is switched on, so Proxmox VE refuses to remove a drive. Declare \`protection = false\`.`,
    address: desired.address,
    range: desired.range,
  })
}

/** Converting to a template renames all volumes, also those another guest has. */
const checkSharedTemplate = (context: GuestContext, observed: ObservedGuest): void => {
  const { world, desired } = context
  if (desired.template !== true || observed.template) return
  const [shared] = sharedVolumes(context, observed.vmid, stateOf(observed))
  if (!shared) return
  world.report('plan.volume-in-use', {
    detail: `\`${desired.address}\` is to become a template, which renames its volumes, and ${shared.key} (${shared.volume}) ${whoseElse(shared)}. Detach it ${shared.owner === undefined ? 'there' : 'here'} and apply that first.`,
    address: desired.address,
    range: desired.rangeOf?.('template') ?? desired.range,
  })
}

/** Reports changes that the server would refuse, or would accept although they break something. */
export const checkUpdate = (context: GuestContext, observed: ObservedGuest, sorted: SortedDifferences): void => {
  checkTemplate(context, observed, sorted)
  checkSharedTemplate(context, observed)
  checkProtection(context, observed, sorted)
  checkPendingMoves(context, observed, sorted)
  checkPendingGrowth(context, observed, sorted)
  checkMovedSlots(context, observed, sorted)
  checkVolumesOfRunning(context, observed, sorted)
}

/** A template stays one. */
export const checkStaysTemplate = ({ world, desired }: GuestContext, observed: ObservedGuest): void => {
  if (desired.template !== false || !observed.template) return
  world.report('plan.template-fixed', {
    detail: `\`${desired.address}\` is declared as \`template = false\`, but it is a template, and Proxmox VE cannot turn one back into a VM. Clone it instead.`,
    address: desired.address,
    range: desired.rangeOf?.('template') ?? desired.range,
  })
}
