import { planRevert } from '../../../src/apply/revert/plan-revert.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { planChanges } from '../../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../../src/plan/plan-options.ts'
import { createClient } from '../../../src/proxmox/client.ts'
import { readEndpoint } from '../../../src/proxmox/endpoint.ts'
import type { Desired, Secrets } from '../../../src/resource/desired.ts'
import type { Observed } from '../../../src/resource/observed.ts'
import type { WorldFacts } from '../../../src/simulator/fact/world-facts.ts'
import type { ClusterDescription, VolumeDescription } from '../../../src/simulator/twin/description.ts'
import { syncCluster } from '../../../src/sync/sync-cluster.ts'
import { realClock } from '../../apply/connection.ts'
import { makeWorkbench, type Workbench } from '../../apply/workbench.ts'

const file = (volid: string, content: string): VolumeDescription => ({ volid, content, size: 100_000_000 })

const SNIPPETS = ['hook.pl', 'other.pl', 'user.yaml', 'other.yaml', 'meta.yaml', 'net.yaml', 'vendor.yaml']

/** One node with all that a guest's configuration may name: storages, bridges, files, mappings. */
export const ATTRIBUTE_CLUSTER: ClusterDescription = {
  name: 'attributes',
  nodes: [
    {
      name: 'pve1',
      network: ['vmbr0', 'vmbr1'].map((iface) => ({
        iface,
        type: 'bridge',
        active: 1,
        autostart: 1,
        bridge_ports: 'eno1',
        method: 'manual',
      })),
    },
  ],
  storages: [
    {
      storage: 'local',
      type: 'dir',
      options: { path: '/var/lib/vz', content: 'backup,images,import,iso,rootdir,snippets,vztmpl' },
      volumes: [
        ...SNIPPETS.map((name) => ({ ...file(`local:snippets/${name}`, 'snippets'), executable: true })),
        file('local:vztmpl/debian.tar.zst', 'vztmpl'),
        file('local:iso/debian.iso', 'iso'),
        file('local:import/cloud.qcow2', 'import'),
      ],
    },
    {
      storage: 'local-lvm',
      type: 'lvmthin',
      options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' },
      volumes: [7, 8].map((index) => ({ ...file(`local-lvm:vm-100-disk-${index}`, 'images'), vmid: 100 })),
    },
  ],
}

export interface AttributeWorld {
  readonly bench: Workbench
  readonly facts: () => WorldFacts
  readonly observe: () => Promise<Observed>
  readonly plan: (desired: Desired, observed: Observed, options?: Partial<PlanOptions>) => Promise<Plan>
  readonly apply: (plan: Plan, secrets?: Secrets) => Promise<void>
  /** Undoes a finished run. */
  readonly revert: (plan: Plan) => Promise<void>
  readonly close: () => Promise<void>
}

const told = (diagnostics: readonly { readonly code: string; readonly detail: string }[]): string =>
  diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join(' / ')

/** A cluster, and root at its password: some parameters are taken from nobody else. */
export const attributeWorld = async (cluster: ClusterDescription = ATTRIBUTE_CLUSTER): Promise<AttributeWorld> => {
  const bench = await makeWorkbench({ from: cluster })
  const { simulator, store } = bench
  const { endpoint } = readEndpoint(simulator.url)
  if (!endpoint) throw new Error(`${simulator.url} is no endpoint`)
  const credentials = { kind: 'password', username: 'root@pam', password: simulator.password } as const
  const server = createClient({ endpoint, credentials, tls: {}, clock: realClock })
  const observe = async () => (await syncCluster(server, { now: '2026-01-01T00:00:00.000Z' })).observed
  const apply = async (plan: Plan, secrets: Secrets = new Map()): Promise<void> => {
    const { status, diagnostics } = await bench.apply(plan, { server, secrets })
    if (status !== 'applied') throw new Error(`${plan.origin.kind} ${status}: ${told(diagnostics)}`)
  }
  return {
    bench,
    facts: () => structuredClone(simulator.facts()),
    observe,
    plan: async (desired, observed, options = {}) => {
      const applied = await store.bindings.all()
      const { value, diagnostics } = planChanges(desired, observed, applied, { ...DEFAULT_PLAN_OPTIONS, ...options })
      if (!value) throw new Error(`not planned: ${told(diagnostics)}`)
      return value
    },
    apply,
    revert: async ({ id }) => {
      const { value: run, diagnostics } = await store.runs.finished(id)
      if (!run) throw new Error(`no run: ${told(diagnostics)}`)
      const revert = planRevert(run, await observe(), await store.bindings.all())
      if (!revert.value) throw new Error(`not reverted: ${told(revert.diagnostics)}`)
      await apply(revert.value)
    },
    close: async () => {
      server.close()
      await bench.close()
    },
  }
}
