import { kindOfType } from '../../kinds/registry.ts'
import { storageOf } from '../../kinds/value/volume.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { checkStorage } from '../check/storage-check.ts'
import { hasForeign, sharedVolumes, whoseElse } from '../state/foreign-volumes.ts'
import { advance, type GuestContext, type PlanPart, type Progress, post } from '../state/guest-progress.ts'

/** Running VMs move live, with their local disks; running containers are restarted on the way. PVE API: POST …/migrate. */
const migration = (guest: GuestRef, target: string, running: boolean): ApiRequest => {
  const how = kindOfType(guest.type).migration
  return post(guest, 'migrate', { target, ...how.params, ...(running && how.running) })
}

const isShared = ({ world }: GuestContext, node: string, storage: string): boolean =>
  world.storages.get(storage)?.get(node)?.shared === true

/** The storages of the guest's volumes that have to be copied to the other node, each with the keys that lie there. */
const copiedVolumes = (context: GuestContext, node: string, state: Progress['state']): string => {
  const { kind } = context
  const byStorage = new Map<string, string[]>()
  for (const [key, text] of Object.entries(effectiveConfig(state)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value = kind.decodeValue(key, text)
    const storage = isPropertyMap(value) && kind.isVolume(key, value) ? value['storage'] : undefined
    if (storage === undefined || isShared(context, node, String(storage))) continue
    byStorage.set(String(storage), [...(byStorage.get(String(storage)) ?? []), key])
  }
  return [...byStorage].map(([storage, keys]) => `${keys.join(', ')} (${storage})`).join(', ')
}

/** Moves a guest to another node with the volumes that only its own node has; the way back is the move back. */
export const migrateGuest =
  (context: GuestContext, target: string): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const copied = copiedVolumes(context, guest.node, state)
    const what = copied === '' ? '' : `, copying ${copied}`
    const there = { ...guest, node: target }
    const restart = state.running && context.kind.migration.restarts
    const moved = advance(progress, {
      verb: 'migrate',
      action: 'move',
      guest,
      summary: `migrate from ${guest.node} to ${target}${what}${restart ? ', restarting it on the way' : ''}`,
      requests: [migration(guest, target, state.running)],
      disruption: !state.running ? 'none' : restart ? 'restart' : 'live',
      reversal: {
        by: 'requests',
        requests: [migration(there, guest.node, state.running)],
        note: `migrate it back to ${guest.node}`,
      },
    })
    return { ...moved, guest: there }
  }

const driveObstacle = (context: GuestContext, node: string, key: string, text: string): string | undefined => {
  const { kind } = context
  const value = kind.decodeValue(key, text)
  if (!isPropertyMap(value)) return undefined
  const volume = String(value[kind.volumeProperty(key) ?? ''] ?? '')
  const storage = volume.split(':')[0] ?? ''
  if (value['media'] === 'cdrom') {
    const isLocal = volume === 'cdrom' || (volume.includes(':') && !isShared(context, node, storage))
    return isLocal ? `${key} holds a medium of ${node} (${volume}): eject it first` : undefined
  }
  if (volume.startsWith('/')) return value['shared'] === true ? undefined : `${key} is a folder or device of ${node}`
  if (!kind.isVolume(key, value) || isShared(context, node, storage)) return undefined
  return /(?:^|:)(?:\d+\/)?base(?:vol)?-\d+-disk-\d+[^/]*\//.test(volume)
    ? `${key} is a linked clone on local storage ${storage}`
    : undefined
}

const deviceObstacle = (key: string, text: string, running: boolean): string | undefined => {
  if (!/^(?:hostpci|usb|serial|parallel)\d+$/.test(key)) return undefined
  if (text === 'socket' || /(?:^|[,=])spice(?:,|$)/.test(text)) return undefined
  if (!/(?:^|,)mapping=/.test(text)) return `${key} is a device of the node`
  return running ? `${key} is a mapped device, which a running VM cannot take along` : undefined
}

/** What keeps a guest on its node, whatever storages the other has. PVE: local media, devices, folders and linked clones. */
const localObstacles = (context: GuestContext, node: string, state: Progress['state']): readonly string[] =>
  Object.entries(effectiveConfig(state)).flatMap(([key, text]) => {
    const isDrive = context.kind.volumeProperty(key) !== undefined
    return (isDrive ? driveObstacle(context, node, key, text) : deviceObstacle(key, text, state.running)) ?? []
  })

/** A local volume would be copied, and erased where it was: with another guest's PVE refuses that, with one that another guest has it does not look. */
const sharedObstacles = (context: GuestContext, node: string, state: Progress['state']): readonly string[] => {
  const vmid = context.find?.(context.desired.address)?.vmid
  if (vmid === undefined) return []
  return (
    sharedVolumes(context, vmid, state)
      .filter(({ volume }) => !isShared(context, node, storageOf(volume) ?? ''))
      // What a new clone has yet is its source's.
      .filter(({ volume, owner }) => owner === undefined || hasForeign(context.world, vmid, volume))
      .map((shared) => `${shared.key} (${shared.volume}) lies on a local storage and ${whoseElse(shared)}`)
  )
}

/** Whether nothing ties a guest to the node it is on, or is made on; what does is reported. */
export const checkUntied = (context: GuestContext, node: string, state: Progress['state']): boolean => {
  const { world, desired } = context
  const obstacles = [...localObstacles(context, node, state), ...sharedObstacles(context, node, state)]
  if (obstacles.length === 0) return true
  world.report('plan.cannot-migrate', {
    detail: `\`${desired.address}\` cannot be moved from ${node} to ${desired.node}: ${[...obstacles].sort().join('; ')}. Proxmox VE cannot migrate it like this. Leave it on ${node}, or change that first in a plan of its own.`,
    address: desired.address,
    range: desired.rangeOf?.('node') ?? desired.range,
  })
  return false
}

/** Proxmox VE moves a running container by shutting it down here and starting it there, which nobody is to meet unasked. */
export const checkRestart = ({ kind, world, desired }: GuestContext, from: string, state: Progress['state']): void => {
  const isAllowed = desired.lifecycle.reboot === 'allowed' || desired.power === 'stopped'
  if (!kind.migration.restarts || !state.running || isAllowed) return
  world.report('plan.needs-stop', {
    detail: `Moving \`${desired.address}\` from ${from} to ${desired.node} restarts it: Proxmox VE moves no running ${kind.label}. Allow that with \`lifecycle { reboot = "allowed" }\`, or declare \`power = "stopped"\` first.`,
    address: desired.address,
    range: desired.rangeOf?.('node') ?? desired.range,
  })
}

/** Whether everything the guest has is available on the node it shall move to; what is missing is reported. */
export const checkMigration = (context: GuestContext, node: string, progressState: Progress['state']): boolean => {
  const { kind, world, desired } = context
  if (!checkUntied(context, node, progressState)) return false
  const storages = Object.entries(effectiveConfig(progressState)).flatMap(([key, text]) => {
    const value = kind.decodeValue(key, text)
    return kind.isVolume(key, value) && isPropertyMap(value) && value['storage'] !== undefined
      ? [String(value['storage'])]
      : []
  })
  return [...new Set(storages)].sort().every((storage) =>
    checkStorage(world, {
      storage,
      node: desired.node,
      content: kind.volumeContent,
      what: `Moving \`${desired.address}\` to ${desired.node}`,
      address: desired.address,
      range: desired.rangeOf?.('node') ?? desired.range,
    }),
  )
}
