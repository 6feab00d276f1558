import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Server } from '../../src/resource/server.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, contents, DEBIAN, lab, planned, reverted } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A guest that looks the same, and is another one; a guest that a run made, and that holds more than the run gave it. */

const vmid = (number: number) => guestRef('lxc', 'pve1', number).vmid

const send = async (
  { client }: Workbench,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  params: Readonly<Record<string, string | boolean>> = {},
): Promise<void> => {
  const answer = await client.send({ method, path, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data !== 'string') return
  const end = await client.waitForTask(answer.data, () => undefined)
  if (end.kind !== 'ok') throw new Error(JSON.stringify(end))
}

/** The clocks of nodes have whole seconds. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100))

const box = (config: Readonly<Record<string, ConfigValue>> = {}, isImported = false): Desired =>
  desire(
    [
      container('container.c', {
        vmid: vmid(302),
        source: { by: 'archive', volume: DEBIAN },
        config: { hostname: 'c', memory: 512, rootfs: { storage: 'local-lvm', size: '2G' }, ...config },
      }),
    ],
    isImported ? { imports: [{ to: at('container.c'), id: '302' }] } : {},
  )

const makeIt = (bench: Workbench) =>
  send(bench, 'POST', '/nodes/pve1/lxc', {
    vmid: '302',
    ostemplate: DEBIAN,
    hostname: 'c',
    memory: '512',
    rootfs: 'local-lvm:2',
  })

/** Somebody takes it away and makes another with the same text. */
const remake = async (bench: Workbench): Promise<void> => {
  await nextSecond()
  const was = bench.simulator.facts().guests['lxc/302']?.config
  await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
  await makeIt(bench)
  assert.equal(bench.simulator.facts().guests['lxc/302']?.config, was)
}

const old = {
  vmid: 302,
  type: 'lxc',
  node: 'pve1',
  status: 'stopped',
  config: {
    hostname: 'c',
    arch: 'amd64',
    ostype: 'debian',
    memory: 512,
    swap: 512,
    unprivileged: 1,
    rootfs: 'local-lvm:vm-302-disk-0,size=2G',
  },
} as const

const changes: Readonly<Record<string, (isImported: boolean) => Desired>> = {
  changes: (isImported) => box({ memory: 1024 }, isImported),
  grows: (isImported) => box({ rootfs: { storage: 'local-lvm', size: '3G' } }, isImported),
}

const assertStale = async (bench: Workbench, work: () => ReturnType<Workbench['apply']>): Promise<void> => {
  const before = structuredClone(bench.simulator.facts())
  const outcome = await work()
  assert.is(exitCodeOf(outcome), 5, JSON.stringify(outcome.diagnostics, null, 1))
  assert.match(outcome.diagnostics[0]?.detail ?? '', /task list of its node/)
  assert.equal(bench.simulator.facts(), before)
}

for (const [what, wanted] of Object.entries(changes)) {
  test(
    `a plan that ${what} a container mpc has made is stale when somebody made it anew since`,
    onWorkbench(
      async (bench) => {
        await carryOut(bench, await planned(bench, box()))
        const plan = await planned(bench, wanted(false))
        await remake(bench)
        await assertStale(bench, () => bench.apply(plan, {}, new Date().toISOString()))
      },
      { from: lab() },
    ),
  )

  test(
    `a plan that ${what} a container of which no task is known is stale when somebody made it anew since`,
    onWorkbench(
      async (bench) => {
        const [plan, asOf] = [await planned(bench, wanted(true)), new Date().toISOString()]
        await remake(bench)
        await assertStale(bench, () => bench.apply(plan, {}, asOf))
      },
      { from: lab({ guests: [old] }) },
    ),
  )

  test(
    `a plan that ${what} a container is carried out when nobody made it anew, whatever failed`,
    onWorkbench(
      async (bench) => {
        const [plan, asOf] = [await planned(bench, wanted(true)), new Date().toISOString()]
        await nextSecond()
        bench.simulator.faults.add({ kind: 'task-fails', step: 0, text: 'made to fail', task: { type: 'vzdestroy' } })
        await send(bench, 'DELETE', '/nodes/pve1/lxc/302').catch(() => undefined)
        const outcome = await bench.apply(plan, {}, asOf)
        assert.is(exitCodeOf(outcome), 0, JSON.stringify(outcome.diagnostics, null, 1))
      },
      { from: lab({ guests: [old] }) },
    ),
  )
}

test(
  'a revert is stale when somebody has made the container anew since it was planned',
  onWorkbench(
    async (bench) => {
      await carryOut(bench, await planned(bench, box()))
      const changed = await planned(bench, box({ description: 'x' }))
      await carryOut(bench, changed)
      const plan = await reverted(bench, changed.id)
      await nextSecond()
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await makeIt(bench)
      await send(bench, 'PUT', '/nodes/pve1/lxc/302/config', { description: 'x' })
      await assertStale(bench, () => bench.apply(plan, {}, new Date().toISOString()))
    },
    { from: lab() },
  ),
)

test(
  'a container is asked for tasks only where its MAC addresses do not tell who it is',
  onWorkbench(
    async (bench) => {
      const withNet = { net0: { name: 'eth0', bridge: 'vmbr0' } }
      await carryOut(bench, await planned(bench, box(withNet)))
      const plan = await planned(bench, box({ ...withNet, memory: 1024 }))
      const { requests } = bench.simulator
      const begin = requests.length
      const outcome = await bench.apply(plan, {}, new Date().toISOString())
      assert.is(exitCodeOf(outcome), 0)
      const write = requests.findIndex(({ verb }, index) => index >= begin && verb === 'PUT')
      assert.ok(!requests.slice(begin, write).some(({ path }) => path.endsWith('/tasks')))
    },
    { from: lab() },
  ),
)

const GONE = 'this process is gone'

/** The process ends as soon as its first write has been answered. */
const killed = ({ client }: Workbench): Server => {
  let gone = false
  return {
    ...client,
    send: async (request) => {
      if (gone) throw new Error(GONE)
      const answer = await client.send(request)
      gone ||= request.method === 'POST'
      if (gone) throw new Error(GONE)
      return answer
    },
  }
}

const template = (type: 'qemu' | 'lxc', number: number) => ({
  vmid: number,
  type,
  node: 'pve1',
  status: 'stopped' as const,
  config:
    type === 'qemu'
      ? { name: 'base', ostype: 'l26', template: '1', scsi0: `local-lvm:base-${number}-disk-0,size=2G` }
      : {
          hostname: 'base',
          arch: 'amd64',
          ostype: 'debian',
          template: '1',
          rootfs: `local-lvm:base-${number}-disk-0,size=2G`,
        },
})

const MAKINGS: Readonly<Record<string, readonly [Desired, string, Readonly<Record<string, string>>]>> = {
  'a new VM': [
    desire([vm('vm.v', { vmid: vmid(300), config: { scsi0: { storage: 'local-lvm', size: '2G' } } })]),
    'qemu/300',
    { scsi4: 'local-lvm:1' },
  ],
  'a new container': [box(), 'lxc/302', { mp5: 'local-lvm:1,mp=/q' }],
  'a clone of a VM': [
    desire([vm('vm.v', { vmid: vmid(300), source: { by: 'clone', template: '100', full: true } })]),
    'qemu/300',
    { scsi4: 'local-lvm:1' },
  ],
  'a linked clone of a VM': [
    desire([vm('vm.v', { vmid: vmid(300), source: { by: 'clone', template: '100', full: false } })]),
    'qemu/300',
    { scsi4: 'local-lvm:1' },
  ],
  'a clone of a container': [
    desire([container('container.c', { vmid: vmid(302), source: { by: 'clone', template: '101', full: true } })]),
    'lxc/302',
    { mp5: 'local-lvm:1,mp=/q' },
  ],
}

const cut = async (_bench: Workbench, work: () => Promise<unknown>): Promise<void> => {
  await work().then(
    () => assert.unreachable('the process ends'),
    (error: unknown) => assert.match(String(error), GONE),
  )
}

const addAndRecover = async (bench: Workbench, guest: string, added: Readonly<Record<string, string>>) => {
  const known = contents(bench)
  await send(bench, 'PUT', `/nodes/pve1/${guest}/config`, added)
  const [volume] = Object.keys(contents(bench)).filter((volid) => !(volid in known))
  const [outcome] = await bench.recover()
  const said = JSON.stringify(outcome?.diagnostics, null, 1)
  assert.ok(volume)
  assert.ok(volume in contents(bench), said)
  assert.ok(outcome)
  assert.is(exitCodeOf(outcome), 4, said)
  assert.match(said, new RegExp(`${Object.keys(added)[0]} \\(${volume}\\)`))
}

for (const [what, [desired, guest, added]] of Object.entries(MAKINGS)) {
  test(
    `recovery leaves ${what} alone when somebody has given it a volume before its end was written down`,
    onWorkbench(
      async (bench) => {
        const more = desire([
          ...desired.resources,
          vm('vm.last', { vmid: vmid(900), dependsOn: [desired.resources[0]?.address ?? at('vm.v')] }),
        ])
        const plan = await planned(bench, more)
        await cut(bench, () => bench.apply(plan, { server: killed(bench), parallelism: 1 }))
        await nextSecond()
        await addAndRecover(bench, guest, added)
      },
      { from: lab({ guests: [template('qemu', 100), template('lxc', 101)] }) },
    ),
  )

  test(
    `recovery takes ${what} away again when nobody has given it anything`,
    onWorkbench(
      async (bench) => {
        const more = desire([
          ...desired.resources,
          vm('vm.last', { vmid: vmid(900), dependsOn: [desired.resources[0]?.address ?? at('vm.v')] }),
        ])
        const before = Object.keys(bench.simulator.facts().volumes)
        await cut(bench, async () => bench.apply(await planned(bench, more), { server: killed(bench), parallelism: 1 }))
        await nextSecond()
        const [outcome] = await bench.recover()
        assert.is(outcome?.asBefore, true, JSON.stringify(outcome?.diagnostics, null, 1))
        assert.equal(Object.keys(bench.simulator.facts().volumes), before)
      },
      { from: lab({ guests: [template('qemu', 100), template('lxc', 101)] }) },
    ),
  )
}

test.run()
