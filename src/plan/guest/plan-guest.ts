import { guestKinds, kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { checkChangeable, checkIdentity, noteUnreachable } from '../binding/bound-guest-check.ts'
import { warnOfCreationOnly } from '../check/creation-only.ts'
import { createdAttributes, fieldChange } from '../state/change-builder.ts'
import { seenIdentity } from '../state/guest-identity.ts'
import type { GuestContext } from '../state/guest-progress.ts'
import { expectationOf, expecting, type GuestInput, type PlannedResource } from '../state/planned-resource.ts'
import { expectedPower } from '../state/power-dependence.ts'
import { guestRecord } from '../state/recorded-slots.ts'
import { noteWaiting } from '../state/waiting.ts'
import { checkNoAttachments } from '../step/attach-steps.ts'
import { lifecycleChanges, rememberLifecycle } from '../step/lifecycle-step.ts'
import { bindDraft } from './bind-guest.ts'
import { createGuest } from './create-guest.ts'
import { newName } from './new-guest.ts'
import { keptProvenance, noteProvenance } from './provenance.ts'
import { replaceGuest } from './replace-guest.ts'
import { updateGuest } from './update-guest.ts'

const checkPool = ({ world, desired, plannedPools }: GuestInput): void => {
  const { pool, address } = desired
  if (pool === undefined || world.pools.has(pool) || plannedPools.has(pool)) return
  const names = [...new Set([...world.pools.keys(), ...plannedPools])].sort()
  const guess = suggestion(pool, names)
  world.report('plan.unknown-pool', {
    detail: `\`${address}\` is to be in pool \`${pool}\`, which neither exists nor is declared.${guess} Declare it: \`pool "${pool}" {}\`.`,
    address,
    range: desired.rangeOf?.('pool') ?? desired.range,
  })
}

const planCreate = (input: GuestInput, context: GuestContext): PlannedResource => {
  const { desired, vmid, applied, findTemplate } = input
  const { drafts, guest, name } = createGuest(context, vmid, findTemplate)
  const bound = drafts.map((draft) =>
    draft.binding && applied ? { ...draft, binding: { ...draft.binding, before: applied } } : draft,
  )
  return {
    address: desired.address,
    kind: desired.kind,
    action: 'create',
    reason: 'declared',
    guest,
    name,
    attributes: createdAttributes(context.kind, desired, { vmid, name }),
    drafts: bound,
  }
}

/** A guest of which nothing changes but what mpc remembers. */
const rememberedGuest = (
  { desired }: GuestInput,
  { type, node, vmid, name }: ObservedGuest,
  applied: AppliedGuest,
  changes: readonly AttributeChange[],
): PlannedResource | undefined => {
  if (changes.length === 0) return undefined
  const guest = { type, node, vmid }
  return {
    address: desired.address,
    kind: desired.kind,
    action: 'update',
    reason: 'declared',
    guest,
    name,
    attributes: changes,
    drafts: [{ ...rememberLifecycle(applied, desired.lifecycle, changes), guest }],
  }
}

const planExisting = (
  input: GuestInput,
  context: GuestContext,
  observed: ObservedGuest,
): PlannedResource | undefined => {
  const { world, desired, applied, movedFrom, triggered } = input
  const place = { address: desired.address, range: desired.range }
  const update = updateGuest(context, observed, applied)
  if (update.replacing.length === 0) noteWaiting(context, observed, update.drafts)
  if (update.replacing.length === 0 && !triggered) checkNoAttachments(context)
  if (applied || input.imported) warnOfCreationOnly(context, observed.vmid, applied, observed.current)
  if (update.replacing.length > 0 || triggered || input.isReplaced) {
    checkChangeable(world, observed, place)
    return replaceGuest(input, context, observed, update)
  }
  if (update.drafts.length > 0) checkChangeable(world, observed, place)
  else noteUnreachable(world, observed, place)
  noteProvenance(context, applied)
  const remembered = lifecycleChanges(applied, desired.lifecycle)
  const isOnlyRemembered = update.drafts.length === 0 && !input.imported && movedFrom === undefined
  if (isOnlyRemembered) return applied && rememberedGuest(input, observed, applied, remembered)
  const expects = { ...expectationOf(observed, applied), ...expectedPower(context.kind, observed, update.drafts) }
  const last = update.drafts.at(-1)
  const guest = { type: observed.type, node: last?.guest?.node ?? observed.node, vmid: observed.vmid }
  const moved = update.drafts.some(({ verb }) => verb === 'migrate') ? { ...guest, node: desired.node } : guest
  const record = guestRecord(desired, moved, seenIdentity(observed), keptProvenance(desired, applied), update.found)
  const bind = bindDraft(input, observed, record)
  if (update.drafts.length === 0 && !bind) return undefined
  const drafts = expecting(update.drafts, expects).map((draft, index) =>
    index === update.drafts.length - 1 && !input.imported
      ? { ...draft, binding: { before: applied ?? null, after: record } }
      : draft,
  )
  return {
    address: desired.address,
    kind: desired.kind,
    action: update.drafts.length > 0 ? 'update' : 'bind',
    reason: 'declared',
    guest,
    name: observed.name,
    attributes:
      movedFrom === undefined
        ? [...update.attributes, ...remembered]
        : [fieldChange('address', movedFrom, desired.address), ...update.attributes, ...remembered],
    drafts: bind ? [bind, ...drafts] : drafts,
  }
}

/** Plans one declared guest; undefined when it is as declared, or cannot be planned for a reason that was reported. */
export const planGuest = (input: GuestInput): PlannedResource | undefined => {
  const { world, desired, vmid, applied, imported } = input
  const kind = guestKinds[desired.kind]
  const context: GuestContext = { world, kind, desired, find: input.findGuest, holders: input.holders }
  const place = { address: desired.address, range: desired.range }
  const observed = world.guests.get(vmid)
  checkPool(input)
  if (!observed) {
    if (applied && !world.options.hiddenVmids?.taken.includes(vmid)) {
      const why = world.options.unsettled?.has(desired.address)
        ? 'a run that was cut short was changing it. The plan re-creates it; undo or finish that run first, with `mpc recover`.'
        : 'it was destroyed outside of mpc. The plan re-creates it. If you do not want it back, remove its declaration.'
      world.report('plan.guest-gone', {
        detail: `\`${desired.address}\` was ${vmid}, and the last sync saw no such guest: ${why}`,
        ...place,
      })
    }
    return planCreate(input, context)
  }
  // Reported together with all others of its sort.
  if (!applied && !imported) return undefined
  if (observed.type !== kind.type && imported) {
    world.report('plan.kind-changed', {
      detail: `\`${desired.address}\` is declared as a ${desired.kind}, but guest ${vmid} (${observed.name}) is a ${kindOfType(observed.type).label}. Declare it as such.`,
      ...place,
    })
    return undefined
  }
  if (applied && !checkIdentity(world, applied, observed, place)) return undefined
  if (desired.vmid !== undefined && desired.vmid !== vmid && !input.isReplaced) {
    world.report('plan.vmid-changed', {
      detail: `\`${desired.address}\` is guest ${vmid} (${newName(context)}) and declares \`vmid = ${desired.vmid}\`; Proxmox VE cannot renumber a guest. Declare ${vmid}, leave \`vmid\` out, or have the guest destroyed and re-created as ${desired.vmid} with \`--replace '${desired.address}'\`.`,
      ...place,
      range: desired.rangeOf?.('vmid') ?? desired.range,
    })
    return undefined
  }
  return planExisting(input, context, observed)
}
