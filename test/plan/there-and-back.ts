import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { Applied } from '../../src/resource/applied.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { applied, backward, carryOut, forward, type World } from './carry-out.ts'
import { type Model, observe, picture } from './model-cluster.ts'

/** The plan for a declaration; throws with what is wrong. */
export const planOf = (
  desired: Desired,
  model: Model,
  known: Applied = [],
  options: Partial<PlanOptions> = {},
): Plan => {
  const { value, diagnostics } = planChanges(desired, observe(model), known, { ...DEFAULT_PLAN_OPTIONS, ...options })
  if (!value) throw new Error(diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join('\n'))
  return value
}

export const steps = (plan: Plan): string[] => plan.steps.map(({ id }) => id)

/** Applies, then expects an empty plan; then undoes everything, and expects the cluster to be as it was. Also from every step in between. */
export const thereAndBack = (world: World, desired: Desired, options: Partial<PlanOptions> = {}): Plan => {
  const start = picture(world.model)
  const plan = planOf(desired, world.model, applied(world), options)
  for (let failing = 0; failing <= plan.steps.length; failing++) {
    const trial: World = { model: structuredClone(world.model), bindings: new Map(world.bindings), outputs: new Map() }
    const done = plan.steps.slice(0, failing)
    for (const step of done) forward(trial, step)
    for (const step of [...done].reverse()) backward(trial, step)
    assert.is(picture(trial.model), start, `undone after ${failing} steps: ${done.at(-1)?.id}`)
    assert.equal(applied(trial), applied(world))
  }
  carryOut(world, plan)
  const again = planOf(desired, world.model, applied(world), options)
  assert.equal(
    steps(again),
    [],
    `planned again: ${JSON.stringify(again.changes.map(({ change }) => change.attributes))}`,
  )
  return plan
}

/** A VM with the everyday attributes. */
export const WEB = {
  cores: 2,
  memory: 2048,
  tags: ['prod', 'web'],
  agent: { enabled: true },
  scsi0: { storage: 'local-lvm', size: '32G', discard: 'on' },
  net0: { bridge: 'vmbr0', tag: 20 },
}
