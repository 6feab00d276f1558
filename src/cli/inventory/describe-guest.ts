import { kindOfType } from '../../kinds/registry.ts'
import { timeText } from '../../render/duration-text.ts'
import {
  type DescribedAttribute,
  describedAttributes,
  type ObservedVersion,
  observedVersions,
} from '../../render/inventory/described-guest.ts'
import type { Section } from '../../render/inventory/sections.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import type { SeenSnapshot } from '../../sync/read-snapshots.ts'
import type { Session } from '../session/session.ts'

export interface Description {
  readonly sections: readonly Section[]
  readonly json: object
}

const arrow = (before: string | null, after: string | null): string => `${before ?? '(none)'} -> ${after ?? '(none)'}`

const valueText = ({ value, next }: DescribedAttribute): string =>
  next === undefined ? (value ?? '') : `${arrow(value, next)}  (at the next start)`

const VOLUME = /^(?:disk|mount_point)\.|^(?:rootfs|unused\d+)$/

const versionLine = ({ at, changes }: ObservedVersion): string =>
  changes.length === 0
    ? `${timeText(at)}  seen first`
    : `${timeText(at)}  ${changes.map(({ name, before, after }) => `${name}: ${arrow(before, after)}`).join('; ')}`

const snapshotLine = ({ name, time, description, withMemory }: SeenSnapshot): string =>
  [
    time === undefined ? '' : timeText(new Date(time * 1000).toISOString()),
    name,
    ...(withMemory ? ['with memory'] : []),
    ...(description === '' ? [] : [description]),
  ]
    .filter((part) => part !== '')
    .join('  ')

const snapshotsOf = async (
  session: Session,
  guest: ObservedGuest,
  fresh: boolean,
): Promise<readonly SeenSnapshot[]> => {
  if (fresh && guest.unknownSince === undefined) {
    const { readSnapshots } = await import('../../sync/read-snapshots.ts')
    const seen = await readSnapshots(await session.reader(), [guest])
    return seen.get(guest.vmid) ?? []
  }
  const taken = await session.store.runs.safetySnapshots()
  const own = taken.flatMap(({ guest: { vmid }, name }) => (vmid === guest.vmid ? [name] : []))
  const parent = guest.current['parent']
  return [...new Set([...own, ...(parent === undefined ? [] : [parent])])].map((name) => ({
    name,
    description: '',
    withMemory: false,
  }))
}

const headOf = (guest: ObservedGuest, address: string | undefined): Section => {
  const { type, vmid, name, node, status, template, pool, lock, ha, replication, addresses, unknownSince } = guest
  const optional: readonly (readonly [string, string | undefined])[] = [
    ['pool', pool],
    ['template', template ? 'yes' : undefined],
    ['locked', lock],
    ['high availability', ha],
    ['replication', replication?.join(', ')],
    ['addresses', addresses && [...addresses.ipv4, ...addresses.ipv6].join(', ')],
    ['not seen since', unknownSince && timeText(unknownSince)],
  ]
  return {
    title: `${kindOfType(type).label} ${vmid} (${name})`,
    pairs: [
      ['address', address ?? `not managed; take it over with: mpc import ${vmid}`],
      ['node', node],
      ['status', status],
      ...optional.flatMap(([key, text]) => (text === undefined || text === '' ? [] : [[key, text] as const])),
    ],
  }
}

/** Everything that is known of a guest. */
export const describeGuest = async (
  session: Session,
  guest: ObservedGuest,
  { fresh }: { readonly fresh: boolean },
): Promise<Description> => {
  const { store } = session
  const [applied, history, plans] = await Promise.all([
    store.bindings.all(),
    store.observations.historyOf(guest.vmid),
    store.changes.ofGuest(guest.vmid),
  ])
  const address = applied.find((resource) => asGuest(resource)?.guest.vmid === guest.vmid)?.address
  const snapshots = await snapshotsOf(session, guest, fresh)
  const attributes = describedAttributes(guest)
  const versions = observedVersions(history)
  const { type, vmid, name, node, status, template, pool, lock, unknownSince } = guest
  return {
    sections: [
      headOf(guest, address),
      {
        title: 'Configuration',
        pairs: attributes.filter((one) => !VOLUME.test(one.name)).map((one) => [one.name, valueText(one)]),
      },
      {
        title: 'Disks',
        pairs: attributes.filter((one) => VOLUME.test(one.name)).map((one) => [one.name, valueText(one)]),
      },
      { title: 'Snapshots', lines: snapshots.map(snapshotLine) },
      { title: 'Seen by syncs', lines: versions.map(versionLine) },
      {
        title: 'Plans',
        lines: plans.map(
          ({ at, run, status: ended, steps }) => `${timeText(at)}  ${run}  ${ended}: ${steps.join('; ')}`,
        ),
      },
    ],
    json: {
      kind: kindOfType(type).name,
      vmid,
      name,
      node,
      status,
      template,
      address: address ?? null,
      pool: pool ?? null,
      lock: lock ?? null,
      unknown_since: unknownSince ?? null,
      attributes,
      snapshots,
      versions,
      plans,
    },
  }
}
