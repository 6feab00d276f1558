import type { Plan, Step } from '../../plan/plan.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'
import { hiddenInSteps } from '../../resource/hidden-keys.ts'
import { type ApplyDependencies, DEFAULT_PATIENCE, type Patience } from '../apply-dependencies.ts'
import type { ApplyEvent } from '../apply-event.ts'
import { foreignKeys, type RequestEffect, renewsIdentity, touchedKeys } from '../effect/request-effect.ts'
import type { JournalEntry } from '../journal.ts'
import type { Measure } from '../measure/measured.ts'
import { type Asking, type GuestReading, type GuestView, readGuest } from '../observe/read-guest.ts'
import { sameIdentity } from '../observe/same-identity.ts'

/** What the executor knows of a guest while a run goes on. */
export interface GuestKnowledge {
  /** The last look; undefined before the first, null when there was no guest. */
  view: GuestView | null | undefined
  /** Keys that requests sent since the last look may have changed; undefined: any. */
  touched: readonly string[] | undefined
  /** A request was sent since the last look. */
  dirty: boolean
  /** Who the guest is: what our own requests cannot have changed stays as it was first seen. */
  identity: GuestIdentity | undefined
  /** Requests sent since the last look may have made it known by other marks. */
  renewed: boolean
  /** Keys somebody else changed while the run was going on. */
  foreign: readonly string[]
  /** Keys that undoing has written again after a rollback to a snapshot: the server may have chosen other values for them. */
  rewritten: readonly string[]
}

/** A node's time, and when by our monotonic clock it was asked. Each node has a clock of its own, and none need agree. */
export interface NodeClock {
  /** Unix seconds. */
  readonly time: number
  /** Milliseconds. */
  readonly asked: number
}

/** Everything one run carries about; the only state of the executor that changes. */
export interface RunContext {
  readonly world: ApplyDependencies
  readonly patience: Patience
  readonly asking: Asking
  readonly run: string
  readonly plan: Plan
  readonly emit: (event: ApplyEvent) => void
  /** What steps gave, by step. */
  readonly outputs: Map<string, Readonly<Record<string, string>>>
  readonly guests: Map<number, GuestKnowledge>
  /** Guests this run made, so that undoing never destroys another one. */
  readonly made: Map<number, GuestIdentity>
  /** UPIDs whose requests are known, so that a lost answer is not settled with another request's task. */
  readonly tasks: Set<string>
  /** What nodes said of their time. */
  readonly clocks: Map<string, NodeClock>
  /** When the run began, by each node's clock, where an earlier process began it. Unix seconds. */
  readonly began: Map<string, number>
  /** ISO 8601, by our clock: the picture of the cluster that the plan was made from. Undefined: not known. */
  readonly asOf: string | undefined
  /** Guests and pools before the run's first write to them, by subject; undefined where the server did not show them. */
  readonly before: Map<string, Promise<Measure | undefined>>
}

export const isoNow = (ctx: RunContext): string => ctx.world.clock.now().toISOString()

/** Writes to the journal; entries of one call are durable together. */
export const record = async (ctx: RunContext, entries: readonly JournalEntry[]): Promise<void> => {
  if (entries.length > 0) await ctx.world.journal.record(entries)
}

export const makeContext = (
  world: ApplyDependencies,
  run: string,
  plan: Plan,
  emit: (event: ApplyEvent) => void,
  asOf?: string,
): RunContext => {
  const patience = world.patience ?? DEFAULT_PATIENCE
  return {
    world,
    patience,
    asking: {
      server: world.server,
      clock: world.clock,
      waits: patience.unreachable,
      hidden: hiddenInSteps(plan.steps),
    },
    run,
    plan,
    emit,
    outputs: new Map(),
    guests: new Map(),
    made: new Map(),
    tasks: new Set(),
    clocks: new Map(),
    began: new Map(),
    asOf,
    before: new Map(),
  }
}

/** The task belongs to a request that is known. */
export const noteTask = (ctx: RunContext, upid: string): void => {
  ctx.tasks.add(upid)
}

export const knowledgeOf = (ctx: RunContext, { vmid }: { readonly vmid: number }): GuestKnowledge => {
  const known = ctx.guests.get(vmid)
  if (known) return known
  const fresh: GuestKnowledge = {
    view: undefined,
    touched: [],
    dirty: false,
    identity: undefined,
    renewed: false,
    foreign: [],
    rewritten: [],
  }
  ctx.guests.set(vmid, fresh)
  return fresh
}

/** A request that may change a guest is about to leave. */
export const noteWrite = (ctx: RunContext, guest: GuestRef, effect: RequestEffect): void => {
  const known = knowledgeOf(ctx, guest)
  const touched = touchedKeys(effect)
  known.touched = touched && known.touched && [...known.touched, ...touched]
  known.renewed ||= renewsIdentity(effect)
  known.dirty = true
}

/** A request that undoes a step is about to leave, or has left before. */
export const noteUndoing = (ctx: RunContext, { reversal }: Step, effect: RequestEffect): void => {
  if (reversal.by !== 'snapshot' || effect.kind !== 'config' || effect.keys === 'all') return
  const known = knowledgeOf(ctx, effect.guest)
  known.rewritten = [...known.rewritten, ...(touchedKeys(effect) ?? [])]
}

/** Looks at a guest now, and notices what somebody else has changed since the last look. */
export const lookAt = async (ctx: RunContext, guest: GuestRef): Promise<GuestReading> => {
  const known = knowledgeOf(ctx, guest)
  const reading = await readGuest(ctx.asking, guest)
  if (reading.kind === 'unreadable') return reading
  const view = reading.kind === 'present' ? reading.view : null
  if (known.view && view && known.touched)
    known.foreign = [
      ...new Set([...known.foreign, ...foreignKeys(guest.type, known.view.raw, view.raw, known.touched)]),
    ]
  const replaced = view && !known.renewed && known.identity && !sameIdentity(known.identity, view.identity)
  if (view && !replaced) {
    known.identity = view.identity
    known.renewed = false
  }
  known.view = view
  known.touched = []
  known.dirty = false
  return reading
}

/** The last look, or a new one when requests were sent since. */
export const currentView = async (ctx: RunContext, guest: GuestRef): Promise<GuestReading> => {
  const { view, dirty } = knowledgeOf(ctx, guest)
  if (dirty || view === undefined) return lookAt(ctx, guest)
  return view === null ? { kind: 'absent' } : { kind: 'present', view }
}
