import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { at, desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, tryRevert } from './rig.ts'
import { onWorkbench, type Workbench } from './workbench.ts'

/** A restart lets what waits for it take effect: that changes the file of the configuration, and is nobody's later change. */

const from = lab({
  guests: [
    {
      vmid: 200,
      type: 'qemu',
      node: 'pve1',
      status: 'running',
      config: { name: 'db', memory: '2048', cores: '2', scsi0: 'local-lvm:vm-200-disk-0,size=8G', boot: 'order=scsi0' },
    },
  ],
})

const grown = desire([vm('vm.db', { config: { cores: 4, scsi0: { size: '9G' } } })], {
  imports: [{ to: at('vm.db'), id: '200' }],
})

const send = async ({ client }: Workbench, method: 'PUT' | 'POST', path: string, params = {}): Promise<void> => {
  const answer = await client.send({ method, path: `/nodes/pve1/qemu/200/${path}`, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data === 'string') await client.waitForTask(answer.data, () => undefined)
}

const codes = async (bench: Workbench, plan: string): Promise<readonly string[]> =>
  (await tryRevert(bench, plan)).diagnostics.map(({ code }) => code)

test(
  'a restart does not keep a growth from being undone; what somebody has changed or a newer snapshot does',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, grown)
      await carryOut(bench, plan)
      await send(bench, 'POST', 'status/stop')
      await send(bench, 'POST', 'status/start')
      assert.is(bench.simulator.facts().guests['qemu/200']?.config['cores'], '4')
      assert.equal(await codes(bench, plan.id), [])
      await send(bench, 'PUT', 'config', { description: 'hers' })
      assert.equal(await codes(bench, plan.id), ['apply.revert-changed'])
      await send(bench, 'PUT', 'config', { delete: 'description' })
      assert.equal(await codes(bench, plan.id), [])
      await send(bench, 'POST', 'snapshot', { snapname: 'hers' })
      assert.equal(await codes(bench, plan.id), ['apply.revert-changed'])
    },
    { from },
  ),
)

test.run()
