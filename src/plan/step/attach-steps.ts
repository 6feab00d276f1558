import { attributeName } from '../../kinds/attribute-name.ts'
import type { Attachment } from '../../resource/desired.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import { stepId } from '../order/step-chain.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from '../state/guest-progress.ts'
import { configPath, configRequests } from '../state/guest-state.ts'

const attachOne =
  ({ kind, desired }: GuestContext, { key, of, options }: Attachment, owner: GuestRef): PlanPart =>
  (progress) => {
    const { guest } = progress
    const verb = `attach-${key}`
    const property = kind.volumeProperty(key) ?? 'file'
    const text = kind.encode(key, { ...options, [property]: 'volume' })
    const suffix = text.replace(/^(?:[a-z]+=)?volume/, '')
    return advance(progress, {
      verb,
      action: 'update',
      guest,
      summary: `attach ${key}: the volume that ${of.key} of ${of.address} has by then`,
      requests: [
        {
          method: 'GET',
          path: `${guestPath(owner)}/pending`,
          output: { name: of.key, where: { key: of.key }, take: 'value', until: ',' },
        },
        {
          method: kind.allocationMethod,
          path: configPath(guest),
          params: {
            [key]: {
              fromStep: stepId(desired.address, verb),
              output: of.key,
              ...(suffix !== '' && { suffix }),
            },
          },
          digest: true,
        },
      ],
      disruption: 'none',
      reversal: {
        by: 'requests',
        requests: configRequests(guest, {}, [key]),
        note: `detach ${key}; its volume stays with ${of.address}`,
      },
    })
  }

/** Attaches the volumes of other guests that this plan makes first, whose names only the server knows then. */
export const attachVolumes =
  (context: GuestContext): PlanPart =>
  (progress) => {
    const { desired, world, kind, find } = context
    return (desired.attachments ?? []).reduce<Progress>((next, attachment) => {
      const owner = find?.(attachment.of.address)
      if (owner) return attachOne(context, attachment, owner)(next)
      const name = attributeName(kind, attachment.key)
      world.report('plan.volume-not-yet', {
        detail: `\`${name}\` of \`${desired.address}\` is to have the volume of \`${attachment.of.key}\` of \`${attachment.of.address}\`, which is not there yet and is not made by this plan either. Plan both together, or first that one: \`mpc apply --target '${attachment.of.address}'\`.`,
        address: desired.address,
        range: desired.rangeOf?.(name) ?? desired.range,
      })
      return next
    }, progress)
  }

/** A guest that exists gets such a volume only once its name is known. */
export const checkNoAttachments = ({ desired, world, kind }: GuestContext): void => {
  for (const { key, of } of desired.attachments ?? []) {
    const name = attributeName(kind, key)
    world.report('plan.volume-not-yet', {
      detail: `\`${name}\` of \`${desired.address}\`, which exists, is to have the volume of \`${of.key}\` of \`${of.address}\`, which is still to be made. Take two steps: \`mpc apply --target '${of.address}'\`, then \`mpc apply\`.`,
      address: desired.address,
      range: desired.rangeOf?.(name) ?? desired.range,
    })
  }
}
