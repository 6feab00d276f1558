import { kindOfType } from '../kinds/registry.ts'
import type { AppliedResource } from '../resource/applied.ts'
import { isPropertyMap } from '../resource/config-value.ts'
import { type GuestRef, guestPath } from '../resource/guest.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import type { ApiRequest } from '../resource/request.ts'
import type { Reversal } from '../resource/reversal.ts'
import { sha256 } from '../util/sha256.ts'
import { basesOf } from './destroy-check.ts'
import { releaseForeign, withoutForeign } from './foreign-volumes.ts'
import { advance, guestLabel, type PlanPart, type Progress } from './guest-progress.ts'
import {
  afterWrite,
  configRequests,
  effectiveConfig,
  type GuestState,
  restoreRequests,
  stateOf,
  textOf,
} from './guest-state.ts'
import type { PlanWorld } from './plan-world.ts'
import { stopGuest } from './power-steps.ts'
import { type StepDraft, stepId } from './step-chain.ts'
import { checkStorage, storagesFor } from './storage-check.ts'

/** The tag that tells a retained guest from others; `mpc gc` goes by it. */
export const RETAINED_TAG = 'mpc-retained'

export interface Destruction {
  readonly resource: AppliedResource
  readonly observed: ObservedGuest
  readonly onDestroy: AppliedResource['onDestroy']
  /** The binding goes with the guest; a replaced one has already been bound anew. */
  readonly unbind: boolean
}

/** Volumes a backup leaves out: PVE takes neither detached ones nor those with `backup=0`, and mount points only with `backup=1`. */
const notInBackup = (observed: ObservedGuest): readonly string[] => {
  const kind = kindOfType(observed.type)
  return Object.entries(effectiveConfig(stateOf(observed))).flatMap(([key, text]) => {
    if (/^unused\d+$/.test(key)) return [key]
    const value = kind.decodeValue(key, text)
    if (!isPropertyMap(value) || !kind.isVolume(key, value)) return []
    const isTaken = key.startsWith('mp') ? value['backup'] === true : value['backup'] !== false
    return isTaken ? [] : [key]
  })
}

const backupStorage = (world: PlanWorld, { resource, observed }: Destruction): string | undefined => {
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

/** Restoring a container without naming its volumes would put them all on the storage `local` (PVE API: POST …/lxc with `restore`). */
const volumesOf = (observed: ObservedGuest): ApiRequest['params'] => {
  const kind = kindOfType(observed.type)
  return Object.fromEntries(
    Object.entries(effectiveConfig(stateOf(observed))).flatMap(([key, text]) => {
      const value = kind.decodeValue(key, text)
      const property = kind.volumeProperty(key)
      if (!isPropertyMap(value) || property === undefined || !kind.isVolume(key, value)) return []
      const { [property]: _volume, ...rest } = value
      return [[key, kind.encode(key, rest)] as const]
    }),
  )
}

const restoreRequest = ({ resource, observed }: Destruction, guest: GuestRef): ApiRequest => {
  const archive = { fromStep: stepId(resource.address, 'backup'), output: 'volid' }
  const own = guest.type === 'qemu' ? { archive } : { ostemplate: archive, restore: true, ...volumesOf(observed) }
  return {
    method: 'POST',
    path: `/nodes/${guest.node}/${guest.type}`,
    params: { vmid: guest.vmid, ...own, ...(observed.pool !== undefined && { pool: observed.pool }) },
  }
}

const destroyReversal = (destruction: Destruction, guest: GuestRef, storage: string | undefined): Reversal => {
  const { observed } = destruction
  if (storage === undefined)
    return {
      by: 'nothing',
      reason: 'the guest and its data are gone, and no backup is taken (`on_destroy = "delete"`)',
    }
  const left = notInBackup(observed)
  if (left.length > 0) {
    return {
      by: 'nothing',
      reason: `the backup on ${storage} holds all but ${[...left].sort().join(', ')}, which Proxmox VE leaves out of backups`,
    }
  }
  const lost = observed.current['parent'] === undefined ? '' : '; its snapshots are lost'
  return {
    by: 'backup',
    storage,
    requests: [restoreRequest(destruction, guest)],
    note: `the same VMID and addresses${lost}${basesOf(observed).length === 0 ? '' : '; a full copy instead of a linked clone'}`,
  }
}

const destroyStep =
  (destruction: Destruction, storage: string | undefined): PlanPart =>
  (progress) => {
    const { guest } = progress
    const { resource, observed, unbind } = destruction
    const reversal = destroyReversal(destruction, guest, storage)
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
    const name = kind.type === 'qemu' ? 'name' : 'hostname'
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
export const destroyGuest = (world: PlanWorld, given: Destruction): readonly StepDraft[] => {
  const { observed, onDestroy } = given
  const destruction: Destruction = { ...given, observed: withoutForeign(observed) }
  const guest: GuestRef = { type: observed.type, node: observed.node, vmid: observed.vmid }
  const start: Progress = { guest, state: stateOf(observed), drafts: [] }
  const storage = onDestroy === 'backup' ? backupStorage(world, destruction) : undefined
  const parts: readonly PlanPart[] =
    onDestroy === 'retain'
      ? [stopGuest(''), releaseForeign(observed), retainStep(destruction)]
      : [
          stopGuest(' before it is destroyed'),
          releaseForeign(observed),
          ...(storage === undefined ? [] : [backupStep(destruction, storage)]),
          destroyStep(destruction, storage),
        ]
  return parts.reduce((next, part) => part(next), start).drafts
}
