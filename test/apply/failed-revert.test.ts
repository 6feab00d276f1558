import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Server } from '../../src/resource/server.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, pool, vm } from '../plan/samples.ts'
import { comparable, differences } from '../property/comparable.ts'
import { carryOut, DEBIAN, lab, planned, refuseWrite, reverted, tryPlan } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A revert that fails, or is killed, at each of its requests in turn: the cluster is as before the revert, or what differs is told. */

const db: GuestDescription = {
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  status: 'running',
  config: {
    name: 'db',
    memory: '2048',
    cores: '2',
    smbios1: 'uuid=00000000-0000-4000-8000-000000000200',
    scsi0: 'local-lvm:vm-200-disk-0,size=8G',
    boot: 'order=scsi0',
  },
}

const files: GuestDescription = {
  vmid: 201,
  type: 'lxc',
  node: 'pve1',
  status: 'running',
  config: {
    hostname: 'files',
    arch: 'amd64',
    ostype: 'debian',
    unprivileged: 1,
    memory: 512,
    net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,type=veth',
    rootfs: 'local-lvm:vm-201-disk-0,size=8G',
  },
}

const imports = [
  { to: at('vm.db'), id: '200' },
  { to: at('container.files'), id: '201' },
]
const kept = [vm('vm.db', {}), container('container.files', {})]
const bound = desire(kept, { imports })

const made = guestRef('qemu', 'pve1', 300).vmid
const box = guestRef('lxc', 'pve1', 301).vmid
const blank = vm('vm.made', {
  vmid: made,
  config: { scsi0: { storage: 'local-lvm', size: '2G' } },
  power: 'running',
})
const fromArchive = container('container.box', {
  vmid: box,
  source: { by: 'archive', volume: DEBIAN },
  config: { rootfs: { storage: 'local-lvm', size: '2G' } },
  power: 'running',
})

/** What is applied, step by step; the last is reverted. */
const KINDS: Readonly<Record<string, readonly Desired[]>> = {
  'a creation': [desire([...kept, blank, fromArchive], { imports })],
  'a growth of stopped guests': [
    desire([vm('vm.db', { power: 'stopped' }), container('container.files', { power: 'stopped' })], { imports }),
    desire([
      vm('vm.db', { config: { scsi0: { size: '9G' } } }),
      container('container.files', { config: { rootfs: { size: '9G' } } }),
    ]),
  ],
  'a disk and a mount point': [
    desire(
      [
        vm('vm.db', { config: { scsi1: { storage: 'local-lvm', size: '1G' } } }),
        container('container.files', { config: { mp0: { storage: 'local-lvm', size: '1G', mp: '/srv' } } }),
      ],
      { imports },
    ),
  ],
  'a destruction': [bound, desire([])],
  'power and memory': [
    desire(
      [
        vm('vm.db', { power: 'stopped', config: { memory: 1024 } }),
        container('container.files', { power: 'stopped', config: { memory: 256 } }),
      ],
      { imports },
    ),
  ],
  'a replacement': [
    desire([...kept, fromArchive], { imports }),
    desire([
      ...kept,
      container('container.box', {
        vmid: box,
        source: { by: 'archive', volume: DEBIAN },
        config: { rootfs: { storage: 'local-lvm', size: '2G' }, unprivileged: false },
        power: 'running',
      }),
    ]),
  ],
}

const WRITES = ['POST', 'PUT', 'DELETE']
const GONE = 'this process is gone'

/** Something happens to the nth write. */
type Trouble = (bench: Workbench, nth: number) => Partial<Workbench['world']>

const faulty =
  (fault: FaultSpec): Trouble =>
  ({ client, simulator }, nth) => {
    let count = 0
    const server: Server = {
      ...client,
      send: async (request) => {
        if (WRITES.includes(request.method) && ++count === nth)
          simulator.faults.add({ ...fault, on: { method: request.method }, times: 1 })
        return client.send(request)
      },
    }
    return { server }
  }

const killed =
  (after: boolean): Trouble =>
  ({ client }, nth) => {
    let [count, gone] = [0, false]
    const server: Server = {
      ...client,
      send: async (request) => {
        if (gone) throw new Error(GONE)
        gone = WRITES.includes(request.method) && ++count === nth
        if (gone && !after) throw new Error(GONE)
        const answer = await client.send(request)
        if (gone) throw new Error(GONE)
        return answer
      },
    }
    return { server }
  }

const TROUBLES: Readonly<Record<string, Trouble>> = {
  refused: faulty({ kind: 'http-error', status: 403, reason: 'made to fail' }),
  '500 after it took effect': faulty({ kind: 'error-after', status: 500, reason: 'internal error' }),
  'answer lost': faulty({ kind: 'reset-after' }),
  'killed before': killed(false),
  'killed right after': killed(true),
}

/** The plan that reverts the last of what was applied; guests that run have written since. */
const readyToRevert = async (bench: Workbench, stages: readonly Desired[]) => {
  let last = ''
  for (const desired of stages) {
    const plan = await planned(bench, desired)
    await carryOut(bench, plan)
    last = plan.id
  }
  for (const [name, { power }] of Object.entries(bench.simulator.facts().guests))
    if (power === 'running') bench.simulator.write(Number(name.split('/')[1]))
  return reverted(bench, last)
}

const writesOf = async (stages: readonly Desired[]): Promise<number> => {
  let count = 0
  await onWorkbench(
    async (bench) => {
      const revert = await readyToRevert(bench, stages)
      const before = bench.simulator.requests.filter(({ verb }) => WRITES.includes(verb)).length
      await carryOut(bench, revert)
      count = bench.simulator.requests.filter(({ verb }) => WRITES.includes(verb)).length - before
    },
    { from: lab({ guests: [db, files] }) },
  )()
  return count
}

const end = async (bench: Workbench, run: () => Promise<RunOutcome>): Promise<RunOutcome> => {
  try {
    return await run()
  } catch (error) {
    if (!String(error).includes(GONE)) throw error
    const [outcome] = await bench.recover()
    if (!outcome) throw new Error('nothing was recovered')
    return outcome
  }
}

const holds = async (bench: Workbench, stages: readonly Desired[], trouble: Trouble, nth: number): Promise<number> => {
  const revert = await readyToRevert(bench, stages)
  const facts = bench.simulator.facts()
  const before = comparable(facts)
  const more = trouble(bench, nth)
  const outcome = await end(bench, () => bench.apply(revert, { parallelism: 1, ...more }))
  bench.simulator.faults.clear()
  const after = bench.simulator.facts()
  const said = JSON.stringify(outcome.diagnostics, null, 1)
  assert.equal(lostContents(facts, after), [], said)
  const unlike = differences(before, comparable(after))
  const code = exitCodeOf(outcome)
  if (code === 0) return code
  assert.ok([1, 3, 4].includes(code), said)
  if (code !== 4) assert.equal(unlike, [], said)
  // Whatever is left is told, guest by guest.
  for (const line of unlike) {
    const vmid = /^(?:qemu|lxc)\/(\d+)/.exec(line)?.[1]
    assert.ok(vmid !== undefined && new RegExp(`\\b${vmid}\\b`).test(said), `${line}\n${said}`)
  }
  for (const line of unlike) assert.not.match(line, /power: "running" → "stopped"/, `${line}\n${said}`)
  const next = await tryPlan(bench, desire(stages.at(-1)?.resources ?? []))
  assert.ok(next.value, `the guests are still known: ${JSON.stringify(next.diagnostics)}`)
  return code
}

for (const [name, stages] of Object.entries(KINDS))
  test(`the revert of ${name} that fails or is killed is put back, or what differs is told`, async () => {
    const writes = await writesOf(stages)
    const wrong: string[] = []
    const codes = new Set<number>()
    for (const [what, trouble] of Object.entries(TROUBLES))
      for (let nth = 1; nth <= writes; nth++)
        await onWorkbench(
          async (bench) => {
            try {
              codes.add(await holds(bench, stages, trouble, nth))
            } catch (error) {
              wrong.push(`${what} at write ${nth} of ${writes}: ${error instanceof Error ? error.message : error}`)
            }
          },
          { from: lab({ guests: [db, files] }) },
        )()
    assert.is(wrong.join('\n\n'), '')
    assert.ok(codes.has(3) || codes.has(4), 'something had to be put back')
  })

const destroyed = [bound, desire([pool('pool.other', 'other')])]

const backupsOf = ({ simulator }: Workbench): readonly string[] =>
  Object.values(simulator.facts().archives)
    .map(({ volid }) => volid)
    .toSorted()

test('a revert of destructions in which a write was refused can be tried again: the backups are still there by their names', async () => {
  const writes = await writesOf(destroyed)
  for (let nth = 1; nth <= writes; nth++)
    await onWorkbench(
      async (bench) => {
        const revert = await readyToRevert(bench, destroyed)
        const backups = backupsOf(bench)
        assert.is(backups.length, 2)
        refuseWrite(bench, nth)
        const outcome = await bench.apply(revert, { parallelism: 1 })
        if (exitCodeOf(outcome) === 0) return
        assert.equal(backupsOf(bench), backups, `write ${nth}`)
        await carryOut(bench, await reverted(bench, revert.origin.kind === 'revert' ? revert.origin.plan : ''))
        assert.equal(Object.keys(bench.simulator.facts().guests).toSorted(), ['lxc/201', 'qemu/200'])
        assert.equal(backupsOf(bench), [])
      },
      { from: lab({ guests: [db, files] }) },
    )()
})

test(
  'a backup that cannot be deleted after a revert is named and left; destroying again takes a new one',
  onWorkbench(
    async (bench) => {
      const revert = await readyToRevert(bench, [bound, desire([])])
      const [first = ''] = backupsOf(bench)
      bench.simulator.hooks.push({
        before: ({ verb, path }) => {
          if (verb === 'DELETE' && path.includes('/content/')) throw new PveError(403, 'made to fail')
          return undefined
        },
      })
      const outcome = await carryOut(bench, revert)
      const told = outcome.diagnostics.filter(({ code }) => code === 'apply.backup-kept')
      assert.is(told.length, 2)
      assert.ok(
        told.some(({ detail }) => detail.includes(first)),
        JSON.stringify(told),
      )
      await carryOut(bench, await reverted(bench, revert.id))
      assert.equal(Object.keys(bench.simulator.facts().guests), [])
      assert.is(backupsOf(bench).length, 4)
    },
    { from: lab({ guests: [db, files] }) },
  ),
)

test.run()
