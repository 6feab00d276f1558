import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planView } from '../../src/render/plan-view.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { lossOf } from '../../src/resource/reversal.ts'
import { applied, carryOut, newWorld } from './carry-out.ts'
import { type Model, observe } from './model-cluster.ts'
import { addGuest, container, desire, emptyModel, pool, vm } from './samples.ts'
import { planOf, steps, thereAndBack, WEB } from './there-and-back.ts'

test('a guest that is declared no more is shut down, backed up and destroyed, and restored on the way back', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB, power: 'running', pool: 'prod' })]), world.model))
  const plan = thereAndBack(world, desire([]))
  assert.equal(steps(plan), ['vm.web/stop', 'vm.web/backup', 'vm.web/destroy'])
  assert.is(plan.steps[2]?.reversal.by, 'backup')
  assert.is(plan.steps[2]?.disruption, 'data-loss')
})

test('a guest is retained instead where that is asked for', () => {
  const world = newWorld(emptyModel())
  carryOut(
    world,
    planOf(desire([vm('vm.web', { config: WEB, power: 'running', lifecycle: { onDestroy: 'retain' } })]), world.model),
  )
  const plan = thereAndBack(world, desire([]))
  assert.equal(steps(plan), ['vm.web/stop', 'vm.web/retain'])
  assert.equal(plan.changes[0]?.change.attributes, [])
  assert.is(planView(plan).resources[0]?.heading, 'vm.web will be stopped, renamed and kept, and no longer managed')
  assert.is(world.model.guests[100]?.current['name'], 'web-retained')
  assert.is(world.model.guests[100]?.current['tags'], 'mpc-retained;prod;web')
})

test('destroying without a backup, or with one that misses a volume, cannot be undone', () => {
  const world = newWorld(emptyModel())
  const left = { ...WEB, scsi1: { storage: 'local', size: '1G', backup: false } }
  carryOut(
    world,
    planOf(
      desire([vm('vm.a', { config: WEB, lifecycle: { onDestroy: 'delete' } }), vm('vm.b', { config: left })]),
      world.model,
    ),
  )
  const plan = planOf(desire([]), world.model, applied(world))
  assert.equal(
    plan.steps.map(({ id, reversal }) => [id, lossOf(reversal) ?? reversal.by]),
    [
      ['vm.a/destroy', 'the guest and its data are gone, and no backup is taken (`on_destroy = "delete"`)'],
      ['vm.b/backup', 'requests'],
      ['vm.b/destroy', 'the backup on local holds everything except scsi1, which Proxmox VE leaves out of backups'],
    ],
  )
})

const template = (model: Model) =>
  addGuest(model, {
    type: 'qemu',
    vmid: 9000,
    current: {
      name: 'debian-12',
      template: '1',
      cores: '1',
      memory: '512',
      ide2: 'local-lvm:vm-9000-cloudinit,media=cdrom',
      net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1',
      scsi0: 'local-lvm:base-9000-disk-0,size=10G',
      scsihw: 'virtio-scsi-pci',
      boot: 'order=scsi0',
    },
  })

test('a clone is made, configured, grown and started', () => {
  const model = emptyModel()
  template(model)
  const world = newWorld(model)
  const values = {
    ...WEB,
    ciuser: 'ops',
    ipconfig0: { ip: 'dhcp' },
    cipassword: { secret: 'vm.web#cipassword', fingerprint: 'f1' },
  }
  const web = vm('vm.web', { config: values, source: { by: 'clone', template: 'debian-12' }, power: 'running' })
  const plan = thereAndBack(world, desire([web]))
  assert.equal(steps(plan), ['vm.web/create', 'vm.web/configure', 'vm.web/grow-scsi0', 'vm.web/start'])
  const made = world.model.guests[100]?.current
  assert.is(made?.['scsi0'], 'local-lvm:vm-100-disk-0,discard=on,size=32G')
  assert.match(made?.['net0'] ?? '', /^virtio=BC:24:11:(?!00:00:01).*,bridge=vmbr0,firewall=1,tag=20$/)
  assert.is(JSON.stringify(plan).includes('a-secret'), false)
})

test('a full clone goes to the storage its disks declare, a linked one stays with its template', () => {
  const model = emptyModel()
  template(model)
  const config = { scsi0: { storage: 'nas', size: '10G' } }
  const full = planOf(desire([vm('vm.a', { config, source: { by: 'clone', template: '9000' } })]), model)
  assert.is(full.steps[0]?.requests[0]?.params?.['storage'], 'nas')
  assert.equal(steps(full), ['vm.a/create'])
  const linked = planOf(desire([vm('vm.a', { source: { by: 'clone', template: '9000', full: false } })]), model)
  assert.equal(linked.steps[0]?.requests[0]?.params, { newid: 100, name: 'a', full: false })
})

test('a clone for another node is made there where storage is shared, and moved there where it is not', () => {
  const model = emptyModel()
  template(model)
  const plan = thereAndBack(
    newWorld(model),
    desire([vm('vm.a', { node: 'pve2', source: { by: 'clone', template: 'debian-12' } })]),
  )
  assert.equal(steps(plan), ['vm.a/create', 'vm.a/migrate'])
})

test('a template, its clones and their pool are made in the order they need each other', () => {
  const world = newWorld(emptyModel())
  const base = vm('vm.zbase', { config: { scsi0: WEB.scsi0 }, template: true })
  const source = { by: 'clone', template: 'zbase' } as const
  const all = [
    vm('vm.a', { source, pool: 'lab' }),
    vm('vm.b', { source, dependsOn: [base.address] }),
    base,
    pool('pool.lab', 'lab'),
  ]
  const plan = thereAndBack(world, desire(all))
  assert.equal(steps(plan), ['pool.lab/create', 'vm.zbase/create', 'vm.zbase/template', 'vm.a/create', 'vm.b/create'])
  assert.equal(plan.steps[3]?.needs, ['pool.lab/create', 'vm.zbase/template'])
  const gone = planOf(desire([]), world.model, applied(world))
  assert.is(steps(gone).at(-1), 'pool.lab/destroy')
})

test('pool membership is changed, taken back where mpc had set it, and otherwise left alone', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  thereAndBack(world, desire([vm('vm.web', { config: WEB, pool: 'prod' })]))
  thereAndBack(world, desire([vm('vm.web', { config: WEB })]))
  const guest = world.model.guests[100]
  if (guest) guest.pool = 'prod'
  assert.equal(steps(planOf(desire([vm('vm.web', { config: WEB })]), world.model, applied(world))), [])
})

test('an existing guest is bound as it is, and only what is declared is compared', () => {
  const model = emptyModel()
  addGuest(model, {
    type: 'qemu',
    vmid: 205,
    current: { name: 'old', cores: '4', memory: '1024', scsi0: 'local:205/vm-205-disk-0.qcow2,size=8G' },
  })
  const world = newWorld(model)
  const imports = [{ to: vm('vm.old').address, id: 'pve1/205' }]
  const plan = thereAndBack(world, desire([vm('vm.old', { config: { cores: 4, scsi0: { size: '8G' } } })], { imports }))
  assert.equal(steps(plan), ['vm.old/bind'])
  assert.is(plan.changes[0]?.action, 'bind')
})

test('a moved binding keeps its guest', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  const [from, via, to] = [vm('vm.web').address, vm('vm.x').address, vm('vm.site["a"]').address]
  const moved = [
    { from: via, to },
    { from, to: via },
  ]
  const plan = thereAndBack(world, desire([vm('vm.site["a"]', { config: { ...WEB, cores: 3 } })], { moved }))
  assert.equal(steps(plan), ['vm.site["a"]/bind', 'vm.site["a"]/update'])
})

test('a removed binding is forgotten and its guest stays', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([vm('vm.web', { config: WEB })]), world.model))
  const plan = thereAndBack(world, desire([], { removed: [{ from: vm('vm.web').address, destroy: false }] }))
  assert.equal(steps(plan), ['vm.web/forget'])
  assert.ok(world.model.guests[100])
})

test('what PVE cannot change replaces the guest, and the old one stays until the new one stands', () => {
  const world = newWorld(emptyModel())
  const base = { rootfs: { storage: 'local-lvm', size: '8G' }, unprivileged: true }
  carryOut(world, planOf(desire([container('container.a', { config: base, power: 'running' })]), world.model))
  const plan = thereAndBack(
    world,
    desire([container('container.a', { config: { ...base, unprivileged: false }, power: 'running' })]),
  )
  assert.equal(
    steps(plan),
    ['stop', 'create', 'start', 'backup', 'destroy'].map((verb) => `container.a/${verb}`),
  )
  assert.is(plan.changes[0]?.action, 'replace')
  assert.is(asGuest(world.bindings.get(container('container.a').address))?.guest.vmid, 101)
})

test('with a declared VMID the old guest goes before the new one comes', () => {
  const world = newWorld(emptyModel())
  const base = { rootfs: { storage: 'local-lvm', size: '8G' }, unprivileged: true }
  const vmid = observe(addedVmid(300)).guests[0]?.vmid
  if (vmid === undefined) throw new Error('no VMID')
  carryOut(world, planOf(desire([container('container.a', { vmid, config: base })]), world.model))
  const plan = thereAndBack(
    world,
    desire([container('container.a', { vmid, config: { ...base, unprivileged: false } })]),
  )
  assert.equal(
    steps(plan),
    ['backup', 'destroy', 'create'].map((verb) => `container.a/${verb}`),
  )
})

const addedVmid = (vmid: number): Model => {
  const model = emptyModel()
  addGuest(model, { type: 'qemu', vmid })
  return model
}

test('a resource that another one triggers is replaced together with it', () => {
  const world = newWorld(emptyModel())
  const a = (cores: number) => vm('vm.a', { config: { ...WEB, cores } })
  const b = vm('vm.b', { config: WEB, lifecycle: { replaceTriggeredBy: [a(1).address] } })
  carryOut(world, planOf(desire([a(2), b]), world.model))
  const plan = thereAndBack(world, desire([a(4), b]))
  assert.equal(
    plan.changes.map(({ address, action }) => `${address} ${action}`),
    ['vm.a update', 'vm.b replace'],
  )
})

test('everything managed is destroyed on request, dependents first', () => {
  const world = newWorld(emptyModel())
  const a = vm('vm.a', { config: WEB })
  const all = desire([a, vm('vm.b', { config: WEB, dependsOn: [a.address] })])
  carryOut(world, planOf(all, world.model))
  const plan = thereAndBack(world, all, { destroy: true })
  assert.equal(steps(plan), ['vm.b/backup', 'vm.b/destroy', 'vm.a/backup', 'vm.a/destroy'])
})

test('a secret is compared by its fingerprint and never stands in a plan', () => {
  const world = newWorld(emptyModel())
  const secret = (fingerprint: string) => ({ ...WEB, cipassword: { secret: 'vm.web#cipassword', fingerprint } })
  thereAndBack(world, desire([vm('vm.web', { config: secret('one') })]))
  const plan = planOf(desire([vm('vm.web', { config: secret('two') })]), world.model, applied(world))
  assert.equal(steps(plan), ['vm.web/set-cipassword'])
  assert.is(plan.steps[0]?.reversal.by, 'nothing')
  assert.equal(
    plan.changes[0]?.change.attributes.map(({ sensitive }) => sensitive),
    [true],
  )
})

test('a protected guest gets a disk and loses it again on the way back', () => {
  const world = newWorld(emptyModel())
  const safe = { ...WEB, protection: true }
  thereAndBack(world, desire([vm('vm.web', { config: safe })]))
  thereAndBack(world, desire([vm('vm.web', { config: { ...safe, scsi1: { storage: 'local', size: '1G' } } })]))
})

test('a cloud-init drive and a medium are changed and put back', () => {
  const world = newWorld(emptyModel())
  const drive = (value: Record<string, string>) => desire([vm('vm.web', { config: { ...WEB, ide2: value } })])
  thereAndBack(world, drive({ storage: 'local-lvm', media: 'cloudinit' }))
  thereAndBack(world, drive({ file: 'local:iso/a.iso', media: 'cdrom' }))
  thereAndBack(world, drive({ storage: 'nas', media: 'cloudinit' }))
  thereAndBack(world, desire([vm('vm.web', { config: WEB })]))
})

test('a running guest is stopped and a stopped one started as declared', () => {
  const world = newWorld(emptyModel())
  const web = (power: 'running' | 'stopped') => desire([vm('vm.web', { config: WEB, power })])
  carryOut(world, planOf(web('stopped'), world.model))
  assert.equal(steps(thereAndBack(world, web('running'))), ['vm.web/start'])
  assert.equal(steps(thereAndBack(world, web('stopped'))), ['vm.web/stop'])
})

test('an image that is imported is grown to the declared size', () => {
  const world = newWorld(emptyModel())
  const disk = { storage: 'local-lvm', 'import-from': 'local:import/debian.qcow2', size: '20G' }
  const plan = thereAndBack(world, desire([vm('vm.web', { config: { scsi0: disk } })]))
  assert.equal(steps(plan), ['vm.web/create', 'vm.web/grow-scsi0'])
})

test.run()
