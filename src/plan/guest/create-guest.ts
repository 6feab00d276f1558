import { isPropertyMap } from '../../resource/config-value.ts'
import type { GuestRef, Vmid } from '../../resource/guest.ts'
import { checkArchive } from '../check/archive-check.ts'
import { checkContents } from '../check/content-check.ts'
import { warnOfRootOnly } from '../check/root-only-check.ts'
import type { StepDraft } from '../order/step-chain.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from '../state/guest-progress.ts'
import { configRequests } from '../state/guest-state.ts'
import { guestRecord } from '../state/recorded-slots.ts'
import { attachVolumes } from '../step/attach-steps.ts'
import { cloneGuest } from './clone-guest.ts'
import type { TemplateFinder } from './clone-source.ts'
import {
  checkNewVolumes,
  checkNode,
  createParams,
  creationSummary,
  destroyNew,
  finishNew,
  goesWithGuest,
  growNew,
  newName,
} from './new-guest.ts'
import { provenanceOf } from './provenance.ts'

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
      binding: { before: null, after: guestRecord(desired, guest, undefined, provenanceOf(desired), undefined) },
    })
  }

/** What PVE gives every new guest (a VM its boot order) and is declared to be empty is taken away again. */
const unsetGiven =
  ({ desired, kind }: GuestContext): PlanPart =>
  (start) =>
    kind.givenWhenMade
      .filter((key) => desired.config[key] === '')
      .reduce(
        (progress, key) =>
          advance(progress, {
            verb: `unset-${key}`,
            action: 'update',
            guest: progress.guest,
            summary: `unset ${key}, which Proxmox VE gives every new ${kind.label}`,
            requests: configRequests(progress.guest, {}, [key]),
            disruption: 'none',
            reversal: goesWithGuest,
          }),
        start,
      )

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
    const values = Object.entries(desired.config).map(([key, declared]) => ({ key, declared }))
    checkContents(context, values, desired.node)
    warnOfRootOnly(context, values)
  }
  const parts = [
    createStep(context),
    unsetGiven(context),
    growNew(importedGrows(context)),
    attachVolumes(context),
    finishNew(context),
  ]
  const { drafts } = parts.reduce((next, part) => part(next), start)
  return { guest, name: newName(context), drafts }
}
