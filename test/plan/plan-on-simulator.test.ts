import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { resolveRequest, takeOutput } from '../../src/apply/request/resolve-request.ts'
import { kindOfType } from '../../src/kinds/registry.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { ProxmoxClient } from '../../src/proxmox/client.ts'
import type { Address } from '../../src/resource/address.ts'
import type { Applied, AppliedResource } from '../../src/resource/applied.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired } from '../../src/resource/desired.ts'
import type { Observed } from '../../src/resource/observed.ts'
import type { ApiRequest } from '../../src/resource/request.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { connect } from '../apply/connection.ts'
import { sameLines } from './same-lines.ts'
import { container, desire, pool, vm } from './samples.ts'

/** The planner against the simulator, carried out request by request without an executor's help. */
const test = suite('plans on a simulated server')

const SECRETS = new Map([['vm.web#cipassword', 'correct horse']])

interface World {
  readonly simulator: Simulator
  readonly client: ProxmoxClient
  readonly bindings: Map<Address, AppliedResource>
  readonly outputs: Map<string, Record<string, string>>
}

const withWorld = async (body: (world: World) => Promise<void>): Promise<void> => {
  const simulator = await startSimulator({ profile: 'homelab', http: true, speed: Number.POSITIVE_INFINITY, seed: 7 })
  const client = connect(simulator.url, simulator.token)
  try {
    await body({ simulator, client, bindings: new Map(), outputs: new Map() })
  } finally {
    client.close()
    await simulator.stop()
  }
}

const sync = async ({ client }: World): Promise<Observed> =>
  (await syncCluster(client, { now: '2026-01-01T00:00:00Z' })).observed

const applied = ({ bindings }: World): Applied => [...bindings.values()]

const planOf = async (world: World, desired: Desired, options: Partial<PlanOptions> = {}): Promise<Plan> => {
  const { value, diagnostics } = planChanges(desired, await sync(world), applied(world), {
    ...DEFAULT_PLAN_OPTIONS,
    ...options,
  })
  if (!value) throw new Error(diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join('\n'))
  return value
}

const send = async (world: World, step: Step, request: ApiRequest): Promise<void> => {
  const { client, outputs } = world
  const { request: outgoing, diagnostics } = resolveRequest(request, SECRETS, outputs)
  if (!outgoing) throw new Error(JSON.stringify(diagnostics))
  const answer = await client.send(outgoing)
  const told = () => `${step.id}: ${request.method} ${request.path} ${JSON.stringify(request.params)}`
  if (answer.kind !== 'answered') throw new Error(`${told()}: ${answer.diagnostic.detail}`)
  if (typeof answer.data === 'string' && answer.data.startsWith('UPID:')) {
    const end = await client.waitForTask(answer.data, () => undefined)
    if (end.kind !== 'ok') throw new Error(`${told()}: ${JSON.stringify(end)}`)
  }
  if (request.output)
    outputs.set(step.id, { ...outputs.get(step.id), ...takeOutput(request.output, answer.data, outputs) })
}

const bind = async (world: World, from: AppliedResource | null, to: AppliedResource | null): Promise<void> => {
  if (from) world.bindings.delete(from.address)
  if (!to) return
  const bound = asGuest(to)
  const guest = bound && (await sync(world)).guests.find(({ vmid }) => vmid === bound.guest.vmid)
  const identity = bound?.identity ?? (guest && kindOfType(guest.type).identity(guest.current))
  world.bindings.set(to.address, bound && identity ? { ...bound, identity } : to)
}

const forward = async (world: World, step: Step): Promise<void> => {
  for (const request of step.requests) await send(world, step, request)
  if (step.binding) await bind(world, step.binding.before, step.binding.after)
}

const backward = async (world: World, step: Step): Promise<void> => {
  if (step.reversal.by === 'nothing') throw new Error(`${step.id}: ${step.reversal.reason}`)
  for (const request of step.reversal.requests) await send(world, step, request)
  if (step.binding) await bind(world, step.binding.after, step.binding.before)
}

/**
 * Every configuration file as PVE would write it. Rolling back to a snapshot renews `vmgenid` by design, and which values the last cloud-init image was made
 * from, and its size since the last start, are PVE's own notes, out of the API's reach.
 */
const dump = ({ simulator }: World): string =>
  Object.entries(simulator.dump())
    .map(
      ([name, text]) =>
        `${name}\n${text
          .replace(/^vmgenid: .*$/gm, 'vmgenid: *')
          .replace(/(cloudinit[^\n]*),size=4M/g, '$1')
          .replace(/\n*\[special:cloudinit\]\n(?:[^[\n].*\n?|\n)*/g, '\n')}`,
    )
    .join('\n')

/** Carries a plan out, undoes it step by step comparing every file, carries it out again, and expects the next plan to be empty. */
const thereAndBack = async (world: World, desired: Desired, options: Partial<PlanOptions> = {}): Promise<Plan> => {
  const plan = await planOf(world, desired, options)
  const dumps = [dump(world)]
  for (const step of plan.steps) {
    await forward(world, step)
    dumps.push(dump(world))
  }
  for (let index = plan.steps.length - 1; index >= 0; index--) {
    const step = plan.steps[index]
    if (!step) continue
    await backward(world, step)
    // A step on a new guest is undone by the guest's going.
    if (step.reversal.by === 'requests' && step.reversal.requests.length === 0) continue
    sameLines(dump(world), dumps[index] ?? '', `${step.id} undone`)
  }
  world.outputs.clear()
  const second = await planOf(world, desired, options)
  for (const step of second.steps) await forward(world, step)
  const again = await planOf(world, desired, options)
  assert.equal(
    again.changes.map(({ change }) => change.attributes),
    [],
    'the next plan is empty',
  )
  return plan
}

const steps = (plan: Plan): string[] => plan.steps.map(({ id }) => id)

const WEB: Readonly<Record<string, ConfigValue>> = {
  cores: 2,
  memory: 2048,
  tags: ['prod', 'web'],
  agent: { enabled: true },
  scsihw: 'virtio-scsi-single',
  scsi0: { storage: 'local-lvm', size: '8G', discard: 'on', iothread: true },
  net0: { bridge: 'vmbr0', tag: 20 },
  boot: { order: 'scsi0;net0' },
}

test('a VM lives: created, started, changed while it runs, given and taken disks, grown, moved, destroyed', () =>
  withWorld(async (world) => {
    const web = (config: Readonly<Record<string, ConfigValue>>, more = {}) =>
      desire([vm('vm.web', { config, power: 'running', ...more })])
    assert.equal(steps(await thereAndBack(world, web(WEB))), ['vm.web/create', 'vm.web/start'])
    const busy = {
      ...WEB,
      cores: 4,
      description: 'two\nlines',
      onboot: true,
      tags: ['web'],
      startup: { order: 3 },
      net1: { bridge: 'vmbr0' },
    }
    await thereAndBack(world, web(busy))
    const disks = {
      ...busy,
      scsi1: { storage: 'local-lvm', size: '2G' },
      sata0: { storage: 'tank', size: '1G' },
      ide2: { storage: 'local-lvm', media: 'cloudinit' },
      ciuser: 'ops',
      ipconfig0: { ip: 'dhcp' },
      sshkeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDO4Bmwpj6hSByekpejyTjjsDvVkjllituxhsIyqTp/r a@b'],
    }
    await thereAndBack(world, web(disks))
    await thereAndBack(
      world,
      web(
        { ...disks, scsi0: { storage: 'local-lvm', size: '16G', discard: 'on', iothread: true } },
        { lifecycle: { reboot: 'allowed' } },
      ),
    )
    const { scsi1: _one, sata0: _two, ide2: _three, ...fewer } = disks
    await thereAndBack(
      world,
      web(
        { ...fewer, scsi0: { storage: 'local-lvm', size: '16G', discard: 'on', iothread: true } },
        { lifecycle: { reboot: 'allowed' }, pool: 'prod' },
      ),
    )
    await thereAndBack(world, web({ ...fewer, scsi0: { size: '16G' } }, { power: 'stopped' }))
    await thereAndBack(world, web({ ...fewer, scsi0: { size: '16G' } }, { power: 'stopped', node: 'pve2' }))
  }))

test('a container lives: created, started, changed, given a mount point, grown, stopped', () =>
  withWorld(async (world) => {
    const base: Readonly<Record<string, ConfigValue>> = {
      hostname: 'box',
      memory: 512,
      unprivileged: true,
      rootfs: { storage: 'local-lvm', size: '4G' },
      net0: { bridge: 'vmbr0', ip: 'dhcp' },
    }
    const [archive] = (await world.client.get('/nodes/pve1/storage/local/content', { content: 'vztmpl' })) as readonly {
      readonly volid: string
    }[]
    const source = { by: 'archive', volume: archive?.volid ?? '' } as const
    const box = (config: Readonly<Record<string, ConfigValue>>, more = {}) =>
      desire([container('container.box', { source, config, power: 'running', ...more })])
    await thereAndBack(world, box(base))
    const busy = {
      ...base,
      memory: 1024,
      description: 'text\n',
      tags: ['a'],
      cores: 2,
      nameserver: ['10.0.0.1'],
      features: { nesting: true },
      tty: 3,
    }
    await thereAndBack(world, box(busy))
    await thereAndBack(world, box({ ...busy, mp0: { storage: 'local-lvm', size: '1G', mp: '/data', backup: true } }))
    await thereAndBack(
      world,
      box(
        {
          ...busy,
          rootfs: { storage: 'local-lvm', size: '6G' },
          mp0: { storage: 'local-lvm', size: '1G', mp: '/other', backup: true },
        },
        { lifecycle: { reboot: 'allowed' } },
      ),
    )
    await thereAndBack(world, box({ ...busy, rootfs: { size: '6G' } }, { power: 'stopped' }))
  }))

test('clones, templates, pools and a secret', () =>
  withWorld(async (world) => {
    const observed = await sync(world)
    const template = observed.guests.find((guest) => guest.template && guest.type === 'qemu')
    assert.ok(template)
    const secret = { secret: 'vm.web#cipassword', fingerprint: 'f1' }
    const clone = vm('vm.web', {
      node: template.node,
      source: { by: 'clone', template: template.name },
      config: {
        cores: 3,
        ciuser: 'ops',
        cipassword: secret,
        scsi0: { size: '64G', ssd: true },
        net0: { bridge: 'vmbr0', tag: 7 },
      },
      power: 'running',
      pool: 'lab',
    })
    const all = desire([
      pool('pool.lab', 'lab', 'a comment'),
      clone,
      vm('vm.linked', { node: template.node, source: { by: 'clone', template: String(template.vmid), full: false } }),
    ])
    await thereAndBack(world, all)
  }))

test("PVE's own text for new volumes asks for them once, and an existing one satisfies it", () =>
  withWorld(async (world) => {
    const all = desire([
      vm('vm.web', {
        config: {
          scsihw: 'virtio-scsi-single',
          bios: 'ovmf',
          scsi0: 'local-lvm:4,discard=on',
          scsi1: 'local-lvm:4,iothread=1',
          virtio0: 'tank:0.5',
          sata1: { file: 'tank:1' },
          efidisk0: 'local-lvm:1,efitype=4m,pre-enrolled-keys=1',
          tpmstate0: 'local-lvm:4,version=v2.0',
          ide0: 'none,media=cdrom',
          ide2: 'local-lvm:cloudinit,media=cdrom',
        },
      }),
      container('container.app', {
        config: {
          rootfs: 'local-lvm:2,mountoptions=noatime;discard',
          mp0: 'local-lvm:1,mp=/srv,backup=1',
          mp1: 'local-lvm:1,mp=/opt',
        },
        source: { by: 'archive', volume: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst' },
      }),
    ])
    await thereAndBack(world, all)
    const guests = (await sync(world)).guests.filter(({ name }) => name === 'web' || name === 'app')
    const volumes = guests.flatMap(({ current }) =>
      Object.entries(current).flatMap(([key, text]) =>
        /^(?:scsi|virtio|sata|efidisk|tpmstate|rootfs|mp)\d*$/.test(key) ? [text.split(',')[0]] : [],
      ),
    )
    assert.is(new Set(volumes).size, 9, volumes.join(' '))
  }))

test('a drive that is added later, or to a clone, may be spelled as PVE spells it', () =>
  withWorld(async (world) => {
    const template = (await sync(world)).guests.find((guest) => guest.template && guest.type === 'qemu')
    assert.ok(template)
    const clone = (config: Readonly<Record<string, ConfigValue>>) =>
      desire([
        vm('vm.copy', { node: template.node, source: { by: 'clone', template: template.name }, config }),
        vm('vm.web', { config }),
      ])
    await thereAndBack(world, clone({ scsi5: 'local-lvm:2', ide2: 'local-lvm:cloudinit' }))
    await thereAndBack(
      world,
      clone({ scsi5: 'local-lvm:2,discard=on', virtio3: 'local-lvm:1', ide2: 'local-lvm:cloudinit,media=cdrom' }),
    )
  }))

test('a clone does not take over what is declared as empty, and leaves no copy of its volumes behind', () =>
  withWorld(async (world) => {
    const observed = await sync(world)
    const source = observed.guests.find(({ type, template }) => type === 'qemu' && template)
    assert.ok(source)
    const slots = Object.keys(source.current).filter((key) => /^(?:net|scsi|virtio|sata|ide)\d+$/.test(key))
    assert.ok(slots.some((key) => /^net/.test(key)) && slots.some((key) => /^(?:scsi|virtio)/.test(key)))
    const [first, ...others] = slots
    assert.ok(first)
    await thereAndBack(
      world,
      desire([
        vm('vm.bare', {
          node: source.node,
          source: { by: 'clone', template: source.name },
          emptySlots: [first],
          config: { ...Object.fromEntries(others.map((key) => [key, ''])), agent: '', ostype: '' },
        }),
      ]),
    )
    const bare = (await sync(world)).guests.find(({ name }) => name === 'bare')
    const left = Object.keys(bare?.current ?? {}).filter((key) => slots.includes(key) || /^unused|^agent/.test(key))
    assert.equal(left, [])
  }))

test('what is declared as empty is unset on an existing guest, and comes back', () =>
  withWorld(async (world) => {
    const full = {
      ...WEB,
      startup: 'order=3,up=60',
      description: 'ours\n',
      net1: 'virtio,bridge=vmbr0,tag=5',
      scsi1: 'local-lvm:1',
      ipconfig0: 'ip=dhcp',
    }
    await thereAndBack(world, desire([vm('vm.web', { config: full })]))
    const empty = { ...full, startup: '', description: '', net0: { bridge: 'vmbr0', tag: '' }, net1: {}, scsi1: '' }
    await thereAndBack(world, desire([vm('vm.web', { config: { ...empty, ipconfig0: {}, agent: '', tags: '' } })]))
  }))

const BOOTS: Readonly<Record<string, ConfigValue>> = {
  scsihw: 'virtio-scsi-single',
  virtio0: { storage: 'local-lvm', size: '2G', discard: 'on' },
  virtio1: { storage: 'local-lvm', size: '1G' },
  net0: { bridge: 'vmbr0' },
  boot: { order: 'net0;virtio0' },
}

const volumesOf = async (world: World, name: string): Promise<Record<string, string>> => {
  const guest = (await sync(world)).guests.find((each) => each.name === name)
  return Object.fromEntries(
    Object.entries(guest?.current ?? {})
      .filter(([key]) => /^(?:ide|scsi|virtio|sata|mp|unused)\d+$/.test(key))
      .map(([key, text]) => [key, text.split(',')[0] ?? '']),
  )
}

test('a disk moves to another slot with its data, its options and its place in the boot order', () =>
  withWorld(async (world) => {
    await thereAndBack(world, desire([vm('vm.web', { config: BOOTS })]))
    const before = await volumesOf(world, 'web')
    const { virtio0: disk, ...others } = BOOTS
    const web = vm('vm.web', {
      config: { ...others, scsi0: disk ?? '', boot: { order: 'net0;scsi0' } },
      movedSlots: [{ from: 'virtio0', to: 'scsi0' }],
    })
    const plan = await thereAndBack(world, desire([web]))
    assert.equal(steps(plan), ['vm.web/detach-virtio0', 'vm.web/add-scsi0', 'vm.web/update-boot'])
    assert.equal(await volumesOf(world, 'web'), { scsi0: before['virtio0'], virtio1: before['virtio1'] })
    const guest = (await sync(world)).guests.find(({ name }) => name === 'web')
    assert.is(guest?.current['boot'], 'order=net0;scsi0')
    assert.match(guest?.current['scsi0'] ?? '', /discard=on/)
    // The same without the block: the new slot names the volume of the old one.
    const named = { ...others, sata2: { file: before['virtio0'] ?? '' }, boot: { order: 'sata2' } }
    await thereAndBack(world, desire([vm('vm.web', { config: named })]))
    assert.equal(await volumesOf(world, 'web'), { sata2: before['virtio0'], virtio1: before['virtio1'] })
  }))

test('a volume in the place of another is a removal and an addition, and the old one is kept', () =>
  withWorld(async (world) => {
    await thereAndBack(world, desire([vm('vm.web', { config: { ...BOOTS, ide2: 'none,media=cdrom' } })]))
    const before = await volumesOf(world, 'web')
    const spare = before['virtio1'] ?? ''
    const swapped = {
      ...BOOTS,
      ide2: { storage: 'local-lvm', size: '1G' },
      virtio1: 'none,media=cdrom',
      virtio2: spare,
    }
    const { virtio1: _cd, ...fewer } = swapped
    await thereAndBack(world, desire([vm('vm.web', { config: fewer })]))
    assert.is((await volumesOf(world, 'web'))['virtio2'], spare)
    // Another volume for the boot disk is refused, and done when it is meant.
    const other = { ...fewer, virtio0: { file: spare } }
    const { virtio2: _two, ...last } = other
    const all = desire([vm('vm.web', { config: last })])
    let refused = ''
    try {
      await planOf(world, all)
    } catch (error) {
      refused = String(error)
    }
    assert.match(refused, /plan\.boot-disk-replaced/)
    const plan = await thereAndBack(world, all, { allowDiskReplacement: true })
    assert.ok(steps(plan).includes('vm.web/detach-virtio0') && steps(plan).includes('vm.web/add-virtio0'))
    const now = await volumesOf(world, 'web')
    assert.is(now['virtio0'], spare)
    assert.ok(Object.entries(now).some(([key, volume]) => /^unused/.test(key) && volume === before['virtio0']))
    const guest = (await sync(world)).guests.find(({ name }) => name === 'web')
    assert.is(guest?.current['boot'], 'order=net0;virtio0')
  }))

const CLOUD = { scsi0: 'local-lvm:2', boot: { order: 'scsi0' } }

for (const [power, slot] of [
  ['stopped', 'sata1'],
  ['running', 'scsi3'],
  ['running', 'ide0'],
] as const)
  test(`a cloud-init drive of a ${power} VM moves to ${slot}, to another storage, and gives way to a CD, and back`, () =>
    withWorld(async (world) => {
      const web = (config: Readonly<Record<string, ConfigValue>>) =>
        desire([vm('vm.web', { power, config: { ...CLOUD, ...config } })])
      await thereAndBack(world, web({ ide2: 'local-lvm:cloudinit', ciuser: 'x' }))
      await thereAndBack(world, web({ [slot]: 'local-lvm:cloudinit', ciuser: 'x' }))
      await thereAndBack(world, web({ [slot]: { storage: 'tank', media: 'cloudinit' } }))
      await thereAndBack(world, web({ [slot]: 'none,media=cdrom' }))
      await thereAndBack(world, web({}))
    }))

for (const power of ['stopped', 'running'] as const)
  test(`a CD drive that a plan gives a ${power} VM joins the boot order unless that is declared, and leaves it with the undo`, () =>
    withWorld(async (world) => {
      const disk = { scsi0: 'local-lvm:2' }
      const web = (config: Readonly<Record<string, ConfigValue>>) =>
        desire([vm('vm.web', { power, config: { ...disk, ...config } })])
      await thereAndBack(world, web({}))
      const drive = { sata0: 'none,media=cdrom', scsi4: 'none,media=cdrom' }
      await thereAndBack(world, web(drive))
      assert.equal(await bootOf(world), ['order=scsi0;sata0;scsi4'])
      await thereAndBack(world, web({}))
      await thereAndBack(world, web({ ...drive, boot: { order: 'scsi0' } }))
      assert.equal(await bootOf(world), ['order=scsi0'])
      await thereAndBack(world, web({ scsi4: 'none,media=cdrom', boot: { order: 'scsi4;scsi0' } }))
      assert.equal(await bootOf(world), ['order=scsi4;scsi0'])
    }))

const bootOf = async (world: World): Promise<readonly (string | undefined)[]> =>
  (await sync(world)).guests
    .filter(({ name }) => name === 'web')
    .map(({ current, pending }) => (pending['boot'] ? pending['boot'].value : current['boot']))

test('a boot order that is declared empty is unset, also of a new VM', () =>
  withWorld(async (world) => {
    await thereAndBack(world, desire([vm('vm.web', { config: { scsi0: 'local-lvm:2', boot: '' } })]))
    assert.equal(await bootOf(world), [undefined])
  }))

test('keys that a device cannot be without stay when they are declared no more, and others can be emptied', () =>
  withWorld(async (world) => {
    const web = (config: Readonly<Record<string, ConfigValue>>) => desire([vm('vm.web', { config })])
    await thereAndBack(world, web({ net0: 'e1000,bridge=vmbr0,tag=5', startup: 'order=2,up=30' }))
    await thereAndBack(world, web({ net0: { bridge: 'vmbr0', tag: '' }, startup: { order: '', up: 30 } }))
    const guest = (await sync(world)).guests.find(({ name }) => name === 'web')
    assert.match(guest?.current['net0'] ?? '', /^e1000=[0-9A-F:]+,bridge=vmbr0$/)
    assert.is(guest?.current['startup'], 'up=30')
  }))

test('a guest that is declared to be in no pool is taken out of the one it is in, whoever put it there', () =>
  withWorld(async (world) => {
    const scsi0 = 'local-lvm:1'
    await thereAndBack(world, desire([vm('vm.web', { pool: 'prod', config: { scsi0 } })]))
    assert.equal(steps(await thereAndBack(world, desire([vm('vm.web', { noPool: true, config: { scsi0 } })]))), [
      'vm.web/pool',
    ])
    const vmid = (await sync(world)).guests.find(({ name }) => name === 'web')?.vmid ?? 0
    await world.client.send({ method: 'PUT', path: '/pools', params: { poolid: 'prod', vms: String(vmid) } })
    await thereAndBack(world, desire([vm('vm.web', { noPool: true, config: { scsi0 } })]))
    assert.is((await sync(world)).guests.find(({ name }) => name === 'web')?.pool, undefined)
  }))

const tagsOf = async (world: World): Promise<readonly (string | undefined)[]> =>
  (await sync(world)).guests
    .filter(({ name }) => name === 'web' || name === 'app')
    .map(({ current }) => current['tags'])

test('the case of tags is told apart where the cluster does so, and only there', () =>
  withWorld(async (world) => {
    const all = (tags: readonly string[]) =>
      desire([
        vm('vm.web', { config: { scsi0: 'local-lvm:1', tags } }),
        container('container.app', {
          config: { rootfs: 'local-lvm:1', tags },
          source: { by: 'archive', volume: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst' },
        }),
      ])
    await thereAndBack(world, all(['Web', 'prod', 'WEB']))
    assert.equal(await tagsOf(world), ['prod;web', 'prod;web'])
    assert.equal(steps(await planOf(world, all(['PROD', 'web']))), [])
    await world.client.send({ method: 'PUT', path: '/cluster/options', params: { 'tag-style': 'case-sensitive=1' } })
    const plan = await thereAndBack(world, all(['Web', 'prod', 'WEB']))
    assert.equal(steps(plan), ['container.app/update', 'vm.web/update'])
    assert.equal(await tagsOf(world), ['WEB;Web;prod', 'WEB;Web;prod'])
    // Tags that were written before the style was changed are equal in any case.
    await world.client.send({ method: 'PUT', path: '/cluster/options', params: { 'tag-style': 'shape=full' } })
    assert.equal(steps(await planOf(world, all(['web', 'prod']))), [])
  }))

test('a mount point moves to another slot with what is on it', () =>
  withWorld(async (world) => {
    const base = { rootfs: 'local-lvm:2', mp0: 'local-lvm:1,mp=/srv,backup=1' }
    const source = {
      by: 'archive',
      volume: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    } as const
    await thereAndBack(world, desire([container('container.app', { config: base, source })]))
    const before = await volumesOf(world, 'app')
    const moved = { rootfs: 'local-lvm:2', mp3: 'local-lvm:1,mp=/srv' }
    const movedSlots = [{ from: 'mp0', to: 'mp3' }]
    await thereAndBack(world, desire([container('container.app', { config: moved, source, movedSlots })]))
    assert.equal(await volumesOf(world, 'app'), { mp3: before['mp0'] })
  }))

test('a destroyed guest comes back from its backup as it was', () =>
  withWorld(async (world) => {
    await thereAndBack(world, desire([vm('vm.web', { config: WEB, power: 'running', pool: 'prod' })]))
    assert.equal(steps(await thereAndBack(world, desire([]))), ['vm.web/stop', 'vm.web/backup', 'vm.web/destroy'])
  }))

test('adopting every guest of the cluster as it is changes nothing', () =>
  withWorld(async (world) => {
    const before = dump(world)
    const observed = await sync(world)
    const guests = observed.guests.map((guest) => {
      const kind = kindOfType(guest.type)
      const config = Object.fromEntries(
        Object.entries({ ...guest.current, ...guest.pending }).flatMap(([key, entry]) => {
          const text = typeof entry === 'string' ? entry : entry.value
          if (text === undefined || !kind.factsFor(key) || key === 'cipassword') return []
          const { value, problem } = kind.normalize(key, kind.decodeValue(key, text))
          return problem ? [] : [[key, value] as const]
        }),
      )
      const make = guest.type === 'qemu' ? vm : container
      const power = guest.status === 'running' || guest.status === 'stopped' ? { power: guest.status } : {}
      const own = make(`${kind.name}.g${guest.vmid}`, {
        node: guest.node,
        ...power,
        ...(guest.pool !== undefined && { pool: guest.pool }),
        source: { by: 'blank' },
      })
      return { ...own, config }
    })
    const imports = guests.map(({ address }, index) => ({ to: address, id: String(observed.guests[index]?.vmid) }))
    const plan = await planOf(world, desire(guests, { imports }))
    assert.equal(
      plan.changes.flatMap(({ change }) => change.attributes),
      [],
    )
    assert.equal([...new Set(plan.changes.map(({ action }) => action))], ['bind'])
    for (const step of plan.steps) await forward(world, step)
    assert.is(dump(world), before)
    assert.equal((await planOf(world, desire(guests))).steps, [])
  }))

test.run()
