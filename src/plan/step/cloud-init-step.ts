import { attributeName } from '../../kinds/attribute-name.ts'
import { type ConfigValue, isPropertyMap } from '../../resource/config-value.ts'
import type { Difference } from '../state/config-difference.ts'
import { advance, type GuestContext, type PlanPart } from '../state/guest-progress.ts'
import { afterWrite, configRequests, restoreRequests, textOf } from '../state/guest-state.ts'

const EMPTY = 'none,media=cdrom'

const isCloudInitDrive = (value: ConfigValue | undefined): boolean =>
  value !== undefined && isPropertyMap(value) && value['media'] === 'cloudinit'

/**
 * Slots whose cloud-init drive has to go before another can be made: PVE allows one per VM, and leaves its volume behind when another medium takes
 * its place in a running one.
 */
export const movedCloudInit = (differences: readonly Difference[]): readonly string[] => {
  const isMade = differences.some(({ declared, observed }) => isCloudInitDrive(declared) && !isCloudInitDrive(observed))
  return differences.flatMap(({ key, declared, observed, properties }) => {
    if (!isCloudInitDrive(observed)) return []
    const next = declared !== undefined && isPropertyMap(declared) ? declared : undefined
    const isOther =
      next !== undefined && next['file'] !== 'none' && (!isCloudInitDrive(next) || properties.includes('storage'))
    return isMade || isOther ? [key] : []
  })
}

/** Empties the drive that holds the cloud-init image: PVE erases the image, which it can make again at any time, and appends the drive to the boot order. */
export const ejectCloudInit =
  (context: GuestContext, key: string): PlanPart =>
  (progress) => {
    const { kind } = context
    const { guest, state } = progress
    const boot = state.current['boot']
    const ejected = afterWrite(state, kind, { set: { [key]: EMPTY }, remove: [] })
    const isLonger = boot !== undefined && textOf(ejected, 'boot') !== textOf(state, 'boot')
    const next = isLonger ? afterWrite(ejected, kind, { set: { boot }, remove: [] }) : ejected
    return advance(
      progress,
      {
        verb: `eject-${key}`,
        action: 'update',
        guest,
        summary: `empty ${attributeName(kind, key)}; Proxmox VE generates the cloud-init image again`,
        requests: [...configRequests(guest, { [key]: EMPTY }), ...(isLonger ? configRequests(guest, { boot }) : [])],
        disruption: state.running ? 'live' : 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(kind, guest, { before: state, after: next }, [key]),
          note: 'make the cloud-init image there again',
        },
      },
      next,
    )
  }
