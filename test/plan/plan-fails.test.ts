import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { makeWorkbench, type Workbench } from '../apply/workbench.ts'
import { sameLines } from './same-lines.ts'
import { container, desire, pool, vm } from './samples.ts'

/** Plans carried out by the executor, with each of their writes refused in turn. */
const planOf = async ({ client, store }: Workbench, desired: Desired): Promise<Plan> => {
  const { observed } = await syncCluster(client, { now: '2026-01-01T00:00:00Z' })
  const { value, diagnostics } = planChanges(desired, observed, await store.bindings.all(), DEFAULT_PLAN_OPTIONS)
  if (!value) throw new Error(diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join('\n'))
  return value
}

/** What rolling back cannot reach: see the planner's tests on the simulator. */
const dump = ({ simulator }: Workbench): string =>
  Object.entries(simulator.dump())
    .map(([name, text]) => `${name}\n${text.replace(/^vmgenid: .*$/gm, 'vmgenid: *')}`)
    .join('\n')

const refuseWrite = ({ simulator }: Workbench, wanted: number): (() => void) => {
  let count = 0
  const hook: (typeof simulator.hooks)[number] = {
    before: ({ verb }) => {
      if (verb === 'GET') return undefined
      count += 1
      if (count === wanted) throw new PveError(500, 'this request was made to fail')
      return undefined
    },
  }
  simulator.hooks.push(hook)
  return () => void simulator.hooks.splice(simulator.hooks.indexOf(hook), 1)
}

const WEB: Readonly<Record<string, ConfigValue>> = {
  cores: 2,
  memory: 1024,
  scsihw: 'virtio-scsi-single',
  scsi0: { storage: 'local-lvm', size: '4G', discard: 'on' },
  net0: { bridge: 'vmbr0' },
}
const BOX: Readonly<Record<string, ConfigValue>> = { memory: 512, rootfs: { storage: 'local-lvm', size: '4G' } }
const web = (config: Readonly<Record<string, ConfigValue>>, more = {}) =>
  vm('vm.web', { config: { ...WEB, ...config }, power: 'running', ...more })

interface Story {
  readonly about: string
  readonly from: Desired
  readonly to: Desired
}

const archive = { by: 'archive', volume: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst' } as const
const box = (config: Readonly<Record<string, ConfigValue>>, more = {}) =>
  container('container.box', { source: archive, config: { ...BOX, ...config }, power: 'running', ...more })

const STORIES: readonly Story[] = [
  {
    about: 'creates a pool, a clone of a template and a VM that needs both',
    from: desire([]),
    to: desire([
      pool('pool.lab', 'lab'),
      vm('vm.clone', {
        source: { by: 'clone', template: 'debian-12' },
        pool: 'lab',
        config: { cores: 2, scsi0: { size: '16G', ssd: true } },
        power: 'running',
      }),
      web({}, { dependsOn: [vm('vm.clone').address] }),
    ]),
  },
  {
    about: 'changes a running VM: values that stay pending, disks more and less, a grown disk',
    from: desire([web({ scsi1: { storage: 'local-lvm', size: '1G' } })]),
    to: desire([
      web({
        cores: 4,
        description: 'new',
        tags: ['x'],
        sata0: { storage: 'tank', size: '1G' },
        scsi2: { storage: 'local-lvm', size: '2G' },
        scsi0: { storage: 'local-lvm', size: '8G', discard: 'on' },
      }),
    ]),
  },
  {
    about: 'restarts a VM to change it, moves a disk, and migrates another',
    from: desire([web({}), vm('vm.other', { config: WEB })]),
    to: desire([
      web(
        { cores: 3, bios: 'ovmf', scsi0: { storage: 'tank', discard: 'on', ssd: true } },
        { lifecycle: { reboot: 'allowed' } },
      ),
      vm('vm.other', { node: 'pve2', config: { ...WEB, onboot: true }, pool: 'prod' }),
    ]),
  },
  {
    about: 'changes a running container and gives it a mount point',
    from: desire([box({})]),
    to: desire([
      box({
        memory: 1024,
        features: { nesting: true },
        description: 'text',
        mp0: { storage: 'local-lvm', size: '1G', mp: '/data', backup: true },
      }),
    ]),
  },
  {
    about: 'destroys a VM and retains a container',
    from: desire([web({}, { pool: 'prod' }), box({}, { lifecycle: { onDestroy: 'retain' } })]),
    to: desire([]),
  },
]

const applyAll = async (bench: Workbench, desired: Desired): Promise<void> => {
  const plan = await planOf(bench, desired)
  if (plan.steps.length === 0) return
  const outcome = await bench.apply(plan, { parallelism: 1 })
  assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
}

for (const { about, from, to } of STORIES)
  test(`a plan that ${about} leaves everything as it was, whichever of its writes is refused`, async () => {
    const bench = await makeWorkbench({ seed: 3 })
    try {
      await applyAll(bench, from)
      const before = dump(bench)
      const bound = await bench.store.bindings.all()
      const plan = await planOf(bench, to)
      const writes = plan.steps.flatMap(({ requests }) => requests.filter(({ method }) => method !== 'GET')).length
      for (let refused = 1; refused <= writes; refused++) {
        const restore = refuseWrite(bench, refused)
        const outcome = await bench.apply(await planOf(bench, to), { parallelism: 1 })
        restore()
        const message = `write ${refused} of ${writes}: ${JSON.stringify(outcome.diagnostics.map(({ detail }) => detail))}`
        assert.is(outcome.status, 'rolled-back', message)
        sameLines(dump(bench), before, message)
        assert.equal(await bench.store.bindings.all(), bound)
      }
      await applyAll(bench, to)
      assert.equal((await planOf(bench, to)).changes, [])
    } finally {
      await bench.close()
    }
  })

test.run()
