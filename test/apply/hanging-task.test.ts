import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { followTask } from '../../src/proxmox/task.ts'
import type { Server } from '../../src/resource/server.ts'
import { at, desire, vm } from '../plan/samples.ts'
import { IMPATIENT, realClock } from './connection.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A task that hangs holds no command for ever: it is named and let go, and the run is gone on with when it has ended. */

const patience = { ...IMPATIENT, quiet: { brief: 200, long: 400, again: 150 } }

const base = {
  vmid: 100,
  type: 'qemu',
  node: 'pve1',
  status: 'stopped',
  config: { name: 'base', memory: '2048', ostype: 'l26', template: '1', scsi0: 'local-lvm:base-100-disk-0,size=2G' },
} as const

const copy = desire([
  vm('vm.copy', { vmid: guestRef('qemu', 'pve1', 300).vmid, source: { by: 'clone', template: '100', full: true } }),
])

const running = ({ simulator }: Workbench): readonly string[] =>
  simulator.world.tasks
    .list()
    .filter(({ endtime }) => endtime === undefined)
    .map(({ upid }) => upid)

const stopTask = async ({ client }: Workbench, upid: string): Promise<void> => {
  const answer = await client.send({
    method: 'DELETE',
    path: `/nodes/pve1/tasks/${encodeURIComponent(upid)}`,
    params: {},
  })
  assert.is(answer.kind, 'answered', JSON.stringify(answer))
}

test(
  'apply lets go of a task that hangs, recover does not hang on it, and ends the run when it has been stopped',
  onWorkbench(
    async (bench) => {
      bench.simulator.faults.add({ kind: 'task-hangs', task: { type: 'qmclone' } })
      const outcome = await bench.apply(await planned(bench, copy), { patience })
      assert.is(exitCodeOf(outcome), 4)
      assert.is(outcome.suspended, true)
      const [upid = ''] = running(bench)
      const said = JSON.stringify(outcome.diagnostics)
      assert.ok(upid !== '' && said.includes(upid), said)
      assert.match(said, /pvesh delete/)
      assert.match(said, /mpc recover/)
      const [still] = await bench.recover({ patience })
      assert.is(still?.suspended, true, JSON.stringify(still?.diagnostics, null, 1))
      assert.ok(JSON.stringify(still?.diagnostics).includes(upid))
      await stopTask(bench, upid)
      const [ended] = await bench.recover({ patience })
      assert.is(ended?.suspended, undefined, JSON.stringify(ended?.diagnostics, null, 1))
      assert.equal(await bench.store.runs.unfinished(), [])
    },
    { from: lab({ guests: [base] }) },
  ),
)

test(
  'a revert lets go of a task that hangs',
  onWorkbench(
    async (bench) => {
      const plan = await planned(
        bench,
        desire([vm('vm.base', { config: { tags: ['x'] } })], { imports: [{ to: at('vm.base'), id: '100' }] }),
      )
      await carryOut(bench, plan)
      const made = await planned(bench, desire([...copy.resources, vm('vm.base', { config: { tags: ['x'] } })]))
      await carryOut(bench, made)
      const back = await reverted(bench, made.id)
      bench.simulator.faults.add({ kind: 'task-hangs', task: { type: 'vzdump' } })
      const outcome = await bench.apply(back, { patience })
      assert.is(outcome.suspended, true, JSON.stringify(outcome.diagnostics, null, 1))
      const [upid = 'none'] = running(bench)
      assert.ok(JSON.stringify(outcome.diagnostics).includes(upid))
      const [still] = await bench.recover({ patience })
      assert.is(still?.suspended, true)
    },
    { from: lab({ guests: [base] }) },
  ),
)

/** A task of so many looks, whose log grows at each of them or not at all. */
const taskOf = (looks: number, grows: boolean): Server['send'] => {
  let seen = 0
  return async ({ path, params }) => {
    if (path.endsWith('/status')) {
      const ended = ++seen > looks
      return { kind: 'answered', data: ended ? { status: 'stopped', exitstatus: 'OK' } : { status: 'running' } }
    }
    const lines = grows ? Array.from({ length: seen }, (_, n) => ({ n, t: `${n} %` })) : []
    return { kind: 'answered', data: lines.slice(Number(params['start'] ?? 0)) }
  }
}

const UPID = 'UPID:pve1:000003E8:000C0000:69600000:vzdump:100:root@pam:'

for (const grows of [true, false])
  test(`a task whose log ${grows ? 'grows is waited for' : 'does not grow is let go'}`, async () => {
    const world = { send: taskOf(9, grows), clock: realClock, patienceMs: 1000, clean: (text: string) => text }
    const end = await followTask(world)(UPID, () => undefined, { quiet: 600 })
    assert.is(end.kind, grows ? 'ok' : 'running')
  })

test.run()
