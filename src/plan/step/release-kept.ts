import { kindOfType } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { stepId } from '../order/step-chain.ts'
import { advance, type PlanPart } from '../state/guest-progress.ts'
import { afterWrite, configRequests, keysOf, restoreRequests, textOf } from '../state/guest-state.ts'
import { attachedIn } from '../state/held-volumes.ts'
import { releaseVolumes } from './release-volumes.ts'

/**
 * Takes volumes that were there before a guest away from it before it is backed up and destroyed, so that the archive holds no copy of them; the way
 * back attaches them again.
 */
export const releaseKept =
  (address: Address, kept: ReadonlySet<string>): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const kind = kindOfType(guest.type)
    const volumes = attachedIn(guest.type, effectiveConfig(state)).filter(({ volume }) => kept.has(volume))
    if (volumes.length === 0) return progress
    const step = stepId(address, 'release-kept')
    const taken = new Set([...Object.keys(state.current), ...keysOf(state)])
    const keys = volumes.map(({ key }) => key).sort()
    const next = afterWrite(state, kind, { set: {}, remove: keys })
    const boot = textOf(state, 'boot') === textOf(next, 'boot') ? [] : ['boot']
    const back = restoreRequests(kind, guest, { before: state, after: next }, [...keys, ...boot])
    const release = releaseVolumes({ guest, volumes, step, taken, inPlace: true })
    // Where the volumes are for a moment: each is a container's root, or in a CD drive.
    const drives = Object.keys(release[0]?.params ?? {}).filter((key) => key !== 'delete' && !keys.includes(key))
    const halfway = kind.keepsVolumes
      ? configRequests(guest, { rootfs: { fromStep: step, output: 'rootfs' } })
      : configRequests(guest, {}, drives)
    return advance(
      progress,
      {
        verb: 'release-kept',
        action: 'update',
        guest,
        summary: `take away what was there before it and stays: ${volumes.map(({ key, volume }) => `${key} (${volume})`).join(', ')}`,
        requests: release,
        disruption: 'none',
        reversal: { by: 'requests', requests: [...halfway, ...back], note: `attach ${keys.join(', ')} again` },
      },
      next,
    )
  }
