import { isPropertyMap } from '../resource/config-value.ts'
import type { GuestRef } from '../resource/guest.ts'
import type { ApiRequest } from '../resource/request.ts'
import { advance, type GuestContext, type PlanPart, post } from './guest-progress.ts'
import { effectiveConfig } from './guest-state.ts'
import { checkStorage } from './storage-check.ts'

/** Running VMs move live, with their local disks; running containers are restarted on the way. PVE API: POST …/migrate. */
const migration = (guest: GuestRef, target: string, running: boolean): ApiRequest =>
  post(
    guest,
    'migrate',
    guest.type === 'qemu'
      ? { target, 'with-local-disks': true, ...(running && { online: true }) }
      : { target, ...(running && { restart: true }) },
  )

/** Moves a guest to another node; the way back is the move back. */
export const migrateGuest =
  (target: string): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const there = { ...guest, node: target }
    const restart = state.running && guest.type === 'lxc'
    const moved = advance(progress, {
      verb: 'migrate',
      action: 'move',
      guest,
      summary: `migrate from ${guest.node} to ${target}${restart ? ', restarting it on the way' : ''}`,
      requests: [migration(guest, target, state.running)],
      disruption: !state.running ? 'none' : restart ? 'reboot' : 'live',
      reversal: {
        by: 'requests',
        requests: [migration(there, guest.node, state.running)],
        note: `migrate it back to ${guest.node}`,
      },
    })
    return { ...moved, guest: there }
  }

/** Whether everything the guest has is available on the node it shall move to; what is missing is reported. */
export const checkMigration = (
  context: GuestContext,
  progressState: Parameters<typeof effectiveConfig>[0],
): boolean => {
  const { kind, world, desired } = context
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
      content: kind.type === 'qemu' ? 'images' : 'rootdir',
      what: `Moving \`${desired.address}\` to ${desired.node}`,
      address: desired.address,
      range: desired.rangeOf?.('node') ?? desired.range,
    }),
  )
}
