import { attributeName, isIgnored } from '../../kinds/attribute-name.ts'
import type { AttributeChange } from '../../resource/change.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { waitingKeys } from '../../resource/waiting-keys.ts'
import type { StepDraft } from '../order/step-chain.ts'
import { type GuestContext, guestLabel } from './guest-progress.ts'

/** What waits for the guest's next start, but for what is left to others. */
const waitingOf = ({ kind, desired }: GuestContext, observed: ObservedGuest): readonly string[] =>
  waitingKeys(observed).filter((key) => !isIgnored(kind, desired.lifecycle.ignoreChanges, key))

const isLookedAfter = ({ ha }: ObservedGuest): boolean => ha !== undefined && ha !== 'ignored'

/** What a restart is planned for: it is allowed, and high availability would not do it in its own time. */
export const restartFor = (context: GuestContext, observed: ObservedGuest): readonly string[] =>
  context.desired.lifecycle.reboot === 'allowed' && observed.status === 'running' && !isLookedAfter(observed)
    ? waitingOf(context, observed)
    : []

/** What a restart brings to the guest, for those keys that the plan itself does not change. */
export const waitingAttributes = (
  { kind }: GuestContext,
  { current, pending, atStart }: ObservedGuest,
  keys: readonly string[],
): readonly AttributeChange[] =>
  keys.map((key) => {
    const was = atStart && key in atStart.values ? (atStart.values[key] ?? undefined) : current[key]
    const is = pending[key] === undefined ? current[key] : pending[key]?.value
    const read = (text: string | undefined) => (text === undefined ? undefined : kind.decodeValue(key, text))
    const [before, after] = [read(was), read(is)]
    return {
      name: attributeName(kind, key),
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
      ...(kind.factsFor(key)?.secret === true && { sensitive: true as const }),
      disruption: 'restart',
    }
  })

/** Tells that a guest waits for its next start, where the plan does not bring it about. */
export const noteWaiting = (context: GuestContext, observed: ObservedGuest, drafts: readonly StepDraft[]): void => {
  const { kind, world, desired } = context
  const keys = waitingOf(context, observed)
  if (keys.length === 0 || drafts.some(({ disruption }) => disruption === 'restart')) return
  const names = keys.map((key) => `\`${attributeName(kind, key)}\``).join(', ')
  const how =
    desired.lifecycle.reboot === 'allowed'
      ? 'Restart it when convenient.'
      : 'Restart it when convenient, or allow it with `lifecycle { reboot = "allowed" }` and mpc plans the restart.'
  world.report('plan.reboot-pending', {
    detail: `\`${desired.address}\` (${guestLabel(undefined, observed)}) waits for its next start until it has what is configured: ${names}. ${how}${kind.restartNote}`,
    address: desired.address,
    range: desired.range,
  })
}
