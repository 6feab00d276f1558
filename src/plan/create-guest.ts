import { isPropertyMap } from '../resource/config-value.ts'
import type { GuestRef, Vmid } from '../resource/guest.ts'
import { cloneGuest } from './clone-guest.ts'
import type { TemplateFinder } from './find-template.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from './guest-progress.ts'
import {
  checkNewVolumes,
  checkNode,
  createParams,
  creationSummary,
  destroyNew,
  finishNew,
  growNew,
  newName,
} from './new-guest.ts'
import { guestRecord } from './record.ts'
import type { StepDraft } from './step-chain.ts'
import { checkStorage } from './storage-check.ts'

export interface GuestCreation {
  readonly guest: GuestRef
  readonly name: string
  readonly drafts: readonly StepDraft[]
}

/** Imports keep the size of their image until they are grown to the declared one. PVE ignores the size of an import. */
const importedGrows = ({ desired }: GuestContext) =>
  Object.entries(desired.config).flatMap(([key, value]) =>
    isPropertyMap(value) && value['import-from'] !== undefined && value['size'] !== undefined
      ? [{ key, size: String(value['size']) }]
      : [],
  )

const checkArchive = (context: GuestContext): void => {
  const { world, desired } = context
  const { source, address } = desired
  const range = desired.rangeOf?.('template') ?? desired.range
  if (source.by === 'archive') {
    const storage = source.volume.split(':')[0] ?? ''
    const what = `\`${address}\` is made from \`${source.volume}\`, so it`
    if (!checkStorage(world, { storage, node: desired.node, content: 'vztmpl', what, address, range })) return
    const volumes = world.storages.get(storage)?.get(desired.node)?.volumes
    if (volumes && !volumes.includes(source.volume)) {
      const archives = volumes.filter((volume) => volume.includes(':vztmpl/'))
      world.report('plan.unknown-volume', {
        detail: `\`${address}\` is to be made from \`${source.volume}\`, which is not on ${desired.node}. ${
          archives.length === 0
            ? `Storage ${storage} holds no archive: download one with \`pveam download ${storage} …\`.`
            : `Storage ${storage} holds: ${[...archives].sort().join(', ')}.`
        }`,
        address,
        range,
      })
    }
  } else if (desired.kind === 'container') {
    world.report('plan.no-source', {
      detail: `\`${address}\` has nothing to be made from. Add \`template = "local:vztmpl/…"\` with an archive, or \`clone = "…"\`.`,
      address,
      range: desired.range,
    })
  }
}

const createStep =
  (context: GuestContext): PlanPart =>
  (progress) => {
    const { desired } = context
    const { guest } = progress
    const { source } = desired
    const params = {
      vmid: guest.vmid,
      ...(source.by === 'archive' && { ostemplate: source.volume }),
      ...createParams(context),
      ...(desired.pool !== undefined && { pool: desired.pool }),
    }
    return advance(progress, {
      verb: 'create',
      action: 'create',
      guest,
      summary: creationSummary(context, guest, ''),
      expects: { absent: true },
      requests: [{ method: 'POST', path: `/nodes/${guest.node}/${guest.type}`, params }],
      disruption: 'none',
      reversal: destroyNew(context, guest),
      binding: { before: null, after: guestRecord(desired, guest, undefined) },
    })
  }

/** Plans a guest that does not exist yet: from nothing, from an archive, or as a clone. */
export const createGuest = (context: GuestContext, vmid: Vmid, findTemplate: TemplateFinder): GuestCreation => {
  const { world, desired, kind } = context
  const guest: GuestRef = { type: kind.type, node: desired.node, vmid }
  const start: Progress = { guest, state: { running: false, current: {}, pending: {} }, drafts: [] }
  const nodeIsThere = checkNode(world, context)
  if (desired.source.by === 'clone') {
    const end = cloneGuest(context, start, findTemplate)
    return { guest: end.guest, name: newName(context), drafts: end.drafts }
  }
  if (nodeIsThere) {
    checkArchive(context)
    checkNewVolumes(context)
  }
  const parts = [createStep(context), growNew(importedGrows(context)), finishNew(context)]
  const { drafts } = parts.reduce((next, part) => part(next), start)
  return { guest, name: newName(context), drafts }
}
