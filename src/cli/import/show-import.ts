import { relative } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import type { DeclaredGuest } from '../../export/declaration/declare-guests.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { tableText } from '../../render/table.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { counted } from '../../util/counted.ts'
import type { CommandContext } from '../program/command-context.ts'
import type { Composed, LeftOut } from './compose.ts'
import type { Sorted } from './sort-guests.ts'

const MOST_SHOWN = 20

const typeWord = ({ type }: ObservedGuest): string => kindOfType(type).label

const keysOf = ({ left }: DeclaredGuest): string => left.map(({ key }) => key).join(', ')

/** "guests.mpc.hcl", or how many files there are. */
const filesText = (folder: string, { drafts }: Composed): string => {
  const names = drafts.map(
    ({ path, before }) => `${relative(folder, path)}${before === undefined ? '' : ' (added to)'}`,
  )
  return names.length <= 3 ? names.join(', ') : `${names.length} files, from ${names[0]} to ${names.at(-1)}`
}

/** What would be written and bound, before it is asked for. */
export const importText = (
  { io, paint }: CommandContext,
  folder: string,
  composed: Composed,
  declared: Sorted['declared'],
): string => {
  const rows = [
    ...composed.pools.map(({ address, attributes }) => [
      address,
      'pool',
      String(attributes[0]?.name === 'poolid' ? attributes[0].value : address.slice(5)),
      '',
      '',
    ]),
    ...composed.declared.map((one) => [
      one.block.address,
      typeWord(one.guest),
      `${one.guest.vmid} (${one.guest.name})`,
      one.guest.node,
      keysOf(one),
    ]),
    ...declared.map(({ address, guest }) => [
      address,
      typeWord(guest),
      `${guest.vmid} (${guest.name})`,
      guest.node,
      'declared already',
    ]),
  ]
  const columns = ['ADDRESS', '', 'GUEST', 'NODE', 'NOT DECLARED'].map((title) => ({ title }))
  const shown = tableText(columns, rows.slice(0, MOST_SHOWN), { room: io.stdout.columns, paint })
  const more = rows.length > MOST_SHOWN ? `… and ${rows.length - MOST_SHOWN} more\n` : ''
  const where = composed.drafts.length === 0 ? '' : `Would write ${filesText(folder, composed)}.\n`
  return `${shown}${more}\n${where}Nothing on the cluster is changed.\n`
}

/** One warning for each reason. */
export const leftOutDiagnostics = (leftOut: readonly LeftOut[]) => {
  const byReason = new Map<string, ObservedGuest[]>()
  for (const { guest, why } of leftOut) byReason.set(why, [...(byReason.get(why) ?? []), guest])
  return [...byReason].map(([why, guests]) => {
    const names = guests.slice(0, 10).map(({ vmid, name }) => `${vmid} (${name})`)
    const more = guests.length > 10 ? ` and ${guests.length - 10} more` : ''
    return diagnose('cli.import-left-out', { detail: `${names.join(', ')}${more}: ${why.replace(/\.$/, '')}.` })
  })
}

/** What was done. */
export const importedText = (
  folder: string,
  composed: Composed,
  declared: Sorted['declared'],
  others: number | undefined,
): string => {
  const guests = composed.declared.length + declared.length
  const pools = composed.pools.length === 0 ? '' : ` and ${counted(composed.pools.length, 'pool')}`
  const where = composed.drafts.length === 0 ? '' : ` Wrote ${filesText(folder, composed)}.`
  const plan =
    others === undefined
      ? 'The rest of the declarations cannot be planned as they are: mpc plan says why.'
      : others === 0
        ? 'The plan is empty.'
        : `The plan changes nothing of what was imported, and ${counted(others, 'other resource')}: mpc plan`
  return `Imported ${counted(guests, 'guest')}${pools}.${where}\n${plan}\n`
}

/** The same for machines. */
export const importedJson = (
  folder: string,
  composed: Composed,
  declared: Sorted['declared'],
  leftOut: readonly LeftOut[],
): object => ({
  type: 'imported',
  files: composed.drafts.map(({ path }) => relative(folder, path)),
  guests: [
    ...composed.declared.map(({ block, guest, left }) => ({
      address: block.address,
      vmid: guest.vmid,
      not_declared: left.map(({ key, why }) => ({ key, why })),
    })),
    ...declared.map(({ address, guest }) => ({ address, vmid: guest.vmid, not_declared: [] })),
  ],
  pools: composed.pools.map(({ address }) => address),
  left_out: leftOut.map(({ guest, why }) => ({ vmid: guest.vmid, name: guest.name, why })),
})
