import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Clock } from '../../io/io.ts'
import { differenceOf } from '../../kinds/same-guest.ts'
import { forgettingBlock } from '../../plan/binding/written-blocks.ts'
import { type Guards, namesGuest } from '../../plan/guards.ts'
import { boundIdentity, seenIdentity } from '../../plan/state/guest-identity.ts'
import type { ProxmoxClient } from '../../proxmox/client.ts'
import type { Applied, AppliedGuest } from '../../resource/applied.ts'
import type { Observed } from '../../resource/observed.ts'

/** Clocks that differ by less do no harm. Seconds. */
const TOLERANCE = 30

const timeOf = async (client: ProxmoxClient, node: string): Promise<number | undefined> => {
  const answer = await client.send({ method: 'GET', path: `/nodes/${node}/time`, params: {} })
  if (answer.kind !== 'answered' || typeof answer.data !== 'object' || answer.data === null) return undefined
  const time = Number(Reflect.get(answer.data, 'time'))
  return Number.isFinite(time) ? time : undefined
}

/** Nodes whose time is not ours; one that does not tell its time is left out. */
export const clockFindings = async (
  client: ProxmoxClient,
  { nodes }: Pick<Observed, 'nodes'>,
  clock: Pick<Clock, 'now'>,
): Promise<readonly Diagnostic[]> => {
  const online = nodes.filter(({ status }) => status === 'online')
  const found = await Promise.all(
    online.map(async ({ node }) => {
      const time = await timeOf(client, node)
      const difference = time === undefined ? 0 : Math.round(time - clock.now().getTime() / 1000)
      return Math.abs(difference) < TOLERANCE ? [] : [{ node, difference }]
    }),
  )
  const off = found.flat()
  if (off.length === 0) return []
  const lines = off.map(
    ({ node, difference }) =>
      `- ${node} is ${Math.abs(difference)} s ${difference > 0 ? 'ahead of' : 'behind'} this machine`,
  )
  return [
    diagnose('doctor.clock-differs', {
      detail: `${lines.join('\n')}\nWhat mpc decides by time it decides by one node's clock, so nothing breaks; but times that it shows do not match the server's, and tickets and certificates may be refused. Set the clocks right, with chrony on a node.`,
      hint: 'chronyc tracking',
    }),
  ]
}

const bindingFinding = (applied: AppliedGuest, { guests }: Pick<Observed, 'guests'>): readonly Diagnostic[] => {
  const { address, guest } = applied
  const seen = guests.find(({ vmid }) => vmid === guest.vmid)
  const forget = forgettingBlock(address)
  if (!seen)
    return [
      diagnose('doctor.guest-gone', {
        address,
        detail: `${guest.vmid} is not on the server, or the login may not see it. While it is declared, mpc apply makes it again. If it is not wanted any more, remove its declaration and apply; to forget it without more, put this block in the place of the declaration:`,
        hint: forget,
      }),
    ]
  const known = boundIdentity(applied)
  const difference =
    seen.type === guest.type ? known && differenceOf(known, seenIdentity(seen)) : 'it is of another type'
  if (difference === undefined) return []
  return [
    diagnose('doctor.guest-taken', {
      address,
      detail: `The guest that has VMID ${guest.vmid} now (${seen.name} on ${seen.node}) is another one: ${difference}. mpc does not touch it. Forget the old binding: put this block in the place of the declaration, and apply.`,
      hint: forget,
    }),
  ]
}

/** What is bound here, held against what the server has. */
export const bindingFindings = (applied: Applied, observed: Pick<Observed, 'guests'>): readonly Diagnostic[] =>
  applied.flatMap((resource) => (resource.kind === 'pool' ? [] : bindingFinding(resource, observed)))

/** Entries of `protect` that are about no guest: a slip of the pen protects nothing. */
export const ruleFindings = ({ protect }: Guards, { guests }: Pick<Observed, 'guests'>): readonly Diagnostic[] =>
  protect
    .filter((rule) => !guests.some(({ vmid }) => namesGuest(rule, vmid, guests)))
    .map(({ text, range }) =>
      diagnose('doctor.idle-rule', {
        detail: `"${text}" stands under "protect", and no guest that the login can see is meant by it. Correct it, or take it away when it is not for a guest to come.`,
        range,
      }),
    )
