import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired, Lifecycle } from '../../src/resource/desired.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { database, files } from './sample-guests.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

/** Somebody starts or stops a guest between a plan and its run, which its configuration does not show. */

const guests = (status: 'running' | 'stopped'): readonly GuestDescription[] => [database(status), files(status)]

interface Wanted {
  readonly db?: Readonly<Record<string, ConfigValue>>
  readonly files?: Readonly<Record<string, ConfigValue>>
  readonly lifecycle?: Partial<Lifecycle>
  readonly power?: 'running' | 'stopped'
}

const declared = ({ db, files, lifecycle = {}, power }: Wanted): Desired =>
  desire(
    [
      ...(db ? [vm('vm.db', { config: db, lifecycle, ...(power && { power }) })] : []),
      ...(files ? [container('container.files', { config: files, lifecycle, ...(power && { power }) })] : []),
    ],
    {
      imports: [
        ...(db ? [{ to: at('vm.db'), id: '200' }] : []),
        ...(files ? [{ to: at('container.files'), id: '201' }] : []),
      ],
    },
  )

const turn = async ({ client }: Workbench, guest: string, verb: 'start' | 'stop'): Promise<void> => {
  const answer = await client.send({ method: 'POST', path: `/nodes/pve1/${guest}/status/${verb}`, params: {} })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  await client.waitForTask(String(answer.data), () => undefined)
}

const guestOf = ({ db }: Wanted): string => (db ? 'qemu/200' : 'lxc/201')

const MATTERS: readonly (readonly [string, 'running' | 'stopped', Wanted])[] = [
  ['processors of a VM', 'running', { db: { cores: 4 } }],
  ['processors of a VM', 'stopped', { db: { cores: 4 } }],
  ['a disk of a VM grows', 'running', { db: { scsi0: { size: '9G' } } }],
  ['a disk of a VM grows', 'stopped', { db: { scsi0: { size: '9G' } } }],
  ['a root file system grows', 'stopped', { files: { rootfs: { size: '9G' } } }],
  ['a VM is to run', 'stopped', { db: {}, power: 'running' }],
  ['a VM is to be off', 'running', { db: {}, power: 'stopped' }],
  ['a container is to run', 'stopped', { files: {}, power: 'running' }],
  ['a VM is restarted for a change', 'running', { db: { cores: 4 }, lifecycle: { reboot: 'allowed' } }],
  ['a container gets a mount point', 'running', { files: { mp0: { storage: 'local-lvm', size: '1G', mp: '/srv' } } }],
]

const IS_NOTHING: readonly (readonly [string, 'running' | 'stopped', Wanted])[] = [
  ['a description', 'running', { db: { description: 'x' } }],
  ['tags', 'stopped', { db: { tags: ['x'] } }],
  ['a description of a container', 'stopped', { files: { description: 'x' } }],
  ['memory of a container', 'running', { files: { memory: 1024 } }],
]

const opposite = (status: 'running' | 'stopped') => (status === 'running' ? 'stop' : 'start')

for (const [what, status, wanted] of MATTERS)
  test(
    `${what}, planned for a ${status} guest: the plan is stale when that has changed`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, declared(wanted))
        await turn(bench, guestOf(wanted), opposite(status))
        const before = structuredClone(bench.simulator.facts())
        const outcome = await bench.apply(plan)
        assert.is(exitCodeOf(outcome), 5, JSON.stringify(outcome.diagnostics, null, 1))
        assert.match(outcome.diagnostics[0]?.detail ?? '', /is (?:running|stopped) and was (?:running|stopped)/)
        assert.equal(bench.simulator.facts(), before)
      },
      { from: lab({ guests: guests(status) }) },
    ),
  )

for (const [what, status, wanted] of IS_NOTHING)
  test(
    `${what}, planned for a ${status} guest: carried out whether it runs or not`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, declared(wanted))
        await turn(bench, guestOf(wanted), opposite(status))
        const outcome = await bench.apply(plan)
        assert.is(exitCodeOf(outcome), 0, JSON.stringify(outcome.diagnostics, null, 1))
      },
      { from: lab({ guests: guests(status) }) },
    ),
  )

for (const onDestroy of ['backup', 'retain', 'delete'] as const)
  test(
    `the end of a guest (${onDestroy}) is stale when somebody has started it since the plan`,
    onWorkbench(
      async (bench) => {
        await carryOut(bench, await planned(bench, declared({ db: { tags: ['x'] }, lifecycle: { onDestroy } })))
        const plan = await planned(bench, desire([]), { backupStorage: 'local' })
        await turn(bench, 'qemu/200', 'start')
        const before = structuredClone(bench.simulator.facts())
        const outcome = await bench.apply(plan)
        assert.is(exitCodeOf(outcome), 5, JSON.stringify(outcome.diagnostics, null, 1))
        assert.equal(bench.simulator.facts(), before)
      },
      { from: lab({ guests: guests('stopped') }) },
    ),
  )

test(
  'a revert that sets processors back is stale when somebody has stopped the VM since it was planned',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, declared({ db: { cores: 4 } }))
      await carryOut(bench, plan)
      const back = await reverted(bench, plan.id)
      await turn(bench, 'qemu/200', 'start')
      const before = structuredClone(bench.simulator.facts())
      const outcome = await bench.apply(back)
      assert.is(exitCodeOf(outcome), 5, JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(bench.simulator.facts(), before)
    },
    { from: lab({ guests: guests('stopped') }) },
  ),
)

const GONE = 'this process is gone'

test(
  'a run that was cut short after it had shut a guest down is not finished when somebody has started it, and undone instead',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts().guests['qemu/200']
      const config = structuredClone(before?.config)
      const plan = await planned(bench, declared({ db: { cores: 4 }, lifecycle: { reboot: 'allowed' } }))
      const { journal } = bench.world
      let ended = 0
      const cut: typeof journal = {
        ...journal,
        record: async (entries) => {
          if (ended > 0) throw new Error(GONE)
          await journal.record(entries)
          if (entries.some((entry) => entry.type === 'step-ended' && entry.step.action === 'stop')) ended += 1
        },
      }
      await bench.apply(plan, { journal: cut, parallelism: 1 }).catch((error: unknown) => {
        assert.match(String(error), GONE)
      })
      await turn(bench, 'qemu/200', 'start')
      const [outcome] = await bench.recover({}, 'finish')
      assert.is(outcome?.status, 'rolled-back', JSON.stringify(outcome?.diagnostics, null, 1))
      assert.ok(outcome?.diagnostics.some(({ code }) => code === 'apply.stale-plan'))
      assert.equal(bench.simulator.facts().guests['qemu/200']?.config, config)
      assert.is(bench.simulator.facts().guests['qemu/200']?.power, 'running')
    },
    { from: lab({ guests: guests('running') }) },
  ),
)

test.run()
