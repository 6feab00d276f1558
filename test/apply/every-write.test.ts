import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { outcomeText } from '../../src/render/apply-text.ts'
import { plainPaint } from '../../src/render/style.ts'
import type { Server } from '../../src/resource/server.ts'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import { randomOf, shuffled } from '../plan/random-world.ts'
import { type Comparable, comparable, differences } from '../property/comparable.ts'
import { sample } from '../sample.ts'
import { onWorkbench, planOf, step, undoBy, type Workbench } from './workbench.ts'
import { putPool, WRITE_KINDS, WRITES_IN_SOURCE, type WriteKind } from './write-kinds.ts'

const reversalOf = ({ undo }: WriteKind): Step['reversal'] =>
  undo ? undoBy(...undo) : { by: 'nothing', reason: 'for the sake of the test' }

/** The write, and, where wanted, a step after it that the server refuses. */
const planFor = (kind: WriteKind, then: 'ends' | 'fails'): Plan => {
  const first = step('vm.x', 'do', kind.guest, {
    action: 'update',
    requests: [kind.lookUp, kind.request, kind.output].filter((request) => request !== undefined),
    reversal: reversalOf(kind),
    disruption: kind.losesData ? 'data-loss' : 'none',
  })
  const second = step('vm.y', 'refused', undefined, {
    action: 'update',
    needs: [first.id],
    requests: [putPool({ poolid: 'no such pool' })],
    reversal: undoBy(),
  })
  return planOf(then === 'ends' ? [first] : [first, second])
}

const setUp = async ({ client }: Workbench, { setUp: requests = [] }: WriteKind): Promise<void> => {
  for (const { method, path, params } of requests) {
    const answer = await client.send({ method, path, params: (params ?? {}) as Record<string, string> })
    if (answer.kind !== 'answered') throw new Error(answer.diagnostic.detail)
    if (typeof answer.data !== 'string') continue
    const end = await client.waitForTask(answer.data, () => undefined)
    if (end.kind !== 'ok') throw new Error(JSON.stringify(end))
  }
}

const onlyOnce = ({ request }: WriteKind): Pick<FaultSpec, 'on' | 'times'> => ({
  on: { method: request.method, path: request.path.replace(/\{.*\}/, '**') },
  times: 1,
})

type Trouble = (bench: Workbench, kind: WriteKind) => Partial<Workbench['world']>

const faulty =
  (fault: Parameters<Workbench['simulator']['faults']['add']>[0]): Trouble =>
  ({ simulator }, kind) => {
    simulator.faults.add({ ...fault, ...onlyOnce(kind) })
    return {}
  }

const GONE = 'this process is gone'

/** The process ends right after its first write has been taken; what it would have done next it does not. */
const killed: Trouble = ({ client }) => {
  let gone = false
  const server: Server = {
    ...client,
    send: async (request) => {
      if (gone) throw new Error(GONE)
      const answer = await client.send(request)
      gone ||= request.method !== 'GET'
      if (gone) throw new Error(GONE)
      return answer
    },
  }
  return { server }
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'killed right after': killed,
  'answer lost': faulty({ kind: 'reset-after' }),
  '500 after it took effect': faulty({ kind: 'error-after', status: 500, reason: 'internal error' }),
  '500 when its task had ended': faulty({ kind: 'error-after', status: 500, reason: 'internal error', when: 'ended' }),
  '596 after it took effect': faulty({ kind: 'error-after', status: 596, reason: 'broken pipe' }),
  '595 after it took effect': faulty({ kind: 'error-after', status: 595, reason: 'no route to host' }),
  'null without doing it': faulty({ kind: 'null-answer' }),
  'null after it took effect': faulty({ kind: 'null-answer', effect: true }),
  '500 without doing it': faulty({ kind: 'http-error', status: 500, reason: 'internal error' }),
}

/** Those after which a later step fails, too, so that the write has to be undone. */
const THEN_FAILS = new Set([
  'killed right after',
  'answer lost',
  '500 after it took effect',
  'null after it took effect',
])

/** What a person hears of it, where the plan holds nothing else. */
const HEARD: Readonly<Record<string, string>> = {
  '500 after it took effect': 'apply.done-all-the-same',
  'null without doing it': 'apply.not-carried-out',
  '500 without doing it': 'proxmox.request-refused',
}

const run = async (bench: Workbench, plan: Plan, more: Partial<Workbench['world']>): Promise<RunOutcome> => {
  try {
    return await bench.apply(plan, more)
  } catch (error) {
    assert.match(String(error), GONE)
    const [outcome] = await bench.recover()
    if (!outcome) throw new Error('nothing was recovered')
    return outcome
  }
}

const goals = new Map<string, Comparable>()

/** The cluster after the write alone, without any trouble. */
const goalOf = async (name: string, kind: WriteKind): Promise<Comparable> => {
  const known = goals.get(name)
  if (known) return known
  let goal: Comparable | undefined
  await onWorkbench(async (bench) => {
    await setUp(bench, kind)
    const outcome = await bench.apply(planFor(kind, 'ends'))
    assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
    goal = comparable(bench.simulator.facts())
  })()
  if (!goal) throw new Error('there is no goal')
  goals.set(name, goal)
  return goal
}

const assertTrue = (outcome: RunOutcome, plan: Plan, before: Comparable, goal: Comparable, after: Comparable): void => {
  const said = `${outcomeText(plan, outcome, plainPaint)}\n${JSON.stringify(outcome.diagnostics, null, 1)}`
  if (outcome.status !== 'incomplete') {
    assert.equal(differences(outcome.status === 'applied' ? goal : before, after), [], said)
    // Where a step was undone it has been measured, and is said.
    if (outcome.steps.some(({ status }) => status === 'undone')) assert.is(outcome.asBefore, true, said)
    return
  }
  assert.is(exitCodeOf(outcome), 4)
  assert.not.match(said, /cluster is as it was before/)
  if (differences(before, after).length === 0) assert.unreachable(`nothing is left, yet: ${said}`)
  assert.ok(
    outcome.steps.some(({ status }) => status === 'undo-failed'),
    said,
  )
}

/** What may become of a write, and whether a later step fails then. */
const CASES = Object.keys(TROUBLES).flatMap((what) =>
  (THEN_FAILS.has(what) ? (['ends', 'fails'] as const) : (['ends'] as const)).map((then) => ({ what, then })),
)

const { seeds, again } = sample('apply/every-write', { few: 1, all: 1000 })
const isWhole = seeds.length > 1
const random = randomOf(seeds[0] ?? 1)
const SOME = 5

const casesFor = (): readonly (typeof CASES)[number][] => (isWhole ? CASES : shuffled(random, CASES).slice(0, SOME))

const holds = async (name: string, kind: WriteKind, { what, then }: (typeof CASES)[number]): Promise<void> => {
  const goal = await goalOf(name, kind)
  await onWorkbench(async (bench) => {
    await setUp(bench, kind)
    const before = comparable(bench.simulator.facts())
    const plan = planFor(kind, then)
    const outcome = await run(bench, plan, TROUBLES[what]?.(bench, kind) ?? {})
    bench.simulator.faults.clear()
    const heard = then === 'ends' && !kind.madeBefore ? HEARD[what] : undefined
    const codes = outcome.diagnostics.map(({ code }) => code)
    if (heard) assert.ok((codes as readonly string[]).includes(heard), JSON.stringify(outcome, null, 1))
    assertTrue(outcome, plan, before, goal, comparable(bench.simulator.facts()))
  })()
}

for (const [name, kind] of Object.entries(WRITE_KINDS))
  test(`${name}: whatever becomes of the answer, what mpc says is what the cluster is`, async () => {
    for (const one of casesFor())
      await holds(name, kind, one).catch((error: unknown) => {
        if (error instanceof Error)
          error.message = `${one.what}, then the plan ${one.then} (${again}): ${error.message}`
        throw error
      })
  })

/** A request written down in a source that is no reading and no copy of another. */
const METHOD = /\{\s*method: (?!'GET'|request\.)/g
const WRITE = /\{\s*method: (?!'GET'|request\.)([^,]*),\s*path(?:: (`[^`]*`|[^,}\n]*))?/g

/** The requests that write, as they are spelled in a source. */
const writesIn = (text: string): readonly string[] => [
  ...[...text.matchAll(WRITE)].map(([, method = '', path = 'path']) => `${method.trim()} ${path.trim()}`),
  ...[...text.matchAll(/\bpost\(\s*[\w.]+,\s*([^,)]*)/g)].map(([, rest]) => `post ${rest}`),
]

test('every request that writes is tried here', () => {
  const texts = ['src/plan', 'src/apply'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  )
  // A request that is written down in another way than these would not be found: each method stands beside its path.
  const methods = texts.flatMap((text) => [...text.matchAll(METHOD)])
  const found = texts.flatMap(writesIn)
  assert.is(found.filter((write) => !write.startsWith('post ')).length, methods.length)
  assert.equal([...new Set(found)].sort(), Object.keys(WRITES_IN_SOURCE).sort())
})

test.run()
