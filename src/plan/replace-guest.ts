import type { Vmid } from '../resource/guest.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import { createdAttributes } from './change-builder.ts'
import { createGuest } from './create-guest.ts'
import { checkDestroy } from './destroy-check.ts'
import { destroyGuest } from './destroy-guest.ts'
import type { GuestContext } from './guest-progress.ts'
import { expectationOf, expecting, type GuestInput, type PlannedResource } from './planned-resource.ts'
import { guestRecord } from './record.ts'
import type { StepDraft } from './step-chain.ts'
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

const attributesOf = (context: GuestContext, update: GuestUpdate, vmid: Vmid) => {
  const changed = update.attributes.map((attribute) => ({ ...attribute, disruption: 'recreate' as const }))
  const names = new Set(changed.map(({ name }) => name))
  const created = createdAttributes(context.kind, context.desired, vmid)
  return [...changed, ...created.filter(({ name, unknown }) => unknown && !names.has(name))]
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
  const isSameVmid = desired.vmid !== undefined
  const { address, lifecycle } = desired
  const old =
    applied ?? guestRecord(desired, { type: observed.type, node: observed.node, vmid: observed.vmid }, undefined)
  const resource = { ...old, address, preventDestroy: lifecycle.preventDestroy }
  if (isSameVmid && (lifecycle.onDestroy === 'retain' || lifecycle.createBeforeDestroy)) {
    world.report('plan.retain-vmid', {
      detail: `\`${address}\` has to be replaced (${update.replacing.join(', ') || 'replace_triggered_by'}), and the old guest shall still be there when the new one is made, but both would have VMID ${desired.vmid}. Leave \`vmid\` out, or use \`on_destroy = "backup"\` without \`create_before_destroy\`.`,
      address,
      range: desired.rangeOf?.('vmid') ?? desired.range,
    })
    return undefined
  }
  const vmid = isSameVmid ? observed.vmid : input.freshVmid()
  if (vmid === undefined) return undefined
  checkDestroy(world, resource, observed, [])
  const wasRunning = observed.status === 'running' || observed.status === 'paused'
  const power = desired.power ?? (wasRunning && !desired.template ? ('running' as const) : undefined)
  const renewed = { ...context, desired: { ...desired, ...(power && { power }) } }
  const made = createGuest(renewed, vmid, findTemplate)
  const destruction = { resource, observed, onDestroy: lifecycle.onDestroy, unbind: isSameVmid }
  const destroyed = expecting(destroyGuest(world, destruction), expectationOf(observed))
  const record = guestRecord(desired, { ...made.guest, node: desired.node }, undefined)
  const created = made.drafts.map((draft) =>
    draft.binding ? { ...draft, binding: { before: isSameVmid ? null : resource, after: record } } : draft,
  )
  return {
    address,
    kind: desired.kind,
    action: 'replace',
    reason: 'replaced',
    guest: made.guest,
    name: made.name,
    attributes: attributesOf(context, update, vmid),
    drafts: order(context, isSameVmid, created, destroyed),
  }
}
