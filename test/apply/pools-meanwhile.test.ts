import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { at, desire, pool, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted, tryRevert } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** Pools that a run has changed, and that somebody has changed since. */

const guests = [
  {
    vmid: 100,
    type: 'qemu',
    node: 'pve1',
    status: 'stopped',
    config: { name: 'base', memory: '2048', scsi0: 'local-lvm:vm-100-disk-0,size=2G' },
  },
] as const

const send = async (
  { client }: Workbench,
  method: 'POST' | 'PUT' | 'DELETE',
  params: Readonly<Record<string, string>>,
): Promise<void> => {
  const answer = await client.send({ method, path: '/pools', params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
}

const POOLS = ['old', 'new', 'theirs']

const on = (work: (bench: Workbench) => Promise<void>) =>
  onWorkbench(
    async (bench) => {
      for (const poolid of POOLS) await send(bench, 'POST', { poolid, comment: `pool ${poolid}` })
      await work(bench)
    },
    { from: lab({ guests }) },
  )

const imports = [{ to: at('vm.base'), id: '100' }]
const last = (...names: readonly string[]) =>
  vm('vm.last', { vmid: guestRef('qemu', 'pve1', 900).vmid, dependsOn: names.map(at) })

interface Case {
  readonly before?: string
  readonly desired: (...more: Desired['resources']) => Desired
  readonly meanwhile: (bench: Workbench) => Promise<void>
  readonly said: RegExp
}

const inPool = (poolid: string, ...more: Desired['resources']) =>
  desire([pool('pool.it', poolid), vm('vm.base', { pool: poolid }), ...more], { imports })

const CASES: Readonly<Record<string, Case>> = {
  'moved on, from the pool it was put into': {
    desired: (...more) => inPool('new', ...more),
    meanwhile: (bench) => send(bench, 'PUT', { poolid: 'theirs', vms: '100', 'allow-move': '1' }),
    said: /100.* pool theirs.* new/,
  },
  'moved on, from another pool to another pool': {
    before: 'old',
    desired: (...more) => inPool('new', ...more),
    meanwhile: (bench) => send(bench, 'PUT', { poolid: 'theirs', vms: '100', 'allow-move': '1' }),
    said: /100.* pool theirs.* new/,
  },
  'taken out of the pool it was put into': {
    before: 'old',
    desired: (...more) => inPool('new', ...more),
    meanwhile: (bench) => send(bench, 'PUT', { poolid: 'new', vms: '100', delete: '1' }),
    said: /100.* no pool.* new/,
  },
  'put into another pool after it was taken out of one': {
    before: 'old',
    desired: (...more) => desire([vm('vm.base', { noPool: true }), ...more], { imports }),
    meanwhile: (bench) => send(bench, 'PUT', { poolid: 'theirs', vms: '100' }),
    said: /100.* pool theirs.* no pool/,
  },
  'given another comment': {
    desired: (...more) => desire([pool('pool.it', 'old', 'ours'), vm('vm.base', {}), ...more], { imports }),
    meanwhile: (bench) => send(bench, 'PUT', { poolid: 'old', comment: 'theirs' }),
    said: /comment.*theirs/,
  },
}

for (const [what, { before, desired, meanwhile, said }] of Object.entries(CASES)) {
  const start = async (bench: Workbench) => {
    if (before !== undefined) await send(bench, 'PUT', { poolid: before, vms: '100' })
  }

  test(
    `a failed run does not take from others what they did to pools: ${what}`,
    on(async (bench) => {
      await start(bench)
      const plan = await planned(bench, desired(last('vm.base')))
      bench.simulator.hooks.push({
        before: async ({ verb, path, params }) => {
          if (verb !== 'POST' || !path.endsWith('/qemu') || params['vmid'] !== '900') return undefined
          await meanwhile(bench)
          throw new PveError(500, 'made to fail')
        },
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      const told = outcome.diagnostics.filter(({ code }) => code === 'apply.not-undone')
      assert.match(told.map(({ detail }) => detail).join('\n'), said)
    }),
  )

  test(
    `a revert is refused when somebody has changed the pool since: ${what}`,
    on(async (bench) => {
      await start(bench)
      const plan = await planned(bench, desired())
      await carryOut(bench, plan)
      await meanwhile(bench)
      const { value, diagnostics } = await tryRevert(bench, plan.id)
      assert.is(value, undefined)
      assert.match(diagnostics.map(({ detail }) => detail).join('\n'), said)
    }),
  )

  test(
    `what nobody has changed of pools since is reverted and done again: ${what}`,
    on(async (bench) => {
      await start(bench)
      const first = bench.simulator.facts()
      const plan = await planned(bench, desired())
      await carryOut(bench, plan)
      const then = bench.simulator.facts()
      const revert = await reverted(bench, plan.id)
      await carryOut(bench, revert)
      assert.equal(bench.simulator.facts().pools, first.pools)
      await carryOut(bench, await reverted(bench, revert.id))
      assert.equal(bench.simulator.facts().pools, then.pools)
    }),
  )
}

test(
  'a pool that the run made is not deleted by a revert while others have put something into it',
  on(async (bench) => {
    const plan = await planned(bench, desire([pool('pool.fresh', 'fresh', 'ours')]))
    await carryOut(bench, plan)
    await send(bench, 'PUT', { poolid: 'fresh', vms: '100' })
    const members = await tryRevert(bench, plan.id)
    assert.is(members.value, undefined)
    assert.match(members.diagnostics.map(({ detail }) => detail).join('\n'), /fresh.*100/)
    await send(bench, 'PUT', { poolid: 'fresh', vms: '100', delete: '1' })
    await send(bench, 'PUT', { poolid: 'fresh', comment: 'theirs' })
    const comment = await tryRevert(bench, plan.id)
    assert.is(comment.value, undefined)
    assert.match(comment.diagnostics.map(({ detail }) => detail).join('\n'), /theirs/)
  }),
)

test(
  'a pool that a revert would make again, or a guest be restored into, is looked for first',
  on(async (bench) => {
    const made = desire([
      pool('pool.fresh', 'fresh'),
      vm('vm.new', { vmid: guestRef('qemu', 'pve1', 300).vmid, pool: 'theirs' }),
    ])
    await carryOut(bench, await planned(bench, made))
    const plan = await planned(bench, desire([]))
    await carryOut(bench, plan)
    await send(bench, 'POST', { poolid: 'fresh' })
    await send(bench, 'DELETE', { poolid: 'theirs' })
    const { value, diagnostics } = await tryRevert(bench, plan.id)
    assert.is(value, undefined)
    const told = diagnostics.map(({ detail }) => detail).join('\n')
    assert.match(told, /pool fresh exists/i)
    assert.match(told, /pool theirs.*does not exist|pool theirs.*no longer exists/i)
  }),
)

test.run()
