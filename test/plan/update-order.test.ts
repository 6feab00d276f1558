import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../src/plan/plan.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { DesiredGuest, Lifecycle } from '../../src/resource/desired.ts'
import { carryOut, newWorld, type World } from './carry-out.ts'
import { container, desire, emptyModel, vm } from './samples.ts'
import { planOf, steps, thereAndBack, WEB } from './there-and-back.ts'

const WEB_DISK = { storage: 'local-lvm', size: '4G' }

type Config = Readonly<Record<string, ConfigValue>>

/** A guest that is made as `before`, and then declared as `after`, there and back. */
const changed = (
  kind: typeof vm,
  before: Config,
  after: Config,
  {
    lifecycle = {},
    ...more
  }: Partial<Omit<DesiredGuest, 'config' | 'lifecycle'>> & { lifecycle?: Partial<Lifecycle> } = {},
): { readonly plan: Plan; readonly world: World } => {
  const world = newWorld(emptyModel())
  const address = kind === vm ? 'vm.a' : 'container.a'
  carryOut(world, planOf(desire([kind(address, { config: before, ...more })]), world.model))
  return { plan: thereAndBack(world, desire([kind(address, { config: after, lifecycle, ...more })])), world }
}
const verbs = (plan: Plan) => steps(plan).map((id) => id.split('/')[1])

test('a snapshot for every change is taken before anything of the guest is changed', () => {
  const always = { lifecycle: { snapshot: 'always' as const } }
  const cases: readonly (readonly [Config, readonly string[]])[] = [
    [{ ...WEB, net0: { bridge: 'vmbr0', tag: 30 } }, ['snapshot', 'update']],
    [{ ...WEB, cores: 4, scsi1: WEB_DISK }, ['snapshot', 'update', 'add-scsi1']],
    [{ ...WEB, cores: 4, scsi0: { ...WEB.scsi0, size: '64G' } }, ['snapshot', 'update', 'grow-scsi0']],
    [
      { ...WEB, scsi1: WEB_DISK, scsi0: { ...WEB.scsi0, size: '64G' } },
      ['snapshot', 'add-scsi1', 'snapshot-2', 'grow-scsi0'],
    ],
  ]
  for (const power of ['running', 'stopped'] as const)
    for (const [after, expected] of cases) {
      const { plan } = changed(vm, WEB, after, { ...always, power })
      assert.equal(verbs(plan), expected)
      assert.match(plan.steps[0]?.summary ?? '', 'before')
    }
})

test('volumes are moved before it, because PVE moves none while there is a snapshot', () => {
  const moved = { ...WEB, cores: 4, scsi0: { ...WEB.scsi0, storage: 'nas', format: 'qcow2', size: '64G' } }
  const { plan } = changed(vm, WEB, moved, { power: 'running' })
  assert.equal(verbs(plan), ['move-scsi0', 'snapshot', 'update', 'grow-scsi0'])
})

test('a disk of a protected VM moves to another storage as any does', () => {
  const moved = { ...WEB, protection: true, scsi0: { ...WEB.scsi0, storage: 'nas', format: 'qcow2' } }
  const { plan } = changed(vm, { ...WEB, protection: true }, moved, { power: 'running' })
  assert.equal(verbs(plan), ['move-scsi0'])
})

test('a guest that is restarted for its changes is down when the snapshot is taken, and grows while it is', () => {
  const after = { ...WEB, cores: 4, scsi0: { ...WEB.scsi0, size: '64G' } }
  const { plan } = changed(vm, WEB, after, { power: 'running', lifecycle: { reboot: 'allowed' } })
  assert.equal(verbs(plan), ['stop', 'snapshot', 'update', 'grow-scsi0', 'start'])
})

test('a guest that is started grows before it runs, one that runs after its other changes', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.a', { config: WEB, power: 'stopped' })]), world.model))
  const grown = { ...WEB, cores: 4, scsi0: { ...WEB.scsi0, size: '64G' } }
  const plan = thereAndBack(world, desire([vm('vm.a', { config: grown, power: 'running' })]))
  assert.equal(verbs(plan), ['snapshot', 'update', 'grow-scsi0', 'start'])
})

test('options that wait for the next start do not keep the old size of a disk that grows', () => {
  const { plan, world } = changed(
    vm,
    WEB,
    { ...WEB, scsi0: { ...WEB.scsi0, size: '64G', cache: 'writeback' } },
    { power: 'running' },
  )
  assert.equal(verbs(plan), ['snapshot', 'update', 'grow-scsi0'])
  const guest = world.model.guests[100]
  assert.match(guest?.pending['scsi0']?.value ?? '', /cache=writeback.*size=64G/)
})

const CT = { rootfs: { storage: 'local-lvm', size: '8G' }, mp0: { storage: 'local-lvm', size: '4G', mp: '/srv' } }

test('a protection goes first and comes last, each in a request of its own', () => {
  for (const [kind, base, other] of [
    [vm, WEB, { cores: 4 }],
    [container, CT, { mp0: { ...CT.mp0, backup: true } }],
  ] as const) {
    const on = changed(kind, base, { ...base, ...other, protection: true }).plan
    assert.equal(verbs(on), ['update', 'protect'])
    assert.equal(
      on.steps[1]?.requests.map(({ params }) => params),
      [{ protection: '1' }],
    )
    const off = changed(kind, { ...base, protection: true }, { ...base, ...other, protection: false }).plan
    assert.equal(verbs(off), ['unprotect', 'update'])
    assert.equal(off.steps[0]?.requests.length, 1)
  }
})

test('a container that stays protected is so again after its mount points have changed', () => {
  const base = { ...CT, protection: true }
  const add = { mp1: { storage: 'local-lvm', size: '4G', mp: '/data' } }
  const cases: readonly (readonly [Config, readonly string[]])[] = [
    [{ ...base, mp0: { ...CT.mp0, backup: true } }, ['unprotect', 'update', 'protect']],
    [{ ...base, rootfs: { ...CT.rootfs, mountoptions: 'noatime' } }, ['unprotect', 'update', 'protect']],
    [{ ...base, ...add }, ['unprotect', 'add-mp1', 'protect']],
    [{ ...base, cores: 2 }, ['update']],
    [{ ...base, rootfs: { ...CT.rootfs, size: '12G' } }, ['snapshot', 'grow-rootfs']],
  ]
  for (const power of ['running', 'stopped'] as const)
    for (const [after, expected] of cases)
      assert.equal(verbs(changed(container, base, after, { power }).plan), expected)
})

test('what a protected container’s rollback takes back together with the protection is written again under a lifted one', () => {
  const base = { ...CT, protection: true }
  const after = { ...base, mp0: { ...CT.mp0, backup: true }, rootfs: { ...CT.rootfs, size: '12G' } }
  const { plan } = changed(container, base, after, { power: 'stopped' })
  assert.equal(verbs(plan), ['snapshot', 'unprotect', 'update', 'grow-rootfs', 'protect'])
})

test('a protection is written over the whole plan after everything else', () => {
  const world = newWorld(emptyModel())
  const both = (cores: number, protection: boolean) =>
    desire([
      vm('vm.a', { config: { ...WEB, protection, scsi0: { ...WEB.scsi0, size: `${30 + cores}G` } } }),
      vm('vm.b', { config: { ...WEB, cores, protection } }),
    ])
  carryOut(world, planOf(both(2, false), world.model))
  assert.equal(steps(thereAndBack(world, both(4, true))), [
    'vm.a/snapshot',
    'vm.b/update',
    'vm.a/grow-scsi0',
    'vm.a/protect',
    'vm.b/protect',
  ])
  assert.equal(steps(thereAndBack(world, both(6, false))), [
    'vm.a/snapshot',
    'vm.a/unprotect',
    'vm.b/unprotect',
    'vm.b/update',
    'vm.a/grow-scsi0',
  ])
})

test.run()
