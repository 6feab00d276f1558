import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Address } from '../../src/resource/address.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Server } from '../../src/resource/server.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { makeWorkbench, type Workbench } from '../apply/workbench.ts'
import { type Random, randomOf } from '../plan/random-world.ts'
import { at } from '../plan/samples.ts'
import { type Comparable, comparable, differences } from './comparable.ts'
import { doSomething } from './others.ts'
import { changedDeclarations, randomCluster, randomDeclarations } from './random-cluster.ts'
import { GONE, TROUBLES, type Trouble, troubleAt } from './trouble.ts'

interface Trial {
  readonly seed: number
  readonly bench: Workbench
  readonly random: Random
  /** What happened so far, for whoever has to find out why. */
  readonly story: string[]
  /** Guests that somebody else has touched since the plan at hand was made. */
  readonly touched: Set<number>
}

interface Wanted {
  readonly desired: Desired
  readonly excludes: readonly Address[]
  readonly plan?: Plan
}

/** A plan that undoes a run, and what was told with it. */
interface Reverting {
  readonly plan: Plan
  readonly told: readonly Diagnostic[]
}

const fail = ({ seed, story }: Trial, what: string, lines: readonly string[] = []): never =>
  assert.unreachable([`seed ${seed}: ${what}`, ...lines, ...story.map((line) => `  | ${line}`)].join('\n')) as never

const observe = async ({ client }: Workbench) =>
  (await syncCluster(client, { now: '2026-01-01T00:00:00.000Z', principal: client.principal })).observed

const snapshotOf = ({ bench }: Trial): Comparable => comparable(structuredClone(bench.simulator.facts()))

/** What is planned for these declarations, without the resources that the planner refuses. */
const planned = async ({ bench, story }: Trial, desired: Desired, from: readonly Address[] = []): Promise<Wanted> => {
  let excludes = from
  const applied = await bench.store.bindings.all()
  const safetySnapshots = await bench.store.runs.safetySnapshots()
  const observed = await observe(bench)
  for (let attempt = 0; attempt < 4; attempt++) {
    const options = { ...DEFAULT_PLAN_OPTIONS, safetySnapshots, excludes }
    const { value: plan, diagnostics } = planChanges(desired, observed, applied, options)
    if (plan) return { desired, excludes, plan }
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    story.push(`refused: ${errors.map(({ code, address }) => `${address} ${code}`).join(', ')}`)
    excludes = [...excludes, ...errors.flatMap(({ address }) => (address === undefined ? [] : [at(address)]))]
  }
  return { desired, excludes }
}

/** The guest that a line of differences is about. */
export const vmidOf = (line: string): number =>
  Number(/^(?:volume \S*?vm-|right \{"path":"\/vms\/|(?:qemu|lxc)\/)(\d+)/.exec(line)?.[1])

/** Whether a difference is told: by the guest's VMID or address, or the pool's. */
const isNamed = (diagnostics: readonly Diagnostic[], { steps }: Plan, line: string): boolean => {
  const said = diagnostics.map(({ address = '', detail }) => `${address} ${detail}`).join('\n')
  if (line.startsWith('pool ')) return /pool/.test(said)
  const vmid = vmidOf(line)
  const addresses = steps.filter(({ guest }) => guest?.vmid === vmid).map(({ address }) => address)
  return said.includes(String(vmid)) || addresses.some((address) => said.includes(address))
}

const saidBy = ({ status, asBefore, diagnostics }: RunOutcome): string =>
  `${status}${asBefore ? ', as before' : ''}: ${diagnostics.map(({ code, detail }) => `${code} ${detail}`).join(' / ')}`

/** What changed of guests that nobody else has touched meanwhile. */
const changedBetween = ({ touched }: Trial, before: Comparable, after: Comparable): readonly string[] =>
  differences(before, after).filter((line) => !touched.has(vmidOf(line)))

const checkUndone = (trial: Trial, plan: Plan, before: Comparable, outcome: RunOutcome): void => {
  const changed = changedBetween(trial, before, snapshotOf(trial))
  if (outcome.status === 'rolled-back' && changed.length > 0) fail(trial, 'said to be undone, and is not', changed)
  if (outcome.status !== 'incomplete') return
  const silent = changed.filter((line) => !isNamed(outcome.diagnostics, plan, line))
  if (silent.length > 0) fail(trial, 'left behind and not named', silent)
}

/** After an apply the same declarations ask for nothing, but where somebody else changed something since the plan. */
const checkApplied = async (trial: Trial, { desired, excludes }: Wanted): Promise<void> => {
  const { plan: again } = await planned(trial, desired, excludes)
  const rest = again?.changes.filter(
    ({ action, guest }) => action !== 'bind' && !(guest && trial.touched.has(guest.vmid)),
  )
  if (rest && rest.length > 0) fail(trial, 'applied, and planned again', [JSON.stringify(rest)])
}

/** A revert that says all is as before the run it undid is held to that; what it does not bring back it names. */
const checkReverted = (trial: Trial, { plan, told }: Reverting, origin: Comparable, outcome: RunOutcome): void => {
  // A guest that is retained stays, renamed and switched off, as the plan had shown.
  const retained = plan.steps.filter(({ requests }) => JSON.stringify(requests).includes('mpc-retained'))
  const isRetained = (vmid: number | undefined) => retained.some(({ guest }) => guest?.vmid === vmid)
  const guests = new Set(
    plan.steps.map(({ guest }) => guest?.vmid as number | undefined).filter((vmid) => !isRetained(vmid)),
  )
  const changed = changedBetween(trial, origin, snapshotOf(trial)).filter((line) => guests.has(vmidOf(line)))
  if (outcome.asBefore && changed.length > 0) fail(trial, 'said to be as before the reverted run, and is not', changed)
  const silent = changed.filter((line) => !isNamed([...told, ...outcome.diagnostics], plan, line))
  if (silent.length > 0) fail(trial, 'not brought back by the revert, and not named', silent)
}

const describe = ({ steps }: Plan): string => steps.map(({ id, disruption }) => `${id} [${disruption}]`).join(', ')

/** The process ends as soon as the server has taken the nth write. */
const dying = ({ client }: Workbench, wanted: number): Server => {
  let count = 0
  const isGone = () => count >= wanted
  return {
    ...client,
    send: async (request, signal) => {
      if (isGone()) throw new Error(GONE)
      const answer = await client.send(request, signal)
      if (request.method !== 'GET') count += 1
      if (isGone()) throw new Error(GONE)
      return answer
    },
    waitForTask: async (...task) => {
      if (isGone()) throw new Error(GONE)
      return client.waitForTask(...task)
    },
  }
}

const unlessGone = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (String(error).includes(GONE)) return undefined
    throw error
  }
}

interface Planned {
  readonly kind: Trouble
  readonly nth: number
}

const randomTrouble = ({ random }: Trial, plan: Plan): Planned => ({
  kind: random.pick(TROUBLES),
  nth: 1 + random.below(plan.steps.length + 2),
})

/** Somebody does something, maybe; mpc is not told. */
const somebody = async (trial: Trial, share: number): Promise<void> => {
  const { random, bench, story, touched } = trial
  if (!random.chance(share)) return
  const done = await doSomething(random, bench.simulator, bench.guard)
  if (!done) return
  touched.add(done.vmid)
  story.push(`somebody: ${done.deed}`)
}

const recoverAll = async (trial: Trial): Promise<RunOutcome | undefined> => {
  const { bench, random, story } = trial
  if (random.chance(0.3)) {
    const nth = 1 + random.below(4)
    story.push(`recovery killed at write ${nth}`)
    const outcomes = await unlessGone(() => bench.recover({ server: dying(bench, nth) }))
    if (outcomes) return outcomes.at(-1)
  }
  const direction = random.chance(0.2) ? 'finish' : 'undo'
  story.push(`recovered: ${direction}`)
  return (await bench.recover({}, direction)).at(-1)
}

/** Carries a plan out while something goes wrong, and ends what is left unfinished. */
const carryOut = async (trial: Trial, plan: Plan): Promise<RunOutcome> => {
  const { bench, random, story } = trial
  const { kind, nth } = randomTrouble(trial, plan)
  story.push(`plan: ${describe(plan)}`, `write ${nth}: ${kind}`)
  const more = { parallelism: 1 + random.below(4), ...(kind === 'killed' && { server: dying(bench, nth) }) }
  const mend = troubleAt(bench.simulator, nth, kind)
  const first = await unlessGone(() => bench.apply(plan, more))
  mend()
  const last = first && !first.suspended ? first : ((await recoverAll(trial)) ?? first)
  if (!last) return fail(trial, 'killed, and nothing to recover')
  if (last.suspended) story.push('still suspended')
  story.push(saidBy(last))
  return last
}

const revertOf = async ({ bench, story }: Trial, plan: Plan): Promise<Reverting | undefined> => {
  const { value: run } = await bench.store.runs.finished(plan.id)
  if (!run) return undefined
  const { value, diagnostics } = planRevert(run, await observe(bench), await bench.store.bindings.all())
  story.push(
    `revert: ${value ? '' : 'refused '}${diagnostics.map(({ code, detail }) => `${code} ${detail}`).join(' / ')}`,
  )
  return value && { plan: value, told: diagnostics }
}

/** Reverts a finished run some time later; `origin`: how it was before that run. */
const revert = async (trial: Trial, plan: Plan, origin: Comparable, depth: number): Promise<void> => {
  await somebody(trial, 0.4)
  const reverting = await revertOf(trial, plan)
  if (!reverting || reverting.plan.steps.length === 0) return
  const before = snapshotOf(trial)
  const outcome = await carryOut(trial, reverting.plan)
  checkUndone(trial, reverting.plan, before, outcome)
  if (outcome.status !== 'applied') return
  checkReverted(trial, reverting, origin, outcome)
  if (depth > 0) await revert(trial, reverting.plan, before, depth - 1)
}

const applyDeclared = async (trial: Trial, desired: Desired): Promise<void> => {
  const wanted = await planned(trial, desired)
  const { plan } = wanted
  if (!plan || plan.steps.length === 0) return
  trial.touched.clear()
  await somebody(trial, 0.3)
  const before = snapshotOf(trial)
  const outcome = await carryOut(trial, plan)
  checkUndone(trial, plan, before, outcome)
  if (outcome.status !== 'applied') return
  await checkApplied(trial, wanted)
  trial.touched.clear()
  await revert(trial, plan, before, 2)
}

/** One random history: a cluster, declarations that are applied, deeds of others, other declarations, trouble, reverts. */
export const runTrial = async (seed: number): Promise<void> => {
  const random = randomOf(seed)
  const cluster = randomCluster(random)
  const bench = await makeWorkbench({ from: cluster, seed })
  const trial: Trial = { seed, bench, random, story: [], touched: new Set() }
  try {
    const first = randomDeclarations(random, cluster)
    const wanted = await planned(trial, first)
    const { plan: begin } = wanted
    if (!begin) return
    trial.story.push(`first: ${describe(begin)}`)
    const before = snapshotOf(trial)
    const outcome = await bench.apply(begin)
    trial.story.push(saidBy(outcome))
    checkUndone(trial, begin, before, outcome)
    if (outcome.status === 'applied') await checkApplied(trial, wanted)
    await somebody(trial, 0.5)
    await somebody(trial, 0.3)
    await applyDeclared(trial, changedDeclarations(random, first, cluster))
  } catch (error) {
    if (error instanceof assert.Assertion && error.message.startsWith(`seed ${seed}`)) throw error
    const story = trial.story.map((line) => `  | ${line}`).join('\n')
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.stack : error}\n${story}`)
  } finally {
    await bench.close()
  }
}
