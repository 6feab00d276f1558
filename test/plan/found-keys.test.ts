import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Config } from '../../src/resource/config-value.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { vmidOf } from './check-cases.ts'
import { type Model, observe } from './model-cluster.ts'
import { addGuest, at, config, container, desire, emptyModel, vm } from './samples.ts'
import { planOf, steps, thereAndBack } from './there-and-back.ts'

const VM = {
  name: 'web',
  cores: '4',
  boot: 'order=scsi0',
  scsihw: 'virtio-scsi-pci',
  scsi0: 'local-lvm:vm-200-disk-0,size=32G',
  scsi1: 'local-lvm:vm-200-disk-1,backup=0,size=8G',
  net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1',
  ide2: 'none,media=cdrom',
}

const CONTAINER = {
  hostname: 'ct',
  rootfs: 'local-lvm:vm-201-disk-0,size=8G',
  mp0: 'local-lvm:vm-201-disk-1,mp=/srv,size=8G',
  net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=dhcp,type=veth',
}

const POWERS = ['running', 'stopped'] as const

const modelWith = (status: 'running' | 'stopped'): Model => {
  const model = emptyModel()
  addGuest(model, { type: 'qemu', vmid: vmidOf(200), status, current: VM })
  addGuest(model, { type: 'lxc', vmid: vmidOf(201), status, current: CONTAINER })
  addGuest(model, {
    type: 'qemu',
    vmid: vmidOf(9000),
    current: {
      ...VM,
      name: 'tpl',
      template: '1',
      scsi0: 'local-lvm:base-9000-disk-0,size=32G',
      ide2: 'none,media=cdrom',
    },
  })
  return model
}

/** A world in which a guest was adopted as declared. */
const adopted = (guest: DesiredGuest, id: number, status: 'running' | 'stopped' = 'stopped'): World => {
  const world = newWorld(modelWith(status))
  const imports = [{ to: guest.address, id: String(id) }]
  carryOut(world, planOf(desire([guest], { imports }), world.model))
  return world
}

const textsOf = (world: World, vmid: number, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, world.model.guests[vmid]?.current[key]]))

test('what was declared as it was found stays when it is declared no more', () => {
  const found = {
    cores: 4,
    scsi0: { size: '32G', storage: 'local-lvm' },
    scsi1: { backup: false },
    net0: { bridge: 'vmbr0', firewall: true },
    ide2: { file: 'none', media: 'cdrom' },
  }
  for (const power of POWERS) {
    const world = adopted(vm('vm.web', { config: found }), 200, power)
    assert.equal(steps(planOf(desire([vm('vm.web')]), world.model, applied(world))), [])
    const less = { ...found, net0: { bridge: 'vmbr0' } }
    assert.equal(steps(planOf(desire([vm('vm.web', { config: less })]), world.model, applied(world))), [])
    const mounts = { mp0: { mp: '/srv', size: '8G' }, net0: { name: 'eth0', bridge: 'vmbr0' } }
    const other = adopted(container('container.ct', { config: mounts }), 201, power)
    assert.equal(steps(planOf(desire([container('container.ct')]), other.model, applied(other))), [])
  }
})

test('of what was found only the options that mpc has set are unset', () => {
  const set = { cores: 8, scsi0: { ssd: true }, scsi1: { backup: true }, net0: { rate: 5, bridge: 'vmbr0' } }
  for (const power of POWERS) {
    const world = adopted(vm('vm.web', { config: set }), 200, power)
    thereAndBack(world, desire([vm('vm.web')]))
    assert.equal(textsOf(world, 200, ['scsi0', 'net0']), { scsi0: VM.scsi0, net0: VM.net0 })
    assert.is(world.model.guests[200]?.current['scsi1']?.split(',')[0], 'local-lvm:vm-200-disk-1')
    const mounts = { mp0: { ro: true }, net0: { rate: 2 } }
    const other = adopted(container('container.ct', { config: mounts }), 201, 'stopped')
    thereAndBack(other, desire([container('container.ct')]))
    assert.equal(textsOf(other, 201, ['mp0', 'net0']), { mp0: CONTAINER.mp0, net0: CONTAINER.net0 })
  }
})

test('what a later plan says of it, beside disks of its own, changes nothing about that', () => {
  const first = { scsi0: { size: '32G' } }
  const second = { ...first, net0: { bridge: 'vmbr0' }, scsi2: { storage: 'local-lvm', size: '1G' }, cores: 2 }
  const world = adopted(vm('vm.web', { config: first }), 200)
  carryOut(world, planOf(desire([vm('vm.web', { config: second })]), world.model, applied(world)))
  carryOut(world, planOf(desire([vm('vm.web', { config: { ...second, cores: 3 } })]), world.model, applied(world)))
  const plan = thereAndBack(world, desire([vm('vm.web')]))
  assert.equal(steps(plan), ['vm.web/update', 'vm.web/detach-scsi2'])
  assert.equal(textsOf(world, 200, ['scsi0', 'net0', 'scsi2']), { scsi0: VM.scsi0, net0: VM.net0, scsi2: undefined })
})

test('a medium that mpc has put in a drive is taken out again, and the drive stays', () => {
  const world = adopted(vm('vm.web', { config: { ide2: { file: 'local:iso/a.iso', media: 'cdrom' } } }), 200)
  carryOut(world, planOf(desire([vm('vm.web')]), world.model, applied(world)))
  assert.is(world.model.guests[200]?.current['ide2'], VM.ide2)
})

test('a disk that was moved to another slot stays there', () => {
  const world = adopted(vm('vm.web'), 200)
  const moved = vm('vm.web', {
    config: { scsi5: { ssd: true } },
    movedSlots: [{ from: 'scsi1', to: 'scsi5' }],
  })
  carryOut(world, planOf(desire([moved]), world.model, applied(world)))
  assert.equal(steps(planOf(desire([vm('vm.web')]), world.model, applied(world))), [])
})

test('a clone keeps what it has from its template, and loses what mpc added', () => {
  const values: Config = config('vm', {
    scsi0: { ssd: true },
    scsi1: { storage: 'local-lvm', size: '1G' },
    net0: { tag: 5 },
    net1: { model: 'virtio', bridge: 'vmbr0' },
  })
  const source = { by: 'clone', template: '9000' } as const
  const model = modelWith('stopped')
  const [template] = [model.guests[9000]]
  if (template) for (const key of ['scsi1', 'ide2']) Reflect.deleteProperty(template.current, key)
  for (const isOld of [false, true]) {
    const world = newWorld(structuredClone(model))
    carryOut(world, planOf(desire([vm('vm.a', { config: values, source })]), world.model))
    if (isOld)
      for (const [address, bound] of world.bindings)
        if (bound && 'found' in bound) {
          const { found: _unknown, ...rest } = bound
          world.bindings.set(address, rest)
        }
    const plan = planOf(desire([vm('vm.a', { source })]), world.model, applied(world))
    carryOut(world, plan)
    const now = world.model.guests[100]?.current ?? {}
    assert.equal(
      Object.keys(now).filter((key) => /^(?:scsi|net)\d/.test(key)),
      ['scsi0', 'net0'],
      `old: ${isOld}`,
    )
    assert.match(now['net0'] ?? '', isOld ? /firewall=1,tag=5$/ : /firewall=1$/)
  }
})

test('a state file that does not say what was found keeps the devices of guests that were adopted', () => {
  const world = adopted(
    vm('vm.web', { config: { scsi1: { backup: false }, net0: { bridge: 'vmbr0' }, cores: 8 } }),
    200,
  )
  const old = applied(world).map((each) => {
    const { found: _unknown, ...rest } = each as typeof each & { found?: unknown }
    return rest
  })
  assert.equal(steps(planOf(desire([vm('vm.web')]), world.model, old as never)), ['vm.web/update'])
})

test('a boot disk goes with consent only, and a running VM has it until its next start', () => {
  for (const power of POWERS) {
    const world = newWorld(emptyModel())
    const disk = { storage: 'local-lvm', size: '8G' }
    carryOut(world, planOf(desire([vm('vm.web', { config: { scsi0: disk }, power })]), world.model))
    const made = world.model.guests[100]
    if (made) made.current = { ...made.current, boot: 'order=scsi0' }
    const without = desire([vm('vm.web', { power })])
    assert.throws(() => planOf(without, world.model, applied(world)), /plan\.boot-disk-removed/)
    const plan = planOf(without, world.model, applied(world), { allowDiskReplacement: true })
    assert.is(plan.steps[0]?.disruption, power === 'running' ? 'pending' : 'none')
    assert.is(plan.changes[0]?.change.attributes[0]?.disruption, power === 'running' ? 'pending' : 'none')
  }
})

test('a pool in which a guest was found is not left', () => {
  const model = modelWith('stopped')
  const guest = model.guests[200]
  if (guest) Object.assign(guest, { pool: 'prod' })
  assert.is(observe(model).guests.find(({ vmid }) => vmid === 200)?.pool, 'prod')
  const world = newWorld(model)
  const imports = [{ to: at('vm.web'), id: '200' }]
  carryOut(world, planOf(desire([vm('vm.web', { pool: 'prod' })], { imports }), world.model))
  assert.equal(steps(planOf(desire([vm('vm.web')]), world.model, applied(world))), [])
})

test.run()
