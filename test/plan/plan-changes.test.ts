import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { applied, carryOut, newWorld } from './carry-out.ts'
import { observe } from './model-cluster.ts'
import { container, desire, emptyModel, vm } from './samples.ts'
import { planOf, steps, thereAndBack, WEB } from './there-and-back.ts'

test('a VM is created, started, and undone by destroying it', () => {
  const world = newWorld(emptyModel())
  const plan = thereAndBack(world, desire([vm('vm.web', { config: WEB, power: 'running' })]))
  assert.equal(steps(plan), ['vm.web/create', 'vm.web/start'])
  const [create] = plan.steps
  assert.equal(create?.requests, [
    {
      method: 'POST',
      path: '/nodes/pve1/qemu',
      params: {
        vmid: 100,
        name: 'web',
        agent: '1',
        cores: '2',
        memory: '2048',
        net0: 'virtio,bridge=vmbr0,tag=20',
        scsi0: 'local-lvm:32,discard=on',
        tags: 'prod;web',
      },
    },
  ])
  assert.is(world.model.guests[100]?.status, 'running')
})

test('a container is made from an archive', () => {
  const world = newWorld(emptyModel())
  const dns = container('container.dns', {
    config: {
      hostname: 'dns',
      rootfs: { storage: 'local-lvm', size: '8G' },
      net0: { bridge: 'vmbr0', ip: 'dhcp' },
      features: { nesting: true },
    },
    power: 'running',
  })
  const plan = thereAndBack(world, desire([dns]))
  assert.is(plan.steps[0]?.requests[0]?.params?.['ostemplate'], 'local:vztmpl/debian.tar.zst')
})

test('an update in place is one request, and its way back restores values and absence', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  const changed = { ...WEB, cores: 4, tags: ['web'], onboot: true, net0: { bridge: 'vmbr1' } }
  const plan = thereAndBack(world, desire([vm('vm.web', { config: changed })]))
  assert.equal(steps(plan), ['vm.web/update'])
  const [update] = plan.steps
  assert.is(update?.disruption, 'none')
  assert.equal(
    plan.changes[0]?.change.attributes.map(({ name, before, after }) => [name, before, after]),
    [
      ['cores', 2, 4],
      ['network.net0.bridge', 'vmbr0', 'vmbr1'],
      ['network.net0.tag', 20, undefined],
      ['onboot', undefined, true],
      ['tags', ['prod', 'web'], ['web']],
    ],
  )
})

test('on a running VM what stays pending is said to need a reboot, and the next plan is empty', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power: 'running' })]), world.model))
  const plan = thereAndBack(
    world,
    desire([vm('vm.web', { config: { ...WEB, cores: 4, description: 'x' }, power: 'running' })]),
  )
  assert.is(plan.steps[0]?.disruption, 'pending')
  assert.equal(world.model.guests[100]?.pending, { cores: { value: '4' } })
})

test('with leave to reboot the guest is stopped, changed and started, and nothing stays pending', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power: 'running' })]), world.model))
  const lifecycle = { reboot: 'allowed' } as const
  const plan = thereAndBack(
    world,
    desire([vm('vm.web', { config: { ...WEB, cores: 4 }, power: 'running', lifecycle })]),
  )
  assert.equal(steps(plan), ['vm.web/stop', 'vm.web/update', 'vm.web/start'])
  assert.equal(
    plan.steps.map(({ disruption }) => disruption),
    ['restart', 'none', 'none'],
  )
  assert.equal(
    plan.changes[0]?.change.attributes.map(({ name, disruption }) => `${name} ${disruption}`),
    ['cores restart'],
  )
  assert.is(plan.changes[0]?.disruption, 'restart')
  assert.equal(world.model.guests[100]?.pending, {})
})

test('what others left pending is pending again when a restart is undone', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power: 'running' })]), world.model))
  const guest = world.model.guests[100]
  if (guest) guest.pending = { bios: { value: 'ovmf' }, agent: {} }
  const declared = { cores: WEB.cores, scsi0: WEB.scsi0 }
  const lifecycle = { ignoreChanges: ['agent', 'memory', 'tags', 'network'] }
  thereAndBack(world, desire([vm('vm.web', { config: declared, power: 'stopped', lifecycle })]))
})

test('a disk is added, and its way back erases the volume it made', () => {
  for (const power of ['running', 'stopped'] as const)
    for (const key of ['scsi1', 'sata0']) {
      const world = newWorld(emptyModel())
      carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power })]), world.model))
      const plan = thereAndBack(
        world,
        desire([vm('vm.web', { config: { ...WEB, [key]: { storage: 'local', size: '4G' } }, power })]),
      )
      assert.equal(steps(plan), [`vm.web/add-${key}`])
    }
})

test('a mount point is added to a running container, and its way back says that it restarts it', () => {
  const world = newWorld(emptyModel())
  const base = { rootfs: { storage: 'local-lvm', size: '8G' } }
  carryOut(world, planOf(desire([container('container.a', { config: base, power: 'running' })]), world.model))
  const more = { ...base, mp0: { storage: 'local-lvm', size: '4G', mp: '/data' } }
  const plan = thereAndBack(world, desire([container('container.a', { config: more, power: 'running' })]))
  assert.is(plan.steps[0]?.disruption, 'live')
  assert.match(JSON.stringify(plan.steps[0]?.reversal), /restarts container.a/)
})

test('a disk that is declared no more is detached and kept, and attached again on the way back', () => {
  for (const power of ['running', 'stopped'] as const) {
    const world = newWorld(emptyModel())
    const both = { ...WEB, scsi1: { storage: 'local', size: '4G' }, boot: { order: 'scsi0;scsi1;net0' } }
    carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power })]), world.model))
    carryOut(world, planOf(desire([vm('vm.web', { config: both, power })]), world.model, applied(world)))
    const { scsi1: _gone, ...less } = both
    const plan = thereAndBack(world, desire([vm('vm.web', { config: { ...less, boot: { order: 'scsi0' } }, power })]))
    assert.ok(steps(plan).includes('vm.web/detach-scsi1'))
    assert.is(Object.values(world.model.volumes).length, 2)
  }
})

test('growing a disk is undone by a snapshot taken before, where the storage can', () => {
  for (const power of ['running', 'stopped'] as const) {
    const world = newWorld(emptyModel())
    carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power })]), world.model))
    const plan = thereAndBack(
      world,
      desire([vm('vm.web', { config: { ...WEB, cores: 3, scsi0: { ...WEB.scsi0, size: '64G' } }, power })]),
    )
    assert.equal(steps(plan), ['vm.web/snapshot', 'vm.web/update', 'vm.web/grow-scsi0'])
    assert.match(plan.steps[0]?.requests[0]?.params?.['snapname'] as string, /^mpc_[0-9a-f]{10}$/)
    assert.is(plan.steps[2]?.reversal.by, 'snapshot')
  }
})

test('growing a disk where no snapshot is possible cannot be undone, and says why', () => {
  const world = newWorld(emptyModel())
  const base = { rootfs: { storage: 'local', size: '8G' } }
  carryOut(world, planOf(desire([container('container.a', { config: base })]), world.model))
  const plan = planOf(
    desire([container('container.a', { config: { rootfs: { storage: 'local', size: '16G' } } })]),
    world.model,
    applied(world),
  )
  assert.equal(steps(plan), ['container.a/grow-rootfs'])
  const [grow] = plan.steps
  assert.match(
    grow?.reversal.by === 'nothing' ? grow.reversal.reason : '',
    /cannot shrink a disk, and rootfs \(local:100\/vm-100-disk-0\.raw\) cannot be part of a snapshot on storage local of type dir/,
  )
})

test('a disk moves to another storage together with its changed options, and back', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  const moved = { ...WEB, scsi0: { storage: 'nas', format: 'qcow2', size: '48G', discard: 'on', ssd: true } }
  const plan = thereAndBack(world, desire([vm('vm.web', { config: moved })]))
  assert.equal(steps(plan), ['vm.web/move-scsi0', 'vm.web/update-scsi0', 'vm.web/snapshot', 'vm.web/grow-scsi0'])
})

test('a guest migrates when its node is changed, and later steps find it there', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  const plan = thereAndBack(world, desire([vm('vm.web', { node: 'pve2', config: { ...WEB, cores: 8 } })]))
  assert.equal(steps(plan), ['vm.web/migrate', 'vm.web/update'])
  assert.match(plan.steps[1]?.requests[0]?.path ?? '', /\/nodes\/pve2\//)
})

test('a guest somebody else moved stays where it is, with a warning', () => {
  const world = newWorld(emptyModel())
  const web = desire([vm('vm.web', { config: WEB })])
  carryOut(world, planOf(web, world.model))
  const guest = world.model.guests[100]
  if (guest) guest.node = 'pve3'
  const { value, diagnostics } = planChanges(web, observe(world.model), applied(world), DEFAULT_PLAN_OPTIONS)
  assert.equal(value?.steps, [])
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['plan.node-drift'],
  )
})

test.run()
