import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import { planPatch } from '../../src/render/plan-patch.ts'
import type { AppliedResource } from '../../src/resource/applied.ts'
import { matchesGolden } from '../golden.ts'
import { HOSTILE, hostilePlan, planOf } from './hostile-plan.ts'
import { emptyPlan, samplePlan, wordyPlan } from './sample-plan.ts'

test('a plan as a patch has a file for each resource', () => {
  matchesGolden(planPatch(samplePlan), 'render/plan.patch')
  matchesGolden(planPatch(wordyPlan), 'render/wordy-plan.patch')
  assert.is(planPatch(emptyPlan), '')
})

test('what is declared and stays stands around what changes', () => {
  const [change] = samplePlan.changes.slice(1)
  if (!change?.guest) throw new Error('the sample plan changes a guest')
  const bound: AppliedResource = {
    address: change.address,
    kind: 'vm',
    guest: change.guest,
    config: {
      cores: 2,
      memory: 4096,
      name: 'db',
      net0: { bridge: 'vmbr0', model: 'virtio' },
      ciuser: 'ada',
      onboot: true,
    },
    preventDestroy: false,
    onDestroy: 'backup',
  }
  const plan: Plan = {
    ...samplePlan,
    changes: [change],
    steps: samplePlan.steps.slice(1).map((step) => ({ ...step, binding: { before: bound, after: bound } })),
  }
  matchesGolden(planPatch(plan), 'render/plan-in-context.patch')
})

test('a secret is in no patch', () => {
  assert.match(planPatch(samplePlan), '+cipassword = (sensitive)')
  assert.not.ok(planPatch(samplePlan).includes('f00'))
})

const git = (args: readonly string[], cwd: string, input: string) =>
  spawnSync('git', args, { cwd, input, encoding: 'utf8', env: { ...process.env, HOME: cwd } })

test('git reads every patch, and creates the files of a creation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-patch-'))
  try {
    for (const plan of [samplePlan, wordyPlan, hostilePlan]) {
      const read = git(['apply', '--numstat'], folder, planPatch(plan))
      assert.is(read.status, 0, read.stderr)
      assert.is(read.stdout.trim().split('\n').length, plan.changes.length)
    }
    const created: Plan = {
      ...hostilePlan,
      changes: hostilePlan.changes.map((change) => ({
        ...change,
        action: 'create',
        change: {
          ...change.change,
          attributes: change.change.attributes.map(({ before, ...attribute }) => attribute),
        },
      })),
    }
    const applied = git(['apply', '-'], folder, planPatch(created))
    assert.is(applied.status, 0, applied.stderr)
    assert.is(readdirSync(folder).length, HOSTILE.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an address names a file, never another folder', () => {
  const plan = planOf([
    {
      address: 'vm.web["../../etc/passwd\n\\"]',
      name: 'web',
      attributes: [{ name: 'cores', before: 1, after: 2, disruption: 'none' }],
      disruption: 'none',
      steps: [],
    },
  ])
  assert.match(planPatch(plan), 'diff --git a/vm.web[%22..%2F..%2Fetc%2Fpasswd%0A%5C%22] b/')
})

test.run()
