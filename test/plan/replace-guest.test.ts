import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { carryOut, newWorld } from './carry-out.ts'
import { DISK, vmidOf } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, vm } from './samples.ts'
import { planOf, thereAndBack } from './there-and-back.ts'

const NET = { name: 'eth0', bridge: 'vmbr0', ip: 'dhcp' }
const macOf = (text = ''): string | undefined => /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/.exec(text)?.[0]

/** A container that is made, and then replaced because it shall be privileged. */
const replaced = (more: Partial<DesiredGuest['lifecycle']> = {}, rest: Parameters<typeof container>[1] = {}) => {
  const world = newWorld(emptyModel())
  const made = (unprivileged: boolean) =>
    container('container.a', {
      config: { rootfs: DISK, net0: NET, unprivileged },
      power: 'running',
      lifecycle: more,
      ...rest,
    })
  carryOut(world, planOf(desire([made(true)]), world.model))
  const old = asGuest(world.bindings.get(at('container.a')))?.guest.vmid ?? 0
  const before = macOf(world.model.guests[old]?.current['net0'])
  const plan = thereAndBack(world, desire([made(false)]))
  const now = asGuest(world.bindings.get(at('container.a')))?.guest.vmid ?? 0
  const create = plan.steps.find(({ id }) => id.endsWith('/create'))
  return { before, after: macOf(world.model.guests[now]?.current['net0']), summary: create?.summary ?? '', world, old }
}

test('a replacement keeps the MAC addresses nobody declared, and the plan says so', () => {
  const { before, after, summary } = replaced()
  assert.ok(before)
  assert.is(after, before)
  assert.match(summary, 'with the MAC addresses of 100')
})

test('the old guest that is retained has them too, which the plan points out', () => {
  const { before, after, summary, world, old } = replaced({ onDestroy: 'retain' })
  assert.is(after, before)
  assert.is(macOf(world.model.guests[old]?.current['net0']), before)
  assert.match(summary, 'the two must never run at once')
})

test('guests that run side by side for a while, and containers told apart by them, get other ones', () => {
  for (const { before, after } of [replaced({ createBeforeDestroy: true }), replaced({}, { vmid: vmidOf(300) })]) {
    assert.ok(after)
    assert.is.not(after, before)
  }
})

test('a declared MAC address is what it is declared to be', () => {
  const world = newWorld(emptyModel())
  const mac = 'BC:24:11:00:00:77'
  const make = (net0: object, clone: boolean) =>
    desire([
      vm('vm.a', {
        config: { scsi0: DISK, net0: { model: 'virtio', bridge: 'vmbr0', ...net0 } },
        lifecycle: { replaceTriggeredBy: [at('vm.trigger')] },
      }),
      ...(clone ? [vm('vm.trigger')] : []),
    ])
  carryOut(world, planOf(make({}, false), world.model))
  thereAndBack(world, make({ macaddr: mac }, true))
  const now = asGuest(world.bindings.get(at('vm.a')))?.guest.vmid ?? 0
  assert.is(macOf(world.model.guests[now]?.current['net0']), mac)
})

test('a replacement names the volumes that stay behind with the old guest', () => {
  const model = emptyModel()
  const current = { name: 'a', scsi0: 'local-lvm:vm-300-disk-0,size=8G', scsi1: 'local-lvm:vm-300-disk-1,size=4G' }
  addGuest(model, { type: 'qemu', vmid: 300, current })
  addGuest(model, {
    type: 'qemu',
    vmid: 900,
    current: { name: 't', template: '1', scsi0: 'local-lvm:base-900-disk-0,size=8G' },
  })
  const made = vm('vm.a', {
    source: { by: 'clone', template: 't' },
    lifecycle: { replaceTriggeredBy: [at('vm.trigger')] },
  })
  const desired = desire([made, vm('vm.trigger')], { imports: [{ to: at('vm.a'), id: '300' }] })
  const change = planOf(desired, model).changes.find(({ address }) => address === 'vm.a')
  assert.is(change?.action, 'replace')
  const gone = change?.change.attributes.flatMap(({ name, after, unknown }) =>
    after === undefined && !unknown ? [name] : [],
  )
  assert.equal(gone, ['disk.scsi1.file', 'disk.scsi1.format', 'disk.scsi1.size', 'disk.scsi1.storage'])
})

test('a destroy names every volume that goes, declared or not', () => {
  const model = emptyModel()
  const scsi1 = 'local-lvm:vm-300-disk-1,size=4G'
  addGuest(model, {
    type: 'qemu',
    vmid: 300,
    current: { name: 'a', cores: '2', scsi1, unused0: 'local-lvm:vm-300-disk-7' },
  })
  const imports = [{ to: at('vm.a'), id: '300' }]
  const world = newWorld(model)
  const adopted = planChanges(
    desire([vm('vm.a', { config: { cores: 2 } })], { imports }),
    observe(model),
    [],
    DEFAULT_PLAN_OPTIONS,
  )
  if (!adopted.value) throw new Error(JSON.stringify(adopted.diagnostics))
  carryOut(world, adopted.value)
  const plan = planOf(desire([]), world.model, [...world.bindings.values()])
  const gone = plan.changes[0]?.change.attributes.map(({ name }) => name) ?? []
  for (const name of ['cores', 'disk.scsi1.file', 'disk.scsi1.size'])
    assert.ok(gone.includes(name), `${name} in ${gone}`)
  assert.ok(
    gone.some((name) => name.startsWith('unused0')),
    String(gone),
  )
})

test('a replacement names all that goes with the old guest, also what nobody declares', () => {
  const model = emptyModel()
  const old = {
    name: 'a',
    memory: '4096',
    cores: '8',
    net1: 'virtio=BC:24:11:00:00:01,bridge=vmbr7',
    boot: 'order=scsi0',
    scsi0: 'local-lvm:vm-300-disk-0,size=8G',
    unused0: 'local-lvm:vm-300-disk-7',
  }
  addGuest(model, { type: 'qemu', vmid: 300, current: old })
  const made = vm('vm.a', {
    config: { cores: 8, scsi0: DISK },
    lifecycle: { replaceTriggeredBy: [at('vm.trigger')] },
  })
  const desired = desire([made, vm('vm.trigger')], { imports: [{ to: at('vm.a'), id: '300' }] })
  const change = planOf(desired, model).changes.find(({ address }) => address === 'vm.a')
  const shown = new Map(change?.change.attributes.map((attribute) => [attribute.name, attribute]))
  for (const name of ['memory', 'network.net1.bridge', 'network.net1.macaddr', 'boot.order', 'unused0.file', 'vmid'])
    assert.is.not(shown.get(name)?.before, undefined, `${name} in ${[...shown.keys()]}`)
  assert.is(shown.get('memory')?.after, undefined)
  assert.is(shown.get('disk.scsi0.file')?.unknown, true)
  assert.not(shown.has('cores'))
})

test('a clone that replaces another one shows where its template is another', () => {
  const model = emptyModel()
  addGuest(model, {
    type: 'qemu',
    vmid: 900,
    current: { name: 't', template: '1', memory: '1024', net0: 'virtio=BC:24:11:00:00:09,bridge=vmbr1' },
  })
  addGuest(model, {
    type: 'qemu',
    vmid: 300,
    current: { name: 'a', memory: '4096', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5' },
  })
  const made = vm('vm.a', {
    source: { by: 'clone', template: 't' },
    lifecycle: { replaceTriggeredBy: [at('vm.trigger')] },
  })
  const plan = planOf(desire([made, vm('vm.trigger')], { imports: [{ to: at('vm.a'), id: '300' }] }), model)
  const shown = plan.changes.find(({ address }) => address === 'vm.a')?.change.attributes ?? []
  assert.equal(
    shown.map(({ name, before, after, unknown }) => [name, before, unknown ? '?' : after]),
    [
      ['vmid', 300, 101],
      ['memory', 4096, 1024],
      ['network.net0.bridge', 'vmbr0', 'vmbr1'],
      ['network.net0.macaddr', 'BC:24:11:00:00:01', '?'],
      ['network.net0.tag', 5, undefined],
    ],
  )
})

test('an adopted guest is bound first and replaced then, with and without a declared VMID', () => {
  for (const vmid of [undefined, vmidOf(300)]) {
    const model = emptyModel()
    addGuest(model, {
      type: 'qemu',
      vmid: 300,
      status: 'running',
      current: { name: 'a', scsi0: 'nas:300/vm-300-disk-0.qcow2,size=8G' },
    })
    const made = vm('vm.a', {
      config: { scsi0: DISK },
      ...(vmid !== undefined && { vmid }),
      lifecycle: { replaceTriggeredBy: [at('vm.trigger')] },
    })
    const world = newWorld(model)
    const plan = thereAndBack(world, desire([made, vm('vm.trigger')], { imports: [{ to: at('vm.a'), id: '300' }] }))
    const own = plan.steps.filter(({ address }) => address === 'vm.a').map(({ id }) => id.split('/')[1])
    assert.equal(
      own,
      vmid === undefined
        ? ['bind', 'stop', 'create', 'start', 'backup', 'destroy']
        : ['bind', 'stop', 'backup', 'destroy', 'create', 'start'],
    )
    assert.is(world.bindings.size, 2)
  }
})

test('a guest that is renamed and replaced leaves no binding under its old address', () => {
  const world = newWorld(emptyModel())
  const make = (name: string) =>
    vm(name, { config: { scsi0: DISK }, lifecycle: { replaceTriggeredBy: [at('vm.trigger')] } })
  carryOut(world, planOf(desire([make('vm.a')]), world.model))
  thereAndBack(world, desire([make('vm.b'), vm('vm.trigger')], { moved: [{ from: at('vm.a'), to: at('vm.b') }] }))
  assert.equal([...world.bindings.keys()].sort(), ['vm.b', 'vm.trigger'])
})

test('what is expected of a guest is that it is the one that was bound', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.a', { config: { scsi0: DISK } })]), world.model))
  const bound = asGuest(world.bindings.get(at('vm.a')))
  const guest = world.model.guests[100]
  if (!guest || !bound) throw new Error('no guest')
  guest.current['net0'] = 'virtio=BC:24:11:00:00:01,bridge=vmbr0'
  for (const desired of [desire([vm('vm.a', { config: { scsi0: DISK, cores: 2 } })]), desire([])]) {
    const plan = planOf(desired, world.model, [bound])
    const expected = plan.steps.find(({ expects }) => expects)?.expects
    assert.equal(expected?.identity, bound.identity)
  }
})

test.run()
