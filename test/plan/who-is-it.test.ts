import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { carryOut, DEBIAN, lab } from '../apply/rig.ts'
import { guestRef, onWorkbench, type Workbench } from '../apply/workbench.ts'
import { at, container, desire } from './samples.ts'

/** Whose guest is it: everything somebody else may do to a VMID between two syncs, against the simulator. */

const ref = guestRef('lxc', 'pve1', 302)
const MAC = 'BC:24:11:AA:BB:CC'

const box = (config: Readonly<Record<string, ConfigValue>> = {}): Desired =>
  desire([
    container('container.c', {
      vmid: ref.vmid,
      source: { by: 'archive', volume: DEBIAN },
      config: { hostname: 'c', rootfs: { storage: 'local-lvm', size: '4G' }, ...config },
    }),
  ])

const net = (more: object = {}) => ({ net0: { name: 'eth0', bridge: 'vmbr0', ...more } })

/** Syncs as the command does: what was seen before is known. */
interface Past {
  observed: Observed
  syncedAt: string
}

const looker = ({ client }: Workbench) => {
  let previous: Past | undefined
  return async (): Promise<Observed> => {
    const now = new Date().toISOString()
    const { observed } = await syncCluster(client, { now, ...(previous && { previous }) })
    previous = { observed, syncedAt: now }
    return observed
  }
}

const plan = async (bench: Workbench, look: () => Promise<Observed>, desired: Desired) =>
  planChanges(desired, await look(), await bench.store.bindings.all(), DEFAULT_PLAN_OPTIONS)

const send = async (
  { client }: Workbench,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  params: Readonly<Record<string, string | number | boolean>> = {},
): Promise<void> => {
  const answer = await client.send({ method, path, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data !== 'string') return
  const end = await client.waitForTask(answer.data, () => undefined)
  if (end.kind !== 'ok') throw new Error(JSON.stringify(end))
}

/** PVE's clock and ours go by seconds: what somebody does happens in another one. */
const nextSecond = () => new Promise((go) => setTimeout(go, 1100))

const made = (more: Readonly<Record<string, string>> = {}) => ({
  vmid: 302,
  ostemplate: DEBIAN,
  rootfs: 'local-lvm:4',
  hostname: 'c',
  ...more,
})

const cases: readonly {
  readonly name: string
  readonly desired: Desired
  readonly meanwhile: (bench: Workbench) => Promise<void>
  readonly same: boolean
}[] = [
  {
    name: 'a container without a network, and another of another name',
    desired: box(),
    meanwhile: async (bench) => {
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await send(bench, 'POST', '/nodes/pve1/lxc', made({ hostname: 'payroll' }))
    },
    same: false,
  },
  {
    name: 'a container without a network, and another of the same name',
    desired: box(),
    meanwhile: async (bench) => {
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await send(bench, 'POST', '/nodes/pve1/lxc', made())
    },
    same: false,
  },
  {
    name: 'a container with a declared MAC address, and another with the same name and address',
    desired: box(net({ hwaddr: MAC })),
    meanwhile: async (bench) => {
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await send(bench, 'POST', '/nodes/pve1/lxc', made({ net0: `name=eth0,bridge=vmbr0,hwaddr=${MAC}` }))
    },
    same: false,
  },
  {
    name: 'a container with a declared MAC address, restored by somebody from an archive of another',
    desired: box(net({ hwaddr: MAC })),
    meanwhile: async (bench) => {
      await send(bench, 'POST', '/nodes/pve1/vzdump', { vmid: '302', storage: 'local', mode: 'stop' })
      const [archive] = Object.values(bench.simulator.facts().archives)
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await send(bench, 'POST', '/nodes/pve1/lxc', {
        vmid: 302,
        ostemplate: archive?.volid ?? '',
        restore: true,
        rootfs: 'local-lvm:4',
      })
    },
    same: false,
  },
  {
    name: 'a container whose MAC address the server chose, restored by somebody from its own backup',
    desired: box(net()),
    meanwhile: async (bench) => {
      await send(bench, 'POST', '/nodes/pve1/vzdump', { vmid: '302', storage: 'local', mode: 'stop' })
      const [archive] = Object.values(bench.simulator.facts().archives)
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await send(bench, 'POST', '/nodes/pve1/lxc', {
        vmid: 302,
        ostemplate: archive?.volid ?? '',
        restore: true,
        rootfs: 'local-lvm:4',
      })
    },
    same: true,
  },
  {
    name: 'a container without a network that somebody changed',
    desired: box(),
    meanwhile: (bench) => send(bench, 'PUT', '/nodes/pve1/lxc/302/config', { memory: 1024, description: 'x' }),
    same: true,
  },
  {
    name: 'a container whose network somebody took away',
    desired: box(net()),
    meanwhile: (bench) => send(bench, 'PUT', '/nodes/pve1/lxc/302/config', { delete: 'net0' }),
    same: true,
  },
]

for (const { name, desired, meanwhile, same } of cases)
  test(
    `${name}: ${same ? 'the same' : 'another one, which is left alone'}`,
    onWorkbench(
      async (bench) => {
        const look = looker(bench)
        const first = await plan(bench, look, desired)
        if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
        await carryOut(bench, first.value)
        await look()
        await nextSecond()
        await meanwhile(bench)
        for (const wanted of [desired, desire([])]) {
          const { value, diagnostics } = await plan(bench, look, wanted)
          const refused = diagnostics.some(({ code }) => code === 'plan.identity-changed')
          assert.is(refused, !same, JSON.stringify(diagnostics, null, 1))
          assert.is(value !== undefined, same)
        }
      },
      { from: lab() },
    ),
  )

test(
  'the advice works: forgotten by a removed block, then bound again by an import block',
  onWorkbench(
    async (bench) => {
      const look = looker(bench)
      const steps: Desired[] = [
        box(),
        desire([], { removed: [{ from: at('container.c'), destroy: false }] }),
        { ...box(), imports: [{ to: at('container.c'), id: '302' }] },
      ]
      for (const [index, desired] of steps.entries()) {
        const { value, diagnostics } = await plan(bench, look, desired)
        if (!value) throw new Error(JSON.stringify(diagnostics))
        await carryOut(bench, value)
        if (index > 0) continue
        await nextSecond()
        await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
        await send(bench, 'POST', '/nodes/pve1/lxc', made())
      }
      const { value } = await plan(bench, look, box())
      assert.equal(value?.steps, [])
    },
    { from: lab() },
  ),
)

test(
  'a clone of mpc’s own is not taken for somebody else’s, whatever its VMID went through before',
  onWorkbench(
    async (bench) => {
      const look = looker(bench)
      await send(bench, 'POST', '/nodes/pve1/lxc', { ...made({ hostname: 'base' }), vmid: 400 })
      await send(bench, 'POST', '/nodes/pve1/lxc', made())
      await send(bench, 'DELETE', '/nodes/pve1/lxc/302')
      await nextSecond()
      const clone = desire([
        container('container.c', {
          vmid: ref.vmid,
          source: { by: 'clone', template: '400' },
          config: { hostname: 'c' },
        }),
      ])
      const { value, diagnostics } = await plan(bench, look, clone)
      if (!value) throw new Error(JSON.stringify(diagnostics))
      await carryOut(bench, value)
      assert.equal((await plan(bench, look, clone)).value?.steps, [])
    },
    { from: lab() },
  ),
)

test.run()
