import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned } from './rig.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

/** A backup outlives every doubt: it goes only when the guest has been seen whole. */

const database: GuestDescription = {
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  config: {
    name: 'db',
    memory: '2048',
    ostype: 'l26',
    smbios1: 'uuid=00000000-0000-4000-8000-000000000200',
    scsi0: 'local-lvm:vm-200-disk-0,size=8G',
  },
}

const bound = desire([vm('vm.db', {})], { imports: [{ to: at('vm.db'), id: '200' }] })

const destroying = async (bench: Workbench) => {
  await carryOut(bench, await planned(bench, bound))
  return planned(bench, desire([]))
}

const isDestroy = ({ verb, path }: { readonly verb: string; readonly path: string }): boolean =>
  verb === 'DELETE' && /\/qemu\/\d+$/.test(path)

test(
  'a guest whose destruction was answered with an error after it took effect is not lost with its backup',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      const plan = await destroying(bench)
      bench.simulator.hooks.push({
        after: (seen, answer) => {
          if (!isDestroy(seen)) return answer
          throw new PveError(500, 'made to fail afterwards')
        },
      })
      await bench.apply(plan, { parallelism: 1 })
      assert.equal(lostContents(before, bench.simulator.facts()), [])
    },
    { from: lab({ guests: [database] }) },
  ),
)

test(
  'a guest that somebody destroyed while mpc backed it up keeps the backup, and that is told',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      const plan = await destroying(bench)
      let done = false
      bench.simulator.hooks.push({
        before: async (seen) => {
          if (!isDestroy(seen) || done) return undefined
          done = true
          const answer = await bench.client.send({ method: 'DELETE', path: '/nodes/pve1/qemu/200', params: {} })
          if (answer.kind === 'answered') await bench.client.waitForTask(String(answer.data), () => undefined)
          throw new PveError(403, 'Permission check failed')
        },
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.equal(lostContents(before, bench.simulator.facts()), [])
      const back = Object.keys(bench.simulator.facts().guests).includes('qemu/200')
      assert.ok(back || exitCodeOf(outcome) === 4)
      if (!back) assert.ok(outcome.diagnostics.some(({ code }) => code === 'apply.guest-missing'))
    },
    { from: lab({ guests: [database] }) },
  ),
)

test(
  'a backup stays when the restore that it is for fails',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      await carryOut(
        bench,
        await planned(bench, desire([vm('vm.db', {}), vm('vm.other', {})], { imports: bound.imports })),
      )
      const plan = await planned(bench, desire([]))
      let gone = 0
      bench.simulator.hooks.push({
        before: ({ verb, path, params }) => {
          if (isDestroy({ verb, path }) && ++gone === 2) throw new PveError(403, 'Permission check failed')
          if (verb === 'POST' && path.endsWith('/qemu') && params['archive'] !== undefined)
            throw new PveError(403, 'Permission check failed')
          return undefined
        },
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4)
      assert.equal(lostContents(before, bench.simulator.facts()), [])
    },
    { from: lab({ guests: [database] }) },
  ),
)

test(
  'a guest whose backup lacks a disk comes back with the others, and only that disk is lost',
  onWorkbench(
    async (bench) => {
      const both = desire([vm('vm.db', {}), vm('vm.other', {})], {
        imports: [
          { to: at('vm.db'), id: '200' },
          { to: at('vm.other'), id: '201' },
        ],
      })
      await carryOut(bench, await planned(bench, both))
      const before = bench.simulator.facts()
      const plan = await planned(bench, desire([]))
      let destroyed = 0
      bench.simulator.hooks.push({
        before: (seen) => {
          if (isDestroy(seen) && ++destroyed === 2) throw new PveError(403, 'Permission check failed')
          return undefined
        },
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      assert.ok('qemu/200' in bench.simulator.facts().guests, 'it is restored from what the backup holds')
      const lost = lostContents(before, bench.simulator.facts()).map(({ volid }) => volid)
      assert.equal(lost, ['local-lvm:vm-200-disk-1'], 'only what the plan said would be')
    },
    {
      from: lab({
        guests: [
          { ...database, config: { ...database.config, scsi1: 'local-lvm:vm-200-disk-1,size=1G,backup=0' } },
          {
            ...database,
            vmid: 201,
            config: {
              name: 'other',
              smbios1: 'uuid=00000000-0000-4000-8000-000000000201',
              scsi0: 'local-lvm:vm-201-disk-0,size=8G',
            },
          },
        ],
      }),
    },
  ),
)

test.run()
