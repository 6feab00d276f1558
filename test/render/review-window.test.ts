import { renderToString } from 'ink'
import { createElement } from 'react'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ResourcePicture } from '../../src/render/live/plan-picture.tsx'
import type { ReviewState } from '../../src/render/live/review-rows.ts'
import { reviewWindow } from '../../src/render/live/review-window.ts'
import { planView } from '../../src/render/plan-view.ts'
import { samplePlan, wordyPlan } from './sample-plan.ts'

const STATE: ReviewState = { cursor: 0, folded: new Set(), openSteps: new Set(['vm.db/update']), filter: undefined }
const FOLDED: ReviewState = { ...STATE, folded: new Set(['vm.web', 'vm.db']) }

test('no resource is drawn taller than the window is made for it, however narrow the terminal', () => {
  for (const plan of [samplePlan, wordyPlan])
    for (const resource of planView(plan).resources)
      for (const columns of [40, 57, 80, 100, 200])
        for (const state of [STATE, FOLDED]) {
          const folded = state === FOLDED
          const picture = createElement(ResourcePicture, { resource, folded, openSteps: state.openSteps })
          const drawn = renderToString(picture, { columns }).split('\n').length
          const { height } = reviewWindow([resource], state, resource.address, { rows: 1000, columns })
          assert.ok(drawn <= height, `${resource.address} at ${columns} columns: ${drawn} lines, ${height} expected`)
        }
})

test('a window holds as many resources as its lines, those around the marked one', () => {
  const { resources } = planView(samplePlan)
  const [first, second] = resources
  assert.ok(first && second)
  const heightOf = (rows: number) => reviewWindow(resources, STATE, second.address, { rows, columns: 200 })
  assert.equal(heightOf(1000).shown, resources)
  const narrow = heightOf(heightOf(1000).height - 1)
  assert.equal(narrow.shown, [second])
  assert.is(narrow.above, 1)
})

test.run()
