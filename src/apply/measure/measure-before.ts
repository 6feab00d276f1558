import type { Step } from '../../plan/plan.ts'
import { effectOf } from '../effect/request-effect.ts'
import type { JournalEntry } from '../journal.ts'
import type { RunContext } from '../request/run-context.ts'
import { measureGuest, measurePool, poolLost, poolsOf, sidesOf } from './measure.ts'
import type { Measure } from './measured.ts'

/** Reads a thing once in a run, however many steps ask for it at once. */
const once = (
  { before }: RunContext,
  subject: string,
  read: () => Promise<Measure | undefined>,
): Promise<Measure | undefined> => {
  const known = before.get(subject)
  if (known) return known
  const reading = read()
  before.set(subject, reading)
  return reading
}

const guestBefore = async (ctx: RunContext, { guest, expects }: Step): Promise<Measure | undefined> => {
  if (!guest) return undefined
  return once(ctx, `guest/${guest.vmid}`, async () => {
    const sides = sidesOf(ctx.plan).get(guest.vmid)
    if (expects?.absent || !sides) return { kind: 'guest', guest }
    return measureGuest(ctx.asking, guest, sides)
  })
}

const poolsBefore = (ctx: RunContext, step: Step): readonly Promise<Measure | undefined>[] => {
  const changed = step.requests.map(effectOf).flatMap((effect) => ('poolid' in effect ? [effect.poolid] : []))
  const lost = poolLost(step)
  return [...changed, ...(lost === undefined ? [] : [lost])].map((poolid) => {
    const vmids = poolsOf(ctx.plan).get(poolid) ?? []
    return once(ctx, `pool/${poolid}`, () => measurePool(ctx.asking, poolid, vmids))
  })
}

/** What a step is about to change, as it is before the run's first write to it; to be recorded together with the step's first intent. */
export const measureBefore = async (ctx: RunContext, step: Step): Promise<readonly JournalEntry[]> => {
  if (step.requests.every(({ method }) => method === 'GET')) return []
  const measures = await Promise.all([guestBefore(ctx, step), ...poolsBefore(ctx, step)])
  return measures.flatMap((measure) => (measure ? [{ type: 'measured', run: ctx.run, measure } as const] : []))
}
