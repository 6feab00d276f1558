import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Observed } from '../resource/observed.ts'
import type { GuestReading } from './guest-reading.ts'

const count = (many: number): string => `${many} ${many === 1 ? 'guest' : 'guests'}`

/** The first few, so that a warning stays readable on a cluster of thousands. */
const some = (vmids: readonly number[]): string =>
  vmids.length > 10 ? `${vmids.slice(0, 10).join(', ')} and ${vmids.length - 10} more` : vmids.join(', ')

const downNode = (node: string, observed: Observed, listed: boolean): Diagnostic => {
  const guests = observed.guests.filter((guest) => guest.node === node && guest.unknownSince !== undefined)
  const since = guests.map(({ unknownSince }) => unknownSince ?? '').sort()[0]
  const why = listed ? 'is offline' : 'does not answer'
  return diagnose('sync.node-unknown', {
    detail:
      guests.length === 0
        ? `The node "${node}" ${why}. No guest is known on it.`
        : `The node "${node}" ${why}. What is known of ${count(guests.length)} on it (${some(guests.map(({ vmid }) => vmid))}) is as of ${since}; nothing is planned for ${guests.length === 1 ? 'it' : 'them'} until the node is back.`,
    hint: 'Run pvecm status on another node to see which nodes are online.',
  })
}

/** One warning for each node that does not answer and each privilege that is missing; one for each guest PVE itself cannot read. */
export const unreadWarnings = (
  observed: Observed,
  readings: readonly GuestReading[],
  down: ReadonlySet<string>,
): readonly Diagnostic[] => {
  const hidden = readings.flatMap((reading) => (reading.kind === 'hidden' ? [reading] : []))
  const [first] = hidden
  return [
    ...[...down].sort().map((node) =>
      downNode(
        node,
        observed,
        observed.nodes.some((n) => n.node === node && n.status === 'offline'),
      ),
    ),
    ...(first
      ? [
          diagnose('sync.guest-hidden', {
            detail: `${count(hidden.length)} may not be read (${some(hidden.map(({ listed }) => listed.vmid))}). ${first.diagnostic.detail}`,
            hint: first.diagnostic.hint,
          }),
        ]
      : []),
    ...readings.flatMap((reading) =>
      reading.kind === 'unreadable'
        ? [
            diagnose('sync.guest-unreadable', {
              detail: `Guest ${reading.listed.vmid} on "${reading.listed.node}": ${reading.diagnostic.detail}`,
            }),
          ]
        : [],
    ),
  ]
}
