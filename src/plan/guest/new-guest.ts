import { volumeOwner } from '../../kinds/value/volume.ts'
import { isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { defaultName } from '../../resource/default-name.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'
import type { ApiRequest, RequestParam } from '../../resource/request.ts'
import type { Reversal } from '../../resource/reversal.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { checkNewDisk } from '../check/disk-check.ts'
import { stepId } from '../order/step-chain.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { Difference } from '../state/config-difference.ts'
import { advance, type GuestContext, guestLabel, type PlanPart, type Progress } from '../state/guest-progress.ts'
import { configRequests } from '../state/guest-state.ts'
import { startNewGuest } from '../step/power-steps.ts'
import { type NamedVolume, namedVolumes, releaseVolumes } from '../step/release-volumes.ts'
import { checkVolumeStorage } from '../step/sort-differences.ts'
import { convertNewToTemplate } from '../step/template-step.ts'

/** The name a new guest gets. */
export const newName = (context: GuestContext): string =>
  String(context.desired.config[context.kind.nameKey] ?? defaultName(context.desired.address))

/** What a step on a new guest is undone by: the guest goes. */
export const goesWithGuest: Reversal = { by: 'requests', requests: [], note: 'not needed; the new guest is destroyed' }

/** What keeps a new guest from being destroyed again: volumes that were there before and cannot be taken away from it. */
const boundVolumes = ({ desired }: GuestContext, volumes: readonly NamedVolume[]): string | undefined => {
  const names = volumes.map(({ volume }) => volume).join(', ')
  if (volumes.length > 0 && desired.template === true)
    return `${names} existed before, converting to a template renames its volumes, and destroying the template would erase them`
  const root = volumes.find(({ key }) => key === 'rootfs')
  return (
    root &&
    `its root volume ${root.volume} existed before and was written to, and destroying it would erase that volume`
  )
}

/**
 * Destroys a guest that this plan made. Volumes that were there before are taken away from it first, and a protection that was declared is
 * lifted. `copied`: keys that come with what it is a copy of.
 */
export const destroyNew = (context: GuestContext, guest: GuestRef, copied: RawConfig = {}): Reversal => {
  const { desired, kind } = context
  // PVE erases only what belongs to the guest it destroys.
  const volumes = namedVolumes(kind, desired.config).filter(
    ({ volume }) => (volumeOwner(volume) ?? guest.vmid) === guest.vmid,
  )
  const reason = boundVolumes(context, volumes)
  if (reason !== undefined) return { by: 'nothing', reason }
  const taken = new Set([...Object.keys(desired.config), ...Object.keys(copied)])
  const isProtected = desired.config['protection'] === true || copied['protection'] === '1'
  const kept =
    volumes.length === 0
      ? ''
      : `; ${volumes.map(({ volume }) => volume).join(', ')} ${volumes.length === 1 ? 'is' : 'are'} kept`
  return {
    by: 'requests',
    requests: [
      ...(isProtected ? configRequests(guest, { protection: 0 }) : []),
      ...releaseVolumes({ guest, volumes, step: stepId(desired.address, 'create'), taken, inPlace: true }),
      { method: 'DELETE', path: guestPath(guest), params: { purge: true } },
    ],
    note: `destroy ${kind.label} ${guest.vmid} again${kept}`,
  }
}

/** The node must be there and answer. */
export const checkNode = (world: PlanningContext, { desired }: GuestContext): boolean => {
  const { node, address } = desired
  const range = desired.rangeOf?.('node') ?? desired.range
  const known = world.nodes.get(node)
  if (!known) {
    const guess = suggestion(node, world.nodes.keys())
    world.report('plan.unknown-node', {
      detail: `\`${address}\` is declared on node \`${node}\`, which the cluster does not have.${guess} Its nodes: ${[...world.nodes.keys()].sort().join(', ')}.`,
      address,
      range,
    })
    return false
  }
  if (known.status === 'online') return true
  world.report('plan.node-offline', {
    detail: `\`${address}\` needs node \`${node}\`, which was ${known.status} at the last sync. Bring it back and run \`mpc sync\`, or leave the resource out with \`--exclude '${address}'\`.`,
    address,
    range,
  })
  return false
}

/** Every declared volume as something to make. */
const newVolumes = ({ kind, desired }: GuestContext): readonly Difference[] =>
  Object.entries(desired.config)
    .filter(([key, value]) => kind.volumeProperty(key) !== undefined && isPropertyMap(value))
    .map(([key, declared]) => ({ key, declared, dropped: [], properties: [] }))

/** Reports what a guest made from nothing or from an archive lacks. */
export const checkNewVolumes = (context: GuestContext): void => {
  for (const difference of newVolumes(context)) {
    const isWhole = checkNewDisk(context, difference, { isMade: true })
    if (isWhole) checkVolumeStorage(context, difference, context.desired.node)
  }
}

/** The declared configuration as parameters of the call that creates the guest. */
export const createParams = (context: GuestContext): { readonly [name: string]: RequestParam } => {
  const { kind, desired } = context
  const params: Record<string, RequestParam> = { [kind.nameKey]: newName(context) }
  for (const [key, value] of Object.entries(desired.config).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isSecret(value)) {
      params[key] = value
      continue
    }
    const text = kind.encode(key, value)
    if (text !== '') params[key] = text
  }
  return params
}

/** Grows the disks of a new guest that came smaller than declared: imports and clones bring their own size. */
export const growNew =
  (grows: readonly { readonly key: string; readonly size: string }[]): PlanPart =>
  (progress) =>
    grows.reduce<Progress>((next, { key, size }) => {
      const request: ApiRequest = {
        method: 'PUT',
        path: `${guestPath(next.guest)}/resize`,
        params: { disk: key, size },
        digest: true,
      }
      return advance(next, {
        verb: `grow-${key}`,
        action: 'update',
        guest: next.guest,
        summary: `grow ${key} to ${size}`,
        requests: [request],
        disruption: 'none',
        reversal: goesWithGuest,
      })
    }, progress)

/** What ends every creation: conversion to a template, or the start. */
export const finishNew =
  ({ desired }: GuestContext): PlanPart =>
  (progress) => {
    if (desired.template) return convertNewToTemplate(progress)
    return desired.power === 'running' ? startNewGuest(progress) : progress
  }

/** "create VM 101 (web) on pve1". */
export const creationSummary = (context: GuestContext, guest: GuestRef, how: string): string =>
  `create ${guestLabel(newName(context), guest)} on ${guest.node}${how}`
