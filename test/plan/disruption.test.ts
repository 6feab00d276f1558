import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { observe } from './model-cluster.ts'
import { at, container, desire, emptyModel, vm } from './samples.ts'
import { planOf, steps, thereAndBack } from './there-and-back.ts'

const DISK = { storage: 'local-lvm', size: '8G' }
const SECRET = (fingerprint: string) => ({ secret: 'container.a#password', fingerprint })

const made = (guest: DesiredGuest): World => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([guest]), world.model))
  return world
}

const look = (world: World, guest: DesiredGuest) =>
  planChanges(desire([guest]), observe(world.model), applied(world), DEFAULT_PLAN_OPTIONS)

const effects = (world: World, guest: DesiredGuest): Record<string, string> => {
  const { value } = look(world, guest)
  return Object.fromEntries(
    (value?.changes ?? []).flatMap(({ change }) => change.attributes.map(({ name, disruption }) => [name, disruption])),
  )
}

const seed = (config: DesiredGuest['config'] | Record<string, never> = {}, more = {}) =>
  vm('vm.a', {
    config: { scsi0: DISK, ide2: { storage: 'local-lvm', media: 'cloudinit' }, ciuser: 'ops', ...config },
    power: 'running',
    ...more,
  })

test('cloud-init values of a running VM wait for its next start, as does the name it tells the guest', () => {
  const world = made(seed({ name: 'a', ipconfig0: { ip: '10.0.0.10/24' } }))
  const changed = seed({ name: 'b', ciuser: 'admin', ipconfig0: { ip: '10.0.0.20/24' }, nameserver: ['10.0.0.1'] })
  assert.equal(effects(world, changed), {
    ciuser: 'pending',
    'ipconfig0.ip': 'pending',
    name: 'pending',
    nameserver: 'pending',
  })
  const plan = thereAndBack(world, desire([changed]))
  assert.equal(
    plan.steps.map(({ disruption }) => disruption),
    ['pending'],
  )
})

test('a cloud-init password waits for the next start, too', () => {
  const world = made(seed({ cipassword: { secret: 'vm.a#cipassword', fingerprint: 'a' } }))
  const plan = planOf(
    desire([seed({ cipassword: { secret: 'vm.a#cipassword', fingerprint: 'b' } })]),
    world.model,
    applied(world),
  )
  assert.equal(
    plan.steps.map(({ id, disruption }) => `${id} ${disruption}`),
    ['vm.a/set-cipassword pending'],
  )
})

test('the name of a VM without a cloud-init drive is its name at once, the host name of a container is not', () => {
  const plain = made(vm('vm.a', { config: { name: 'a', scsi0: DISK }, power: 'running' }))
  assert.equal(effects(plain, vm('vm.a', { config: { name: 'b', scsi0: DISK }, power: 'running' })), { name: 'live' })
  const dns = (hostname: string) => container('container.a', { config: { hostname, rootfs: DISK }, power: 'running' })
  assert.equal(effects(made(dns('a')), dns('b')), { hostname: 'pending' })
})

test('with leave to reboot, a VM is restarted for its cloud-init values', () => {
  const world = made(seed())
  const plan = thereAndBack(world, desire([seed({ ciuser: 'admin' }, { lifecycle: { reboot: 'allowed' } })]))
  assert.equal(steps(plan), ['vm.a/stop', 'vm.a/update', 'vm.a/start'])
  assert.equal(
    plan.changes[0]?.change.attributes.map(({ disruption }) => disruption),
    ['restart'],
  )
})

test('options of a device that change together wait together; its size and its storage do not', () => {
  const disk = (options: Record<string, string | number | boolean>) =>
    vm('vm.a', { config: { scsi0: { ...DISK, ...options } }, power: 'running' })
  const world = made(disk({}))
  assert.equal(effects(world, disk({ mbps_rd: 5 })), { 'disk.scsi0.mbps_rd': 'live' })
  assert.equal(effects(world, disk({ mbps_rd: 5, discard: 'on' })), {
    'disk.scsi0.discard': 'pending',
    'disk.scsi0.mbps_rd': 'pending',
  })
  assert.equal(effects(world, disk({ size: '9G', discard: 'on' })), {
    'disk.scsi0.discard': 'pending',
    'disk.scsi0.size': 'live',
  })
})

test('an option that could be live waits with one that is pending already', () => {
  const disk = (options: Record<string, string | number | boolean>) =>
    vm('vm.a', { config: { scsi0: { ...DISK, ...options } }, power: 'running' })
  const world = made(disk({}))
  carryOut(world, planOf(desire([disk({ discard: 'on' })]), world.model, applied(world)))
  const guest = world.model.guests[100]
  assert.ok(guest?.pending['scsi0'])
  assert.equal(effects(world, disk({ discard: 'on', mbps_rd: 5 })), { 'disk.scsi0.mbps_rd': 'pending' })
})

const box = (more: Parameters<typeof container>[1] = {}) =>
  container('container.a', { config: { hostname: 'a', rootfs: DISK, ...more.config }, power: 'running', ...more })

test('a running container moves to another node only where a restart is allowed, and takes its volumes along', () => {
  const world = made(box())
  const { value, diagnostics } = look(world, box({ node: 'pve2' }))
  assert.is(value, undefined)
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['plan.needs-stop'],
  )
  assert.match(diagnostics[0]?.detail ?? '', /restarts it.*reboot = "allowed"/)
  const plan = thereAndBack(world, desire([box({ node: 'pve2', lifecycle: { reboot: 'allowed' } })]))
  assert.equal(
    plan.steps.map(({ id, disruption }) => `${id} ${disruption}`),
    ['container.a/migrate restart'],
  )
  assert.is(plan.steps[0]?.summary, 'migrate from pve1 to pve2, copying rootfs (local-lvm), restarting it on the way')
  assert.is(plan.steps[0]?.requests[0]?.params?.['restart'], true)
})

test('a container that is restarted for other changes as well is down once', () => {
  const world = made(box())
  const changed = box({ node: 'pve2', config: { features: { nesting: true } }, lifecycle: { reboot: 'allowed' } })
  const moved = { ...changed, config: { ...box().config, ...changed.config } }
  const plan = thereAndBack(world, desire([moved]))
  assert.equal(steps(plan), ['container.a/stop', 'container.a/migrate', 'container.a/update', 'container.a/start'])
  assert.is(plan.steps[1]?.requests[0]?.params?.['restart'], undefined)
})

test('a container that is declared stopped is stopped before it moves, and stays stopped', () => {
  const world = made(box())
  const plan = thereAndBack(world, desire([box({ node: 'pve2', power: 'stopped' })]))
  assert.equal(steps(plan), ['container.a/stop', 'container.a/migrate'])
})

test('a VM moves while it runs', () => {
  const world = made(seed())
  const plan = planOf(desire([seed({}, { node: 'pve2' })]), world.model, applied(world))
  assert.equal(
    plan.steps.map(({ id, disruption }) => `${id} ${disruption}`),
    ['vm.a/migrate live'],
  )
  assert.match(plan.steps[0]?.summary ?? '', /copying scsi0 \(local-lvm\)/)
})

const warned = (world: World, guest: DesiredGuest): string =>
  look(world, guest)
    .diagnostics.filter(({ code }) => code === 'plan.creation-only')
    .map(({ detail }) => detail)
    .join('\n')

test('a password or key that is changed, added or withdrawn after a container was made is said not to reach it', () => {
  const dns = (config: Record<string, unknown>, more = {}) =>
    container('container.a', { config: { hostname: 'a', rootfs: DISK, ...config } as DesiredGuest['config'], ...more })
  const keys = { 'ssh-public-keys': ['ssh-ed25519 AAAA one@example'] }
  const world = made(dns({ ...keys, password: SECRET('a') }))
  const same = { ...keys, password: SECRET('a') }
  assert.is(warned(world, dns(same)), '')
  assert.match(warned(world, dns({ ...same, password: SECRET('b') })), /`password` of `container\.a`.*passwd/)
  assert.match(
    warned(world, dns({ ...same, 'ssh-public-keys': ['ssh-ed25519 AAAA two@example'] })),
    /`ssh-public-keys`.*authorized keys/,
  )
  assert.match(warned(world, dns({ password: SECRET('a') })), /`ssh-public-keys`/)
  assert.match(warned(world, dns({})), /`password`, `ssh-public-keys`/)
  assert.is(warned(world, dns({ ...same, password: SECRET('b') }, { lifecycle: { ignoreChanges: ['password'] } })), '')
  const bare = made(dns({}))
  assert.match(warned(bare, dns({ password: SECRET('a') })), /`password`/)
})

test('a password declared for a container that is only bound is said not to reach it', () => {
  const world = made(container('container.b', { config: { hostname: 'a', rootfs: DISK } }))
  const guest = container('container.a', { config: { hostname: 'a', rootfs: DISK, password: SECRET('a') } })
  const imports = [{ to: at('container.a'), id: '100' }]
  const { diagnostics } = planChanges(desire([guest], { imports }), observe(world.model), [], DEFAULT_PLAN_OPTIONS)
  assert.match(
    diagnostics.map(({ detail }) => detail).join('\n'),
    /`password`.*declared for a guest that mpc did not create/,
  )
})

test('another image to import from is said not to reach a disk that exists, and is taken for a new one', () => {
  const image = (name: string) => ({ ...DISK, 'import-from': `local:import/${name}.qcow2` })
  const from = (scsi0: Record<string, string>, more = {}) => vm('vm.a', { config: { scsi0, ...more } })
  const world = made(from(image('one')))
  assert.is(warned(world, from(image('one'))), '')
  assert.match(warned(world, from(image('two'))), /`disk\.scsi0\.import-from` of `vm\.a` does not reach VM 100/)
  assert.is(warned(world, from(image('one'), { scsi1: image('two') })), '')
})

test.run()
