import { kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { Reversal } from '../../resource/reversal.ts'
import { sha256 } from '../../util/sha256.ts'
import { checkStorage, storagesFor } from '../check/storage-check.ts'
import { type StepDraft, stepId } from '../order/step-chain.ts'
import type { PlanningContext } from '../planning-context.ts'
import { releaseForeign, withoutForeign, withoutVolumes } from '../state/foreign-volumes.ts'
import { advance, guestLabel, type PlanPart, type Progress } from '../state/guest-progress.ts'
import { afterWrite, configRequests, type GuestState, restoreRequests, stateOf, textOf } from '../state/guest-state.ts'
import { changePool } from '../step/membership-step.ts'
import { stopGuest } from '../step/power-steps.ts'
import { unprotectForEnd } from '../step/protection-step.ts'
import { releaseKept } from '../step/release-kept.ts'
import { restoration } from './restore-guest.ts'

/** The tag that tells a retained guest from others. */
const RETAINED_TAG = 'mpc-retained'

export interface Destruction {
  readonly resource: AppliedGuest
  readonly observed: ObservedGuest
  readonly onDestroy: AppliedGuest['onDestroy']
  /** The binding goes with the guest; a replaced one has already been bound again. */
  readonly unbind: boolean
  /** Pools that end with the plan: they must be empty by then, so a guest that is retained leaves them. */
  readonly endingPools: ReadonlySet<string>
  /** Volumes that were there before the guest: they are taken away before it is backed up. */
  readonly kept?: ReadonlySet<string>
  /** The guest was made with a protection, which is turned off first. */
  readonly isProtected?: boolean
}

const backupStorage = (world: PlanningContext, { resource, observed }: Destruction): string | undefined => {
  const chosen = world.options.backupStorage
  const { address } = resource
  if (chosen !== undefined) {
    const what = `The backup of \`${address}\` before it is destroyed`
    return checkStorage(world, { storage: chosen, node: observed.node, content: 'backup', what, address })
      ? chosen
      : undefined
  }
  const [first] = storagesFor(world, observed.node, 'backup')
  if (first !== undefined) return first
  world.report('plan.no-backup-storage', {
    detail: `\`${address}\` is backed up before it is destroyed, so that this can be undone, but no active storage on ${observed.node} takes backups. Allow the content type \`backup\` on one, or declare \`lifecycle { on_destroy = "retain" }\` (kept, stopped and renamed) or \`"delete"\` (gone for good), and apply that first.`,
    address,
  })
  return undefined
}

const backupStep =
  ({ resource, observed }: Destruction, storage: string): PlanPart =>
  (progress) => {
    const { guest } = progress
    const id = stepId(resource.address, 'backup')
    const notes = `mpc ${sha256(`${resource.address} ${guest.vmid} ${observed.digest}`).slice(0, 16)}: before destroying ${resource.address}`
    const content = `/nodes/${guest.node}/storage/${storage}/content`
    return advance(progress, {
      verb: 'backup',
      action: 'backup',
      guest,
      summary: `back it up on ${storage}`,
      reason: 'safety',
      requests: [
        {
          method: 'POST',
          path: `/nodes/${guest.node}/vzdump`,
          params: {
            vmid: String(guest.vmid),
            storage,
            mode: 'stop',
            compress: 'zstd',
            remove: false,
            'notes-template': notes,
          },
        },
        {
          method: 'GET',
          path: content,
          params: { content: 'backup', vmid: guest.vmid },
          output: { name: 'volid', where: { notes }, take: 'volid' },
        },
      ],
      disruption: 'none',
      reversal: {
        by: 'requests',
        requests: [{ method: 'DELETE', path: `${content}/{${id}.volid}` }],
        note: 'delete the backup',
      },
    })
  }

const destroyReversal = (
  world: PlanningContext,
  { resource, observed }: Destruction,
  guest: GuestRef,
  storage: string | undefined,
): Reversal =>
  storage === undefined
    ? { by: 'nothing', reason: 'the guest and its data are gone, and no backup is taken (`on_destroy = "delete"`)' }
    : restoration(world, { observed, guest, storage, backup: stepId(resource.address, 'backup') })

const destroyStep =
  (world: PlanningContext, destruction: Destruction, storage: string | undefined): PlanPart =>
  (progress) => {
    const { guest } = progress
    const { resource, observed, unbind } = destruction
    const reversal = destroyReversal(world, destruction, guest, storage)
    return advance(progress, {
      verb: 'destroy',
      action: 'destroy',
      guest,
      summary: `destroy ${guestLabel(observed.name, guest)}`,
      requests: [{ method: 'DELETE', path: guestPath(guest) }],
      disruption: 'data-loss',
      reversal,
      ...(unbind && { binding: { before: resource, after: null } }),
    })
  }

const retainedName = (name: string): string => `${name.slice(0, 54).replace(/[-.]+$/, '')}-retained`

/** Keeps the guest, stopped, renamed, tagged and without autostart, instead of destroying it. */
const retainStep =
  ({ resource, observed, unbind }: Destruction): PlanPart =>
  (progress) => {
    const kind = kindOfType(observed.type)
    const { guest, state } = progress
    const tags = kind.decodeValue('tags', textOf(state, 'tags') ?? '')
    const name = kind.nameKey
    const set = {
      [name]: retainedName(textOf(state, name) ?? observed.name),
      tags: kind.encode('tags', [...(Array.isArray(tags) ? tags : []), RETAINED_TAG].sort()),
      onboot: '0',
    }
    const next: GuestState = afterWrite(state, kind, { set, remove: [] })
    return advance(
      progress,
      {
        verb: 'retain',
        action: 'update',
        guest,
        summary: `keep it as ${set[name]}, stopped, tagged ${RETAINED_TAG}, without autostart`,
        requests: configRequests(guest, set),
        disruption: 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(kind, guest, { before: state, after: next }, Object.keys(set)),
          note: 'give it its name back',
        },
        ...(unbind && { binding: { before: resource, after: null } }),
      },
      next,
    )
  }

/** Plans the end of a guest: shut down, then backed up and destroyed, or retained, or destroyed for good. */
export const destroyGuest = (world: PlanningContext, given: Destruction): readonly StepDraft[] => {
  const { observed, onDestroy, endingPools } = given
  const kept = given.kept ?? new Set()
  const destruction: Destruction = { ...given, observed: withoutVolumes(withoutForeign(observed), kept) }
  const guest: GuestRef = { type: observed.type, node: observed.node, vmid: observed.vmid }
  const start: Progress = { guest, state: stateOf(observed), drafts: [] }
  const storage = onDestroy === 'backup' ? backupStorage(world, destruction) : undefined
  const parts: readonly PlanPart[] =
    onDestroy === 'retain'
      ? [
          stopGuest(''),
          releaseForeign(observed),
          ...(observed.pool !== undefined && endingPools.has(observed.pool)
            ? [changePool(observed.pool, undefined)]
            : []),
          retainStep(destruction),
        ]
      : [
          stopGuest(' before it is destroyed'),
          ...(given.isProtected && storage !== undefined ? [unprotectForEnd] : []),
          releaseForeign(observed),
          ...(storage === undefined
            ? []
            : [releaseKept(given.resource.address, kept), backupStep(destruction, storage)]),
          destroyStep(world, destruction, storage),
        ]
  return parts.reduce((next, part) => part(next), start).drafts
}
