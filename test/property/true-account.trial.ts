import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { lostContents, type WorldFacts } from '../../src/simulator/fact/world-facts.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { makeWorkbench, type Workbench } from '../apply/workbench.ts'
import { type Random, randomOf } from '../plan/random-world.ts'
import { comparable, differences } from './comparable.ts'
import { doSomething } from './others.ts'
import { changedDeclarations, randomCluster, randomDeclarations } from './random-cluster.ts'

/**
 * What mpc says of the cluster against what the cluster is: random plans on random clusters with running guests, other people's changes,
 * strangers under reused VMIDs, and something that fails at a random request. `MPC_TRIALS` says how many, `MPC_SEED` where to begin.
 */
const TRIALS = Number(process.env['MPC_TRIALS'] ?? 150)
const FIRST = Number(process.env['MPC_SEED'] ?? 1)

const FAILURES = ['refused', 'failed after it took effect', 'answer lost', 'no task', 'never arrived'] as const
type Failure = (typeof FAILURES)[number]

const isWrite = (verb: string, path: string): boolean => verb !== 'GET' && !path.startsWith('/access/ticket')

/** Lets the nth write of the run fail in one of the ways in which they fail. */
const failAt = ({ simulator }: Workbench, wanted: number, failure: Failure): (() => void) => {
  let count = 0
  const hit = new WeakSet<object>()
  const hook = {
    before: (seen: { readonly verb: string; readonly path: string }) => {
      if (!isWrite(seen.verb, seen.path) || ++count !== wanted) return undefined
      if (failure === 'refused') throw new PveError(500, 'made to fail')
      if (failure === 'never arrived') return 'reset' as const
      hit.add(seen)
      return undefined
    },
    after: <T extends object>(seen: object, answer: T): T | 'reset' => {
      if (!hit.has(seen)) return answer
      if (failure === 'answer lost') return 'reset'
      if (failure === 'no task') return { ...answer, data: null, body: { data: null } }
      return { ...answer, status: 500, reason: 'made to fail', data: null, body: { data: null } }
    },
  }
  simulator.hooks.push(hook as (typeof simulator.hooks)[number])
  return () => {
    simulator.hooks.splice(simulator.hooks.indexOf(hook as (typeof simulator.hooks)[number]), 1)
  }
}

const observe = async ({ client }: Workbench) =>
  (await syncCluster(client, { now: '2026-01-01T00:00:00.000Z' })).observed

interface Trial {
  readonly seed: number
  readonly bench: Workbench
  readonly random: Random
  /** What happened so far, for whoever has to find out why. */
  readonly story: string[]
}

const planned = async ({ bench, story }: Trial, desired: Desired): Promise<Plan | undefined> => {
  const applied = await bench.store.bindings.all()
  const { value, diagnostics } = planChanges(desired, await observe(bench), applied, DEFAULT_PLAN_OPTIONS)
  if (!value) story.push(`refused: ${diagnostics.map(({ code }) => code).join(', ')}`)
  return value
}

const fail = ({ seed, story }: Trial, what: string, lines: readonly string[] = []): never =>
  assert.unreachable([`seed ${seed}: ${what}`, ...lines, ...story.map((line) => `  | ${line}`)].join('\n')) as never

const facts = ({ bench }: Trial): WorldFacts => structuredClone(bench.simulator.facts())

/** Content may go only where the plan said so. */
const checkContents = (trial: Trial, plan: Plan, before: WorldFacts, after: WorldFacts): void => {
  const allowed = plan.steps.some(({ disruption }) => disruption === 'data-loss')
  const lost = lostContents(before, after)
  if (lost.length > 0 && !allowed)
    fail(
      trial,
      'content is lost',
      lost.map(({ volid }) => volid),
    )
}

const named = (outcome: RunOutcome, plan: Plan, path: string): boolean => {
  const said = outcome.diagnostics.map(({ address = '', detail }) => `${address} ${detail}`).join('\n')
  const vmid = /^(?:qemu|lxc)\/(\d+)/.exec(path)?.[1]
  const addresses = plan.steps.filter(({ guest }) => String(guest?.vmid) === vmid).map(({ address }) => address)
  return (
    (vmid !== undefined && said.includes(vmid)) ||
    addresses.some((address) => said.includes(address)) ||
    (path.startsWith('pool ') && /pool/.test(said))
  )
}

/** Every claim of an outcome, against the cluster. */
const checkOutcome = async (
  trial: Trial,
  {
    plan,
    desired,
    before,
  }: { readonly plan: Plan; readonly desired: Desired | undefined; readonly before: WorldFacts },
  outcome: RunOutcome,
): Promise<void> => {
  const after = facts(trial)
  trial.story.push(
    `${outcome.status}: ${outcome.diagnostics.map(({ code, detail }) => `${code} ${detail}`).join(' / ')}`,
  )
  checkContents(trial, plan, before, after)
  const changed = differences(comparable(before), comparable(after))
  if (outcome.status === 'rolled-back' && changed.length > 0) fail(trial, 'said to be as before, and is not', changed)
  if (outcome.status === 'incomplete') {
    const silent = changed.filter((line) => !named(outcome, plan, line))
    if (silent.length > 0) fail(trial, 'left behind and not named', silent)
  }
  if (outcome.status === 'applied' && desired) {
    const again = await planned(trial, desired)
    const rest = again?.changes.filter(({ action }) => action !== 'bind') ?? []
    if (rest.length > 0) fail(trial, 'applied, and planned again', [JSON.stringify(rest)])
  }
}

const describe = (plan: Plan): string => plan.steps.map(({ id, disruption }) => `${id} [${disruption}]`).join(', ')

const carryOut = async (trial: Trial, plan: Plan, desired: Desired | undefined): Promise<RunOutcome> => {
  const { bench, random, story } = trial
  const before = facts(trial)
  const failure = random.pick(FAILURES)
  const at = 1 + random.below(plan.steps.length + 2)
  story.push(`plan: ${describe(plan)}`, `write ${at}: ${failure}`)
  const mend = failAt(bench, at, failure)
  const first = await bench.apply(plan, { parallelism: 1 + random.below(4) })
  mend()
  const outcomes = [first, ...(await bench.recover())]
  const last = outcomes.at(-1) ?? first
  await checkOutcome(trial, { plan, desired, before }, last)
  return last
}

const revert = async (trial: Trial, plan: Plan): Promise<void> => {
  const { bench, story } = trial
  const { value: run } = await bench.store.runs.finished(plan.id)
  if (!run) return
  const { value, diagnostics } = planRevert(run, await observe(bench), await bench.store.bindings.all())
  if (!value) {
    story.push(`revert refused: ${diagnostics.map(({ code }) => code).join(', ')}`)
    return
  }
  await carryOut(trial, value, undefined)
}

const runTrial = async (seed: number): Promise<void> => {
  const random = randomOf(seed)
  const cluster = randomCluster(random)
  const bench = await makeWorkbench({ from: cluster, seed })
  const trial: Trial = { seed, bench, random, story: [] }
  try {
    const first = randomDeclarations(random, cluster)
    const begin = await planned(trial, first)
    if (!begin) return
    const before = facts(trial)
    trial.story.push(`first: ${describe(begin)}`)
    await checkOutcome(trial, { plan: begin, desired: first, before }, await bench.apply(begin))
    const deeds = random.below(3)
    for (let index = 0; index < deeds; index++)
      trial.story.push(`somebody: ${await doSomething(random, bench.simulator)}`)
    const second = changedDeclarations(random, first, cluster)
    const plan = await planned(trial, second)
    if (!plan || plan.steps.length === 0) return
    if (random.chance(0.3)) trial.story.push(`somebody: ${await doSomething(random, bench.simulator)}`)
    const outcome = await carryOut(trial, plan, second)
    if (outcome.status === 'applied') await revert(trial, plan)
  } catch (error) {
    if (error instanceof assert.Assertion) throw error
    throw new Error(`seed ${seed}\n${trial.story.map((line) => `  | ${line}`).join('\n')}`, { cause: error })
  } finally {
    await bench.close()
  }
}

for (let seed = FIRST; seed < FIRST + TRIALS; seed++)
  test(`what mpc says of the cluster is so, with seed ${seed}`, () => runTrial(seed))

test.run()
