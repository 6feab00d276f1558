import { renderToString } from 'ink'
import { createElement } from 'react'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import { PlanPicture } from '../../src/render/live/plan-picture.tsx'
import { planJson } from '../../src/render/plan-json.ts'
import { planText } from '../../src/render/plan-text.ts'
import { planView } from '../../src/render/plan-view.ts'
import { ansiPaint, plainPaint } from '../../src/render/style.ts'
import { matchesGolden } from '../golden.ts'
import { emptyPlan, samplePlan, wordyPlan } from './sample-plan.ts'

const text = planText(samplePlan, plainPaint)

test('a plan as text shows attributes, steps, disruption and how each step is undone', () => {
  matchesGolden(text, 'render/plan.txt')
})

const drawn = (plan: Plan, columns: number): string =>
  renderToString(createElement(PlanPicture, { view: planView(plan) }), { columns })

const linesOf = (from: string) =>
  from
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')

for (const plan of [samplePlan, wordyPlan])
  test(`the terminal view says the same as the text, line for line: ${plan.id}`, () => {
    assert.equal(linesOf(drawn(plan, 200)), linesOf(planText(plan, plainPaint)))
  })

test('texts of several lines and long lists and maps have lines of their own', () => {
  matchesGolden(planText(wordyPlan, plainPaint), 'render/wordy-plan.txt')
})

test('on a narrow terminal a long value stands below its name, and what is wrapped goes on below its own beginning', () => {
  matchesGolden(drawn(wordyPlan, 60), 'render/wordy-plan-60.txt')
})

test('an empty plan is one sentence', () => {
  assert.is(planText(emptyPlan, plainPaint), 'No changes. The cluster matches the declarations.\n')
})

test('colours add nothing but escape sequences', () => {
  const coloured = planText(samplePlan, ansiPaint)
  assert.ok(coloured.includes('\u001b['))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  assert.is(coloured.replaceAll(/\u001b\[\d+m/g, ''), text)
})

test('a sensitive output shows its name only', () => {
  assert.not.ok(text.includes('correct horse'))
  assert.not.ok(JSON.stringify(planJson(samplePlan)).includes('correct horse'))
})

test('a value that was never known and is gone afterwards is left out', () => {
  const [first, ...rest] = samplePlan.changes
  if (!first) throw new Error('the sample plan has changes')
  const undone = {
    ...first,
    change: { ...first.change, attributes: [{ name: 'network.net0.hwaddr', disruption: 'none' as const }] },
  }
  assert.not.match(planText({ ...samplePlan, changes: [undone, ...rest] }, plainPaint), 'hwaddr')
})

test('a plan that can be undone says so, and what is lost all the same', () => {
  const [step] = samplePlan.steps
  if (!step) throw new Error('the sample plan has steps')
  const summary = (disruption: 'none' | 'data-loss') =>
    planView({ ...samplePlan, steps: [{ ...step, disruption }] }).undo
  assert.is(summary('none'), '1 step; every step can be undone.')
  assert.is(summary('data-loss'), '1 step; 1 loses data, as far as its undo does not restore it.')
})

test.run()
