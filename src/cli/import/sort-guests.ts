import type { UnfinishedRun } from '../../apply/journal.ts'
import { knownGuests } from '../../plan/binding/known-guests.ts'
import { declaredDoubles } from '../../plan/guest/unmanaged-guests.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../plan/plan-options.ts'
import type { Address } from '../../resource/address.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Desired } from '../../resource/desired.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import type { LeftOut } from './compose.ts'
import type { Pair } from './prove.ts'

/** What is to become of the guests that were asked for. */
export interface Sorted {
  /** Neither declared nor bound. */
  readonly fresh: readonly ObservedGuest[]
  /** Declared already, and to be bound to that. */
  readonly declared: readonly (Pair & { readonly guest: ObservedGuest })[]
  readonly managed: readonly (Pair & { readonly guest: ObservedGuest })[]
  readonly leftOut: readonly LeftOut[]
  /** Declared pools of these guests that are there and not bound. */
  readonly pools: readonly Pair[]
}

type Collected = { -readonly [K in Exclude<keyof Sorted, 'pools'>]: Sorted[K][number][] }

interface Known {
  readonly desired: Desired
  readonly applied: Applied
  readonly observed: Observed
  readonly unfinished: readonly UnfinishedRun[]
}

/** Guests that declarations and `import` blocks speak for, by VMID. */
const spokenFor = ({ desired, applied, observed }: Known) => {
  const bound = new Map(
    applied.flatMap((resource) => (isOfGuest(resource) ? [[resource.guest.vmid as number, resource.address]] : [])),
  )
  const twins = new Map<number, { readonly address: Address; readonly others: number }>()
  for (const { desired: guest, existing, others } of declaredDoubles(
    desired,
    observed,
    applied,
    DEFAULT_PLAN_OPTIONS,
  )) {
    const known = { address: guest.address, others: others.length }
    for (const { vmid } of [existing, ...others]) if (!twins.has(vmid)) twins.set(vmid, known)
  }
  const blocks = new Map<number, Address>()
  for (const [address, { guest }] of knownGuests(desired, observed, applied, DEFAULT_PLAN_OPTIONS))
    if (guest) blocks.set(guest.vmid, address)
  return { bound, twins, blocks }
}

const unreadable = ({ unknownSince, status, node }: ObservedGuest, { observed }: Known): string | undefined => {
  if (unknownSince !== undefined) return `node ${node} has not answered since ${unknownSince}`
  const isOnline = observed.nodes.some((other) => other.node === node && other.status === 'online')
  return status === 'unknown' || !isOnline ? `node ${node} did not answer` : undefined
}

const touchedBy = (runs: readonly UnfinishedRun[]): ReadonlySet<number> =>
  new Set(runs.flatMap(({ plan }) => plan.steps.flatMap(({ guest }) => (guest ? [guest.vmid as number] : []))))

const openPools = (guests: readonly ObservedGuest[], { desired, applied }: Known): readonly Pair[] => {
  const used = new Set(guests.flatMap(({ pool }) => pool ?? []))
  const bound = new Set(applied.flatMap((resource) => (isOfGuest(resource) ? [] : [resource.poolid])))
  return desired.resources.flatMap((resource) =>
    resource.kind === 'pool' && used.has(resource.poolid) && !bound.has(resource.poolid)
      ? [{ address: resource.address }]
      : [],
  )
}

/** Tells guests that are to be declared from those that are declared, managed, or not to be had now. */
export const sortGuests = (guests: readonly ObservedGuest[], known: Known): Sorted => {
  const { bound, twins, blocks } = spokenFor(known)
  const touched = touchedBy(known.unfinished)
  const sorted: Collected = { fresh: [], declared: [], managed: [], leftOut: [] }
  const leave = (guest: ObservedGuest, why: string) => void sorted.leftOut.push({ guest, why })
  for (const guest of guests) {
    const [address, twin, block] = [bound.get(guest.vmid), twins.get(guest.vmid), blocks.get(guest.vmid)]
    const unread = unreadable(guest, known)
    if (address !== undefined) sorted.managed.push({ address, guest })
    else if (block !== undefined) leave(guest, `an \`import\` block binds it to ${block} with the next mpc apply`)
    else if (touched.has(guest.vmid)) leave(guest, 'a run that was cut short was at work on it: mpc recover ends it')
    else if (unread !== undefined) leave(guest, unread)
    else if (twin && twin.others > 0)
      leave(
        guest,
        `${twin.address} is declared with its name, and ${twin.others + 1} guests have that name: say which with an \`import\` block`,
      )
    else if (twin) sorted.declared.push({ address: twin.address, guest })
    else sorted.fresh.push(guest)
  }
  const taken = [...sorted.fresh, ...sorted.declared.map(({ guest }) => guest)]
  return { ...sorted, pools: openPools(taken, known) }
}
