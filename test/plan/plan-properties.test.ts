import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Address } from '../../src/resource/address.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import { canonicalJson } from '../../src/util/canonical-json.ts'
import { applied, backward, carryOut, forward, newWorld, type World } from './carry-out.ts'
import { observe, picture } from './model-cluster.ts'
import { randomOf, randomResources, shuffled } from './random-world.ts'
import { sameLines } from './same-lines.ts'
import { desire, emptyModel } from './samples.ts'

const withoutNumbers = (text: string): string =>
  text
    .replaceAll(/-disk-\d+/g, '-disk')
    .split('\n')
    .sort()
    .join('\n')

const SEEDS = Number(process.env['PLAN_SEEDS'] ?? 60)
const ROUNDS = 4

const vmidOf = (value: number): Vmid => {
  const vmid = parseVmid(value)
  if (vmid === undefined) throw new Error(`${value} is no VMID`)
  return vmid
}

const optionsOf = ({ model }: World) => ({
  ...DEFAULT_PLAN_OPTIONS,
  allowDiskReplacement: true,
  safetySnapshots: Object.values(model.guests).flatMap(({ type, node, vmid, snapshots }) =>
    Object.keys(snapshots).map((name, at) => ({
      run: `p-${at}.1`,
      address: `vm.of${vmid}` as Address,
      guest: { type, node, vmid: vmidOf(vmid) },
      name,
      isWayBack: true,
    })),
  ),
})

const planOf = (desired: Desired, world: World): { readonly plan?: Plan; readonly codes: readonly string[] } => {
  const { value, diagnostics } = planChanges(desired, observe(world.model), applied(world), optionsOf(world))
  return { ...(value && { plan: value }), codes: diagnostics.map(({ code }) => code) }
}

/** Refusals a random change may run into; everything else has to be planned. */
const EXPECTED = new Set([
  'plan.cannot-migrate',
  'plan.cannot-shrink',
  'plan.protected',
  'plan.blocked-by-snapshot',
  'plan.needs-stop',
  'plan.storage-content',
  // Warnings beside one of those.
  'plan.disk-replaced',
  'plan.no-snapshot',
])

/** A cluster in use: one random declaration after the other, each carried out where it can be. */
const story = (seed: number, each: (world: World, desired: Desired, plan: Plan) => void): number => {
  const random = randomOf(seed)
  const world = newWorld(emptyModel())
  let planned = 0
  for (let round = 0; round < ROUNDS; round++) {
    const desired = desire(randomResources(random, 6))
    const { plan, codes } = planOf(desired, world)
    if (!plan) {
      for (const code of codes) assert.ok(EXPECTED.has(code) || code === 'plan.node-drift', `seed ${seed}: ${code}`)
      continue
    }
    planned++
    each(world, desired, plan)
    carryOut(world, plan)
    const again = planOf(desired, world)
    assert.equal(
      again.plan?.steps.map(({ id, summary }) => `${id}: ${summary}`),
      [],
      `seed ${seed}, round ${round}`,
    )
  }
  return planned
}

test('apply then plan is empty, whatever was declared before', () => {
  let planned = 0
  for (let seed = 1; seed <= SEEDS; seed++) planned += story(seed, () => undefined)
  assert.ok(planned > SEEDS)
})

test('undoing the finished steps in reverse order brings back the exact cluster, wherever a plan fails', () => {
  let undone = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    story(seed, (world, _desired, plan) => {
      const before = picture(world.model)
      const trial: World = {
        model: structuredClone(world.model),
        bindings: new Map(world.bindings),
        outputs: new Map(),
      }
      const pictures = [before]
      // A disk that is moved away and back may get another number: PVE takes the lowest free one.
      const view = plan.steps.some(({ action }) => action === 'move') ? withoutNumbers : (text: string) => text
      // A restored guest has no snapshots any more, and a dropped one stays away, as their steps say.
      const hasSnapshots = (vmid = 0) => Object.keys(world.model.guests[vmid]?.snapshots ?? {}).length > 0
      const reversible = plan.steps.findIndex(
        ({ id, reversal, action, guest }) =>
          reversal.by === 'nothing' || id.includes('/drop-') || (action === 'destroy' && hasSnapshots(guest?.vmid)),
      )
      const steps = reversible < 0 ? plan.steps : plan.steps.slice(0, reversible)
      for (const step of steps) {
        forward(trial, step)
        pictures.push(picture(trial.model))
      }
      for (let index = steps.length - 1; index >= 0; index--) {
        const step = steps[index]
        if (!step) continue
        backward(trial, step)
        sameLines(view(picture(trial.model)), view(pictures[index] ?? ''), `seed ${seed}: ${step.id} (${step.summary})`)
        undone++
      }
      assert.equal(applied(trial), applied(world), `seed ${seed}`)
    })
  }
  assert.ok(undone > SEEDS * 4, `${undone} steps`)
})

test('equal inputs give equal bytes, in whatever order the declarations and the cluster stand', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomOf(-seed)
    story(seed, (world, desired, plan) => {
      const observed = observe(world.model)
      const mixed = {
        ...observed,
        guests: shuffled(random, observed.guests),
        storages: shuffled(random, observed.storages),
      }
      const resources = shuffled(random, desired.resources)
      const other = planChanges({ ...desired, resources }, mixed, shuffled(random, applied(world)), optionsOf(world))
      assert.is(canonicalJson(other.value), canonicalJson(plan), `seed ${seed}`)
    })
  }
})

test('every step stands after those it needs, has an id of its own, and says what it does and how it is undone', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    story(seed, (_world, _desired, plan) => {
      const seen = new Set<string>()
      for (const step of plan.steps) {
        assert.not(seen.has(step.id), step.id)
        for (const need of step.needs) assert.ok(seen.has(need), `${step.id} needs ${need}`)
        seen.add(step.id)
        assert.ok(step.summary !== '')
        assert.ok(
          step.reversal.by === 'nothing' ? step.reversal.reason !== '' : step.reversal.note !== undefined,
          step.id,
        )
      }
      assert.is(plan.changes.flatMap(({ steps }) => steps).length, plan.steps.length)
    })
  }
})

test.run()
