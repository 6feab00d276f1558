import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ApplyEvent } from '../../src/apply/apply-event.ts'
import type { Io } from '../../src/io/io.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { NO_PROGRESS, progressAfter } from '../../src/render/apply-progress.ts'
import { samplePlan } from './sample-plan.ts'

// Ink draws nothing but the last frame where it finds itself in CI; it looks once, when it is loaded.
for (const name of Object.keys(process.env))
  if (/^(?:CI|CI_.*|CONTINUOUS_INTEGRATION)$/.test(name)) delete process.env[name]
const { applyRoom, watchApply } = await import('../../src/render/live/watch-apply.tsx')

const AT = '2026-11-21T12:00:00.000Z'
const RUNNING = 40
const LOG = ['one', 'two', 'three', 'four']

const [first] = samplePlan.steps
if (!first) throw new Error('the sample plan has steps')
const plan: Plan = {
  ...samplePlan,
  steps: Array.from({ length: 60 }, (_, at) => ({
    ...first,
    id: `vm.web[${at}]/create`,
    summary: `create number ${at}`,
  })),
}
const ids = plan.steps.map(({ id }) => id)

const started: readonly ApplyEvent[] = [
  { type: 'run-started', at: AT, run: 'p-k3v9x2a.1', plan },
  ...ids
    .slice(0, RUNNING)
    .flatMap((step): readonly ApplyEvent[] => [
      { type: 'step-started', at: AT, step, direction: 'forward' },
      ...LOG.map((line) => ({ type: 'task-log', at: AT, step, line }) as const),
    ]),
]
const finished: readonly ApplyEvent[] = ids.map((step) => ({
  type: 'step-ended',
  at: AT,
  step,
  direction: 'forward',
  status: 'done',
  seconds: 1,
  diagnostics: [],
}))

test('a run is the same whether its events are taken in one by one or all at once', () => {
  const events = [...started, ...finished]
  const oneByOne = events.reduce((progress, event) => progressAfter(progress, [event]), NO_PROGRESS)
  assert.equal(progressAfter(NO_PROGRESS, events), oneByOne)
  assert.ok(oneByOne.steps.every(({ status }) => status === 'done'))
})

test('of a log the last lines are kept', () => {
  const [step] = progressAfter(NO_PROGRESS, started).steps
  assert.equal(step?.log, ['two', 'three', 'four'])
})

test('what is drawn of a run always fits the screen', () => {
  for (let rows = 6; rows <= 60; rows++)
    for (const running of [0, 1, 5, 8, 64]) {
      const { shown, logLines, waiting } = applyRoom(rows, running)
      assert.ok(shown * (1 + logLines) + waiting + 3 < rows, `${rows} rows, ${running} running`)
      assert.ok(waiting >= 0)
    }
})

test('a run with more steps than the screen has lines never clears the terminal, and says of each step once that it is done', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  let seen = ''
  const drawn = new Promise<void>((resolve) => {
    stderr.on('data', (chunk: Buffer) => {
      seen += chunk
      if (seen.includes(`60 steps · ${RUNNING} running`)) resolve()
    })
  })
  const watch = watchApply({
    terminal: { stdin, stdout: stderr, stderr },
    clock: { now: () => new Date(AT) },
  } as unknown as Pick<Io, 'terminal' | 'clock' | 'env'>)
  for (const event of started) watch.emit(event)
  await drawn
  for (const event of finished) watch.emit(event)
  await watch.end()
  assert.not.ok(seen.includes('\x1b[3J'))
  assert.match(seen, `… ${RUNNING - 20} more`)
  for (const { summary } of plan.steps)
    assert.is(seen.split(new RegExp(`✓.* ${summary} .*done`)).length, 2, `${summary} is done once`)
})

test.run()
