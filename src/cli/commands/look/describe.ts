import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../../diagnostic/diagnostic-error.ts'
import { kindOfType } from '../../../kinds/registry.ts'
import { timeText } from '../../../render/duration-text.ts'
import { sectionsText } from '../../../render/inventory/sections.ts'
import type { Applied } from '../../../resource/applied.ts'
import type { Observed, ObservedGuest } from '../../../resource/observed.ts'
import { asGuest, isOfGuest } from '../../../resource/resource-kind.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { EXIT } from '../../exit-code.ts'
import { type Description, describeGuest } from '../../inventory/describe-guest.ts'
import { describeNode, describePool, describeStorage } from '../../inventory/describe-place.ts'
import type { RunCommand } from '../../program/command-context.ts'
import { lastSync, type Session, withSession } from '../../session/session.ts'

const KINDS = ['guest', 'vm', 'container', 'node', 'storage', 'pool'] as const
type Kind = (typeof KINDS)[number]

const unknown = (what: string, name: string, candidates: readonly string[], hint: string): DiagnosticError =>
  new DiagnosticError([
    diagnose('cli.no-such-thing', {
      detail: `The last sync saw no ${what} "${name}".${suggestion(name, new Set(candidates))}`,
      hint,
    }),
  ])

const ofKind = (kind: Kind, { type }: ObservedGuest): boolean => kind === 'guest' || kindOfType(type).name === kind

/** By VMID, by address, or by a name that only one has. */
const findGuest = (kind: Kind, name: string, { guests }: Observed, applied: Applied): ObservedGuest => {
  const own = guests.filter((guest) => ofKind(kind, guest))
  const address = asGuest(applied.find((resource) => resource.address === name.trim()))?.guest.vmid
  const byNumber = own.find(({ vmid }) => String(vmid) === name || vmid === address)
  if (byNumber) return byNumber
  const named = own.filter((guest) => guest.name === name)
  const [only, ...others] = named
  if (only && others.length === 0) return only
  if (only)
    throw new DiagnosticError([
      diagnose('cli.bad-option', {
        detail: `${named.length} guests are called "${name}": ${named.map(({ vmid, node }) => `${vmid} on ${node}`).join(', ')}. Give the VMID.`,
        hint: `mpc describe ${kind} ${only.vmid}`,
      }),
    ])
  const candidates = [
    ...own.map((guest) => guest.name),
    ...own.map(({ vmid }) => String(vmid)),
    ...applied.map((resource) => resource.address),
  ]
  throw unknown(kind, name, candidates, 'mpc list guests')
}

const known = (what: 'node' | 'storage' | 'pool', name: string, names: readonly string[]): string => {
  if (names.includes(name)) return name
  throw unknown(what, name, names, `mpc list ${what}s`)
}

const describe = async (
  session: Session,
  kind: Kind,
  name: string,
  observed: Observed,
  fresh: boolean,
): Promise<Description> => {
  const applied = await session.store.bindings.all()
  switch (kind) {
    case 'node':
      return describeNode(
        observed,
        known(
          'node',
          name,
          observed.nodes.map(({ node }) => node),
        ),
      )
    case 'storage':
      return describeStorage(
        observed,
        known(
          'storage',
          name,
          observed.storages.map(({ storage }) => storage),
        ),
      )
    case 'pool': {
      const bound = applied.find(({ address }) => address === name)
      const poolid = bound && !isOfGuest(bound) ? bound.poolid : name
      return describePool(
        observed,
        applied,
        known(
          'pool',
          poolid,
          observed.pools.map((pool) => pool.poolid),
        ),
      )
    }
    default:
      return describeGuest(session, findGuest(kind, name, observed, applied), { fresh })
  }
}

export const run: RunCommand<'describe'> = (context, { args: [word = '', given], options }) =>
  withSession(context, async (session) => {
    const { io, global, paint, print, printJson, note, report } = context
    const kind = KINDS.find((known) => known === word || `${known}s` === word)
    // A guest is what people mean when they say nothing else.
    const name = given ?? (kind === undefined ? word : undefined)
    if (name === undefined || (kind === undefined && given !== undefined)) {
      const detail =
        name === undefined
          ? `Say which ${word}.`
          : `There is no "${word}" to describe.${suggestion(word, KINDS)} There are: ${KINDS.join(', ')}.`
      report([diagnose('cli.bad-option', { detail, hint: 'mpc describe vm 101' })])
      return EXIT.usage
    }
    const fresh = options.refresh === true
    const { observed, syncedAt } = fresh ? await session.sync() : await lastSync(session)
    const description = await describe(session, kind ?? 'guest', name, observed, fresh)
    if (global.json) printJson({ type: 'description', as_of: syncedAt, ...description.json })
    else print(sectionsText(description.sections, { room: io.stdout.columns, paint }))
    note(`\nAs of ${timeText(syncedAt)}.${fresh ? '' : ' mpc describe --refresh reads the cluster first.'}\n`)
    return EXIT.done
  })
