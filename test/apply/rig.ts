import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Checked } from '../../src/diagnostic/diagnostic.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { ClusterDescription, GuestDescription, VolumeDescription } from '../../src/simulator/twin/description.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import type { Workbench } from './workbench.ts'

/** What plans and reverts on a simulated cluster need, as a command would bring it together. */

export const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

const node = (name: string) => ({
  name,
  cpus: 16,
  memory: 64 * 2 ** 30,
  network: [{ iface: 'vmbr0', type: 'bridge', active: 1, autostart: 1, method: 'manual', bridge_vlan_aware: 1 }],
})

export interface LabOptions {
  readonly guests?: readonly GuestDescription[]
  /** Images and root file systems that are on `local` before anything is done: file name below its VMID's folder. */
  readonly files?: readonly (readonly [vmid: number, name: string])[]
  readonly nodes?: readonly string[]
}

/** One node or more; `local` keeps files of every kind, `local-lvm` thin volumes. */
export const lab = ({ guests = [], files = [], nodes = ['pve1'] }: LabOptions = {}): ClusterDescription => ({
  name: 'lab',
  nodes: nodes.map(node),
  storages: [
    {
      storage: 'local',
      type: 'dir',
      options: { path: '/var/lib/vz', content: 'iso,vztmpl,snippets,backup,images,import,rootdir' },
      volumes: [
        { volid: DEBIAN, content: 'vztmpl', format: 'tzst', size: 126515062 },
        ...files.map(
          ([vmid, name]): VolumeDescription => ({
            volid: `local:${vmid}/${name}`,
            content: 'images',
            format: name.endsWith('.qcow2') ? 'qcow2' : 'raw',
            size: 4 * 2 ** 30,
            vmid,
          }),
        ),
      ],
    },
    {
      storage: 'local-lvm',
      type: 'lvmthin',
      options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' },
      total: 8e12,
    },
  ],
  guests,
})

export const observe = async ({ client }: Workbench): Promise<Observed> =>
  (await syncCluster(client, { now: '2026-01-01T00:00:00.000Z', principal: client.principal })).observed

export const tryPlan = async (
  bench: Workbench,
  desired: Desired,
  options: Partial<PlanOptions> = {},
): Promise<Checked<Plan>> =>
  planChanges(desired, await observe(bench), await bench.store.bindings.all(), { ...DEFAULT_PLAN_OPTIONS, ...options })

export const planned = async (
  bench: Workbench,
  desired: Desired,
  options: Partial<PlanOptions> = {},
): Promise<Plan> => {
  const { value, diagnostics } = await tryPlan(bench, desired, options)
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1))
  return value
}

export const tryRevert = async (bench: Workbench, plan: string): Promise<Checked<Plan>> => {
  const { value: run } = await bench.store.runs.finished(plan)
  if (!run) throw new Error('the run is on record')
  return planRevert(run, await observe(bench), await bench.store.bindings.all())
}

export const reverted = async (bench: Workbench, plan: string): Promise<Plan> => {
  const { value, diagnostics } = await tryRevert(bench, plan)
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1))
  return value
}

/** Applies what must succeed. */
export const carryOut = async (bench: Workbench, plan: Plan): Promise<RunOutcome> => {
  const outcome = await bench.apply(plan, { parallelism: 1 })
  if (exitCodeOf(outcome) !== 0) throw new Error(JSON.stringify(outcome.diagnostics, null, 1))
  return outcome
}

/** Refuses the nth write from now on. */
export const refuseWrite = ({ simulator }: Workbench, wanted: number): void => {
  let count = 0
  simulator.hooks.push({
    before: ({ verb }) => {
      if (verb !== 'GET' && ++count === wanted) throw new PveError(500, 'made to fail')
      return undefined
    },
  })
}

/** What volumes hold, by volume id: a volume that existed must exist, with what it held. */
export const contents = ({ simulator }: Workbench): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.values(simulator.facts().volumes).map(({ volid, token }) => [volid, token]))
