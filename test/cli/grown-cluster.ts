import { createClient, type ProxmoxClient } from '../../src/proxmox/client.ts'
import { readEndpoint } from '../../src/proxmox/endpoint.ts'
import { isSecret } from '../../src/resource/config-value.ts'
import type { Simulator } from '../../src/simulator/start.ts'
import { realClock } from '../apply/connection.ts'
import { type AttributeCase, allCases, isCreationOnly, nameOf } from '../property/attribute/attribute-cases.ts'
import type { Sample } from '../property/attribute/sample-values.ts'

/** Names as people and other tools give them; Proxmox VE takes all of them. */
const NAMES = [
  'Web',
  'web',
  'WEB',
  'db.example.org',
  '3com',
  'null',
  'true',
  'for',
  'vm',
  'x--y',
  'a',
  'self',
  'each',
  'web-105',
]
const DESCRIPTIONS = [
  'Größe: 3 °C\n\nzwei  ',
  ['a $', '{b} and %{c}'].join(''),
  '# no comment\n  - list',
  'tab\there',
  '"quoted" \\ back',
  'EOT\nx\nEOT',
  '日本\n\n\nend\n',
  ' leading',
  ': {{ x }}',
]
const TAGS = ['prod;web', 'a-b_c.d', 'x', '1st;2nd', 'true', 'null']

interface Grown {
  /** Parameters and keys that could be put nowhere. */
  readonly unused: readonly string[]
  readonly guests: number
}

type Params = Record<string, string | number | boolean>

const connect = (simulator: Simulator): ProxmoxClient => {
  const { endpoint } = readEndpoint(simulator.url)
  if (!endpoint) throw new Error(`${simulator.url} is no endpoint`)
  const credentials = { kind: 'password', username: 'root@pam', password: simulator.password } as const
  return createClient({ endpoint, credentials, tls: { fingerprint: simulator.fingerprint }, clock: realClock })
}

const sender =
  (simulator: Simulator, client: ProxmoxClient) => async (method: 'POST' | 'PUT', path: string, params: Params) => {
    const answer = await client.send({ method, path, params })
    if (answer.kind !== 'answered') return answer.kind === 'refused' ? answer.message : answer.kind
    const upid = answer.data
    if (typeof upid !== 'string' || !upid.startsWith('UPID:')) return undefined
    const ended = await simulator.world.tasks.ended(upid)
    return ended === 'OK' || ended.startsWith('WARNINGS') ? undefined : ended
  }

const BASE: Readonly<Record<'qemu' | 'lxc', Params>> = {
  qemu: { memory: 1024, scsi0: 'local-lvm:1', net0: 'virtio,bridge=vmbr0', scsihw: 'virtio-scsi-single' },
  lxc: {
    ostemplate: 'local:vztmpl/debian.tar.zst',
    rootfs: 'local-lvm:1',
    memory: 256,
    net0: 'name=eth0,bridge=vmbr0,ip=dhcp',
  },
}

/** What every guest keeps. */
const KEPT = ['scsi0', 'net0', 'rootfs', 'ostemplate']

/** Root file systems are made with the container. */
const isMade = (one: AttributeCase): boolean =>
  isCreationOnly(one) || one.key === 'rootfs' || one.key === 'unprivileged'

/** What the n-th container is made with: by and by every key of a root file system. */
const madeWith = (cases: readonly AttributeCase[], n: number): Params => {
  const own = cases.filter(({ key }) => key === 'rootfs')
  const one = own[n % own.length]
  const text = one && textOf(one, 'rootfs')
  return { unprivileged: n % 3 === 0 ? 0 : 1, ...(text !== undefined && one && { rootfs: text }) }
}

/** A free slot of the case's kind in this guest: `net3` for `net1`. */
const slotFor = ({ kind, key }: AttributeCase, taken: ReadonlySet<string>): string | undefined => {
  const stem = key.replace(/\d+$/, '')
  const last = kind.lastIndex[`${stem}[n]`]
  if (stem === key || last === undefined) return taken.has(key) ? undefined : key
  for (let n = 0; n <= last; n++) if (!taken.has(`${stem}${n}`)) return `${stem}${n}`
  return undefined
}

const textOf = ({ kind, one }: Pick<AttributeCase, 'kind' | 'one'>, key: string): string | undefined => {
  const { value, problem } = kind.normalize(key, one as never)
  return problem || isSecret(value) ? undefined : kind.encode(key, value)
}

interface Guest {
  readonly type: 'qemu' | 'lxc'
  readonly vmid: number
  /** What was put there, by key. */
  readonly values: Map<string, Sample>
  readonly taken: Set<string>
  readonly path: string
}

/** Puts one parameter or key into some guest that takes it, starting with one of its own; false when none does. */
const place = async (
  one: AttributeCase,
  guests: readonly Guest[],
  first: number,
  send: ReturnType<typeof sender>,
): Promise<boolean> => {
  const own = guests.filter(({ type }) => type === one.kind.type)
  for (let at = 0; at < own.length; at++) {
    const guest = own[(first + at) % own.length] as Guest
    const key = slotFor(one, guest.taken)
    const text = key === undefined ? undefined : textOf(one, key)
    if (key === undefined || text === undefined || text === '') continue
    if ((await send('PUT', `${guest.path}/config`, { [key]: text })) !== undefined) continue
    guest.taken.add(key)
    guest.values.set(key, one.one)
    return true
  }
  return await added(one, own, send)
}

const isMap = (value: Sample | undefined): value is Readonly<Record<string, string | number | boolean>> =>
  typeof value === 'object' && !Array.isArray(value)

/** Puts it beside what a slot of its kind has already. */
const added = async (one: AttributeCase, own: readonly Guest[], send: ReturnType<typeof sender>): Promise<boolean> => {
  const stem = one.key.replace(/\d+$/, '')
  for (const guest of own)
    for (const [key, value] of guest.values) {
      if (key.replace(/\d+$/, '') !== stem || !isMap(value) || !isMap(one.one)) continue
      const both = { ...value, ...one.one }
      const text = textOf({ kind: one.kind, one: both }, key)
      if (text === undefined || (await send('PUT', `${guest.path}/config`, { [key]: text })) !== undefined) continue
      guest.values.set(key, both)
      return true
    }
  return false
}

/** What a cluster comes to over the years, beyond parameters: templates, clones, snapshots, pending values, locks, volumes that nobody uses. */
const live = async (guests: readonly Guest[], send: ReturnType<typeof sender>): Promise<void> => {
  for (const [at, { type, vmid, path }] of guests.entries()) {
    if (at % 7 === 1) await send('POST', `${path}/snapshot`, { snapname: 'before-upgrade' })
    if (at % 5 === 2) await send('PUT', `${path}/config`, { delete: type === 'qemu' ? 'scsi0' : 'mp0' })
    if (at % 11 === 3) await send('POST', `${path}/template`, {})
    if (at % 3 === 0) await send('POST', `${path}/status/start`, {})
    if (at % 3 === 0)
      await send('PUT', `${path}/config`, type === 'qemu' ? { memory: 1536, cores: 2 } : { features: 'nesting=1' })
    if (at % 13 === 4) await send('PUT', `${path}/config`, { lock: 'backup' })
    if (at % 4 === 1)
      await send('PUT', '/pools', { poolid: at % 8 === 1 ? 'old' : 'old/inner', vms: vmid, 'allow-move': 1 })
  }
}

/** Fills a cluster of `ATTRIBUTE_CLUSTER` through its API, until every parameter and key of guests is in use somewhere. */
export const grow = async (simulator: Simulator, count: number): Promise<Grown> => {
  const client = connect(simulator)
  const send = sender(simulator, client)
  const cases = allCases()
  const guests: Guest[] = []
  const failures: string[] = []
  await send('POST', '/pools', { poolid: 'old', comment: 'from long ago' })
  await send('POST', '/pools', { poolid: 'old/inner' })
  for (let n = 0; n < count; n++) {
    const type = n % 2 === 1 ? 'lxc' : 'qemu'
    const vmid = 101 + n
    const name = NAMES[n % NAMES.length] as string
    const own = type === 'qemu' ? { name } : { hostname: name, ...madeWith(cases, (n - 1) / 2) }
    const text = { description: DESCRIPTIONS[n % DESCRIPTIONS.length] as string, tags: TAGS[n % TAGS.length] as string }
    const failed = await send('POST', `/nodes/pve1/${type}`, { vmid, ...BASE[type], ...own, ...text })
    if (failed !== undefined) failures.push(`${type} ${vmid}: ${failed}`)
    guests.push({
      type,
      vmid,
      values: new Map(),
      taken: new Set(KEPT),
      path: `/nodes/pve1/${type}/${vmid}`,
    })
  }
  const unused = [...failures]
  for (const [at, one] of cases.entries()) {
    const isDone = isMade(one) || (await place(one, guests, at, send))
    if (!isDone) unused.push(nameOf(one))
  }
  await live(guests, send)
  client.close()
  return { unused, guests: count }
}
