import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { CommandOptions } from '../program/command-table.ts'

type Options = Pick<CommandOptions<'import'>, 'all' | 'tag' | 'pool' | 'node'>

const wrong = (detail: string, hint?: string): DiagnosticError =>
  new DiagnosticError([diagnose('cli.no-such-guest', { detail, hint })])

const misused = (detail: string, hint: string): DiagnosticError =>
  new DiagnosticError([diagnose('cli.bad-option', { detail, hint })])

const tagsOf = ({ current, pending }: ObservedGuest): readonly string[] =>
  ((pending['tags'] ? pending['tags'].value : current['tags']) ?? '')
    .toLowerCase()
    .split(/[;,\s]+/)
    .filter(Boolean)

const byVmid = (guests: readonly ObservedGuest[], text: string): ObservedGuest => {
  const found = guests.find(({ vmid }) => String(vmid) === text)
  if (found) return found
  const named = guests.filter(({ name }) => name === text)
  if (named.length > 0)
    throw wrong(
      `Guests are named by their VMIDs here, and "${text}" is the name of ${named.length === 1 ? 'one' : 'several'}.`,
      `mpc import ${named.map(({ vmid }) => vmid).join(' ')}`,
    )
  if (!/^\d+$/.test(text))
    throw wrong(
      `"${text}" is no VMID. Name guests by their numbers; where they are to be declared follows from their names.`,
      'mpc import 101',
    )
  throw wrong(
    `The cluster has no guest ${text} that this login sees.${suggestion(
      text,
      guests.map(({ vmid }) => String(vmid)),
    )}`,
    'mpc list guests',
  )
}

const WORDS = { tag: 'tag', pool: 'pool', node: 'node' } as const

const having = (
  guests: readonly ObservedGuest[],
  what: keyof typeof WORDS,
  wanted: readonly string[],
  namesOf: (guest: ObservedGuest) => readonly string[],
): readonly ObservedGuest[] => {
  const known = new Set(guests.flatMap(namesOf))
  const missing = wanted.find((name) => !known.has(name))
  if (missing !== undefined) throw wrong(`No guest has the ${WORDS[what]} "${missing}".${suggestion(missing, known)}`)
  return guests.filter((guest) => namesOf(guest).some((name) => wanted.includes(name)))
}

/**
 * The guests a command line asks for, by VMID. Several tags, pools or nodes mean any of them; a tag and a node mean both. Throws where nothing is
 * asked for, or there is no such guest.
 */
export const selectGuests = (
  { guests }: Pick<Observed, 'guests'>,
  args: readonly string[],
  { all, tag, pool, node }: Options,
): readonly ObservedGuest[] => {
  const isFiltered = tag !== undefined || pool !== undefined || node !== undefined
  if (args.length > 0 && (all === true || isFiltered))
    throw misused(
      'Say which guests by their VMIDs, or by --all, --tag, --pool and --node, not both.',
      'mpc import 101 102',
    )
  if (args.length === 0 && all !== true && !isFiltered)
    throw misused(
      'Say which guests to import.',
      'mpc import --all   or   mpc import 101 102   or   --tag, --pool, --node',
    )
  if (args.length > 0) {
    const chosen = new Set(args.map((text) => byVmid(guests, text)))
    return guests.filter((guest) => chosen.has(guest))
  }
  let chosen = guests
  if (tag)
    chosen = having(
      chosen,
      'tag',
      tag.map((name) => name.toLowerCase()),
      tagsOf,
    )
  if (pool) chosen = having(chosen, 'pool', pool, ({ pool: own }) => (own === undefined ? [] : [own]))
  if (node) chosen = having(chosen, 'node', node, ({ node: own }) => [own])
  return chosen
}
