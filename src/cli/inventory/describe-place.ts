import { kindOfType } from '../../kinds/registry.ts'
import { storageOf } from '../../kinds/value/volume.ts'
import { listNodes, listPools, listStorages } from '../../render/inventory/list-places.ts'
import { type Cell, cellText, type Row } from '../../render/inventory/row.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import type { Description } from './describe-guest.ts'

const guestLine = ({ type, vmid, name, status }: ObservedGuest): string =>
  `${kindOfType(type).label} ${vmid} (${name})  ${status}`

const pairsOf = (row: Row): readonly (readonly [string, string])[] =>
  Object.entries(row).flatMap(([column, cell]): readonly (readonly [string, string])[] => {
    const text = cellText(column, cell as Cell)
    return text === '' ? [] : [[column.replaceAll('_', ' '), text]]
  })

const membersJson = (guests: readonly ObservedGuest[]) => guests.map(({ vmid, name }) => ({ vmid, name }))

export const describeNode = (observed: Observed, node: string): Description => {
  const row = listNodes(observed).rows.find((one) => one['node'] === node) ?? {}
  const guests = observed.guests.filter((guest) => guest.node === node)
  const storages = listStorages(observed).rows.filter((one) => one['node'] === node)
  return {
    sections: [
      { title: `Node ${node}`, pairs: pairsOf(row) },
      {
        title: 'Storages',
        lines: storages.map(
          (one) =>
            `${one['storage']}  ${one['type']}  ${cellText('used', one['used'])} of ${cellText('total', one['total'])}`,
        ),
      },
      { title: 'Guests', lines: guests.map(guestLine) },
    ],
    json: { kind: 'node', ...row, members: membersJson(guests), storages },
  }
}

const hasVolumeOn = ({ current }: ObservedGuest, storage: string): boolean =>
  Object.values(current).some(
    (text) => storageOf(text.split(',')[0]?.replace(/^(?:file|volume)=/, '') ?? '') === storage,
  )

export const describeStorage = (observed: Observed, storage: string): Description => {
  const rows = listStorages(observed).rows.filter((one) => one['storage'] === storage)
  const guests = observed.guests.filter((guest) => hasVolumeOn(guest, storage))
  const [first] = rows
  return {
    sections: [
      {
        title: `Storage ${storage}`,
        pairs: [
          ['type', String(first?.['type'] ?? '')],
          ['content', cellText('content', first?.['content'])],
          ...rows.map(
            (one) =>
              [
                String(one['node']),
                `${cellText('used', one['used'])} of ${cellText('total', one['total'])} used${one['active'] === true ? '' : ', not active'}`,
              ] as const,
          ),
        ],
      },
      { title: 'Guests with volumes on it', lines: guests.map(guestLine) },
    ],
    json: { kind: 'storage', storage, nodes: rows, members: membersJson(guests) },
  }
}

export const describePool = (observed: Observed, applied: Applied, pool: string): Description => {
  const row = listPools(observed, applied).rows.find((one) => one['pool'] === pool) ?? {}
  const guests = observed.guests.filter((guest) => guest.pool === pool)
  return {
    sections: [
      { title: `Pool ${pool}`, pairs: pairsOf(row) },
      { title: 'Guests', lines: guests.map(guestLine) },
    ],
    json: { kind: 'pool', ...row, members: membersJson(guests) },
  }
}
