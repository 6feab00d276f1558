import type { AttributeChange } from '../../resource/change.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { Vmid } from '../../resource/guest.ts'
import type { ObservedGuest, RawConfig } from '../../resource/observed.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import { checkDestroy, linkedClones } from '../check/destroy-check.ts'
import type { StepDraft } from '../order/step-chain.ts'
import { createdAttributes, fieldChange, macProperty } from '../state/change-builder.ts'
import { checkHolders } from '../state/foreign-volumes.ts'
import { type GuestContext, guestLabel } from '../state/guest-progress.ts'
import { stateOf, textOf } from '../state/guest-state.ts'
import { expectationOf, expecting, type GuestInput, type PlannedResource } from '../state/planned-resource.ts'
import { powerOf } from '../state/power-dependence.ts'
import { guestRecord } from '../state/recorded-slots.ts'
import { bindDraft } from './bind-guest.ts'
import { clonedConfig } from './clone-guest.ts'
import type { TemplateFinder } from './clone-source.ts'
import { createGuest } from './create-guest.ts'
import { destroyGuest } from './destroy-guest.ts'
import { provenanceOf } from './provenance.ts'
import { currentProperties, undeclaredLosses } from './replaced-attributes.ts'
import type { GuestUpdate } from './update-guest.ts'

/** With a VMID of its own the old guest stays until the new one stands; with the same VMID it has to go first. */
const order = (
  context: GuestContext,
  isSameVmid: boolean,
  created: readonly StepDraft[],
  destroyed: readonly StepDraft[],
): readonly StepDraft[] => {
  if (isSameVmid) return [...destroyed, ...created]
  if (context.desired.lifecycle.createBeforeDestroy) return [...created, ...destroyed]
  const isStop = ({ verb }: StepDraft) => verb === 'stop'
  return [...destroyed.filter(isStop), ...created, ...destroyed.filter((draft) => !isStop(draft))]
}

/**
 * The declared configuration with the old guest's MAC addresses where none are declared, so that leases and reservations stay good. Two guests
 * that run at once must not share one, and MAC addresses tell a container from another one with its VMID: there the server chooses.
 */
const keepAddresses = ({ kind, desired }: GuestContext, observed: ObservedGuest): DesiredGuest => {
  const isApart = kind.marks.uuid !== undefined || desired.vmid === undefined
  if (desired.lifecycle.createBeforeDestroy || !isApart) return desired
  const kept = Object.entries(desired.config).flatMap(([key, value]) => {
    const [property, text] = [macProperty(kind, key), textOf(stateOf(observed), key)]
    if (property === undefined || text === undefined || !isPropertyMap(value) || property in value) return []
    const old = kind.decodeValue(key, text)
    const mac = isPropertyMap(old) ? old[property] : undefined
    return mac === undefined ? [] : [[key, { ...value, [property]: mac }] as const]
  })
  return kept.length === 0 ? desired : { ...desired, config: { ...desired.config, ...Object.fromEntries(kept) } }
}

/** What the new guest has that nobody declares: a clone has what its template has. */
const undeclaredOfNew = (context: GuestContext, findTemplate: TemplateFinder): RawConfig => {
  const source = context.desired.source.by === 'clone' ? findTemplate(context) : undefined
  return source ? clonedConfig(context, source) : {}
}

const attributesOf = (
  context: GuestContext,
  observed: ObservedGuest,
  update: GuestUpdate,
  made: { readonly vmid: Vmid; readonly name: string },
  next: RawConfig,
) => {
  const changed = [
    ...(made.vmid === observed.vmid ? [] : [fieldChange('vmid', observed.vmid, made.vmid)]),
    ...update.attributes,
    ...undeclaredLosses(observed, context.desired.config, next),
  ].map((attribute) => ({ ...attribute, disruption: 'recreate' as const }))
  const names = new Set(changed.map(({ name }) => name))
  const created = createdAttributes(context.kind, context.desired, made)
  const old = new Map(currentProperties(observed))
  const chosen = created.flatMap((attribute): readonly AttributeChange[] => {
    if (!attribute.unknown || names.has(attribute.name)) return []
    const before = old.get(attribute.name)
    return [before === undefined ? attribute : { ...attribute, before }]
  })
  return [...changed, ...chosen]
}

/** The VMID a guest is re-created under must be its own, or nobody's. */
const isFree = ({ world, desired }: GuestContext, observed: ObservedGuest, vmid: Vmid): boolean => {
  const other = vmid === observed.vmid ? undefined : world.guests.get(vmid)
  if (!other) return true
  world.report('plan.vmid-taken', {
    detail: `\`${desired.address}\` is to be re-created as ${vmid}, but that VMID belongs to ${guestLabel(other.name, other)} on ${other.node}. Choose another \`vmid\`, or leave it out.`,
    address: desired.address,
    range: desired.rangeOf?.('vmid') ?? desired.range,
  })
  return false
}

/**
 * Plans a new guest in the place of an old one, for changes Proxmox VE cannot make to an existing guest. A guest that ran will run. The old one
 * is then treated as destroyed.
 */
export const replaceGuest = (
  input: GuestInput,
  context: GuestContext,
  observed: ObservedGuest,
  update: GuestUpdate,
): PlannedResource | undefined => {
  const { world, desired, applied, findTemplate } = input
  const isSameVmid = desired.vmid === observed.vmid
  const { address, lifecycle } = desired
  const expects = expectationOf(observed, applied)
  const old =
    applied ??
    guestRecord(
      desired,
      { type: observed.type, node: observed.node, vmid: observed.vmid },
      expects.identity,
      undefined,
      update.found,
    )
  const bind = bindDraft(input, observed, old)
  const resource = { ...old, address, preventDestroy: lifecycle.preventDestroy }
  if (isSameVmid && (lifecycle.onDestroy === 'retain' || lifecycle.createBeforeDestroy)) {
    world.report('plan.retain-vmid', {
      detail: `\`${address}\` has to be replaced (${update.replacing.join(', ') || (input.isReplaced ? '--replace' : 'replace_triggered_by')}), and the old guest must exist until the new one is created, but both would have VMID ${desired.vmid}. Leave \`vmid\` out, or use \`on_destroy = "backup"\` without \`create_before_destroy\`.`,
      address,
      range: desired.rangeOf?.('vmid') ?? desired.range,
    })
    return undefined
  }
  const vmid = desired.vmid ?? input.freshVmid()
  if (vmid === undefined || !isFree(context, observed, vmid)) return undefined
  const clones = observed.template && lifecycle.onDestroy !== 'retain' ? linkedClones(world)(observed.vmid) : []
  checkDestroy(world, resource, observed, clones)
  if (lifecycle.onDestroy !== 'retain') checkHolders(world, address, observed, input.holders(observed.vmid))
  const wasRunning = observed.status === 'running' || observed.status === 'paused'
  const power = desired.power ?? (wasRunning && !desired.template ? ('running' as const) : undefined)
  const kept = keepAddresses(context, observed)
  const renewed = { ...context, desired: { ...kept, ...(power && { power }) } }
  const made = createGuest(renewed, vmid, findTemplate)
  const destruction = { resource, observed, onDestroy: lifecycle.onDestroy, unbind: isSameVmid }
  const ending = destroyGuest(world, { ...destruction, endingPools: new Set() })
  const destroyed = expecting(ending, { ...expects, ...powerOf(observed) })
  const found = made.drafts.map(({ binding }) => asGuest(binding?.after)?.found).find((each) => each !== undefined)
  const record = guestRecord(desired, { ...made.guest, node: desired.node }, undefined, provenanceOf(desired), found)
  const both = lifecycle.onDestroy === 'retain' ? ', so that the two must never run at once' : ''
  const addresses = kept === desired ? '' : `, with the MAC addresses of ${observed.vmid}${both}`
  const created = made.drafts.map((draft) =>
    draft.binding
      ? {
          ...draft,
          summary: `${draft.summary}${addresses}`,
          binding: { before: isSameVmid ? null : resource, after: record },
        }
      : draft,
  )
  return {
    address,
    kind: desired.kind,
    action: 'replace',
    reason: 'replaced',
    guest: made.guest,
    name: made.name,
    attributes: attributesOf(
      renewed,
      observed,
      update,
      { vmid, name: made.name },
      undeclaredOfNew(renewed, findTemplate),
    ),
    drafts: [...(bind ? [bind] : []), ...order(context, isSameVmid, created, destroyed)],
  }
}
