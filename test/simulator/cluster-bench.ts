import { addFile, addNode, addStorage } from '../../src/simulator/profile/add.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import type { World } from '../../src/simulator/state/world.ts'
import { plainClient } from './plain-client.ts'

type Params = Readonly<Record<string, unknown>>

/** What a request came to: `200 OK` or the refusal, what was under `data`, the parameter errors, and how its task ended. */
export type Told = {
  readonly line: string
  readonly data: unknown
  readonly errors: unknown
  readonly task: string | undefined
  readonly log: readonly string[]
}

export type Ask = (method: string, path: string, params?: Params, as?: string) => Promise<Told>

export type Bench = {
  readonly simulator: Simulator
  readonly world: World
  /** Asks and, when the answer is a task, waits for its end. */
  readonly ask: Ask
  /** Asks and does not wait for the task. */
  readonly send: Ask
  /** Makes a user with roles on paths; the returned token acts with that user's rights. */
  readonly user: (name: string, rights: Readonly<Record<string, readonly string[]>>) => string
}

export const alpine = 'local:vztmpl/alpine-3.22-minimal_20250617_amd64.tar.gz'
const debian = 'debian-12-standard_12.7-1_amd64.tar.zst'

const storages = (world: World): void => {
  addStorage(world, 'local', 'dir', {
    path: '/var/lib/vz',
    content: 'images,rootdir,vztmpl,backup,iso,snippets,import',
  })
  addStorage(world, 'thin', 'lvmthin', { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' })
  addStorage(world, 'tank', 'zfspool', { pool: 'tank', content: 'images,rootdir' })
  addStorage(world, 'btr', 'btrfs', { path: '/srv/btrfs', content: 'images,rootdir' })
  addStorage(world, 'nfs', 'nfs', {
    server: 'nas',
    export: '/e',
    path: '/mnt/pve/nfs',
    content: 'images,rootdir,backup',
  })
}

const templates = (world: World): void => {
  for (const node of world.nodes.keys()) {
    const file = { storage: 'local', content: 'vztmpl' } as const
    addFile(world, node, { ...file, name: alpine.slice('local:'.length), format: 'tgz', size: 1_067_743 })
    addFile(world, node, { ...file, name: `vztmpl/${debian}`, format: 'tzst', size: 126_515_062 })
    const snippet = { storage: 'local', content: 'snippets', format: 'snippet', size: 14 } as const
    addFile(world, node, { ...snippet, name: 'snippets/user.yaml' })
    addFile(world, node, { ...snippet, name: 'snippets/hook.sh', executable: true })
  }
}

/** What root itself sends, not one of its tokens. */
const login = async (
  client: ReturnType<typeof plainClient>,
  password: string,
): Promise<Readonly<Record<string, string>>> => {
  const params = { username: 'root@pam', password }
  const { body } = await client.ask({ method: 'POST', path: '/access/ticket', params, headers: {} })
  const { data } = body as { readonly data: { readonly ticket: string; readonly CSRFPreventionToken: string } }
  return { cookie: `PVEAuthCookie=${encodeURIComponent(data.ticket)}`, csrfpreventiontoken: data.CSRFPreventionToken }
}

/** Starts a cluster of two nodes with storages of every kind and two container templates, and stops it afterwards. */
export const onCluster = async (
  use: (bench: Bench) => Promise<void>,
  speed = Number.POSITIVE_INFINITY,
): Promise<void> => {
  const simulator = await startSimulator({
    http: true,
    speed,
    build: (world) => {
      const network = () => new Map([['vmbr0', { iface: 'vmbr0', type: 'bridge' }]])
      for (const name of ['pve1', 'pve2']) addNode(world, name, { network: network() })
      storages(world)
      templates(world)
    },
  })
  const { world } = simulator
  const client = plainClient(simulator.url)
  const send: Ask = async (method, path, params = {}, as = simulator.token) => {
    const headers = as === 'root@pam' ? await login(client, simulator.password) : { authorization: `PVEAPIToken=${as}` }
    const { status, reason, body } = await client.ask({ method, path, params, headers })
    const { data, errors } = (body ?? {}) as { readonly data?: unknown; readonly errors?: unknown }
    return { line: `${status} ${reason}`, data, errors, task: undefined, log: [] }
  }
  const ask: Ask = async (method, path, params, as) => {
    const told = await send(method, path, params, as)
    if (typeof told.data !== 'string' || !told.data.startsWith('UPID:')) return told
    const task = await world.tasks.ended(told.data)
    return { ...told, task, log: world.tasks.find(told.data)?.text ?? [] }
  }
  const user: Bench['user'] = (name, rights) => {
    const secret = world.random.uuid()
    const userid = `${name}@pve`
    const token = { tokenid: 't', expire: 0, privsep: false, secret }
    world.access.users.set(userid, { userid, enable: true, expire: 0, tokens: new Map([['t', token]]) })
    for (const [path, privileges] of Object.entries(rights)) {
      const roleid = `${name}-${world.access.roles.size}`
      world.access.roles.set(roleid, { roleid, privileges: new Set(privileges), special: false })
      world.access.acl.push({ path, type: 'user', ugid: userid, roleid, propagate: true })
    }
    world.access.generation++
    return `${userid}!t=${secret}`
  }
  try {
    await use({ simulator, world, ask, send, user })
  } finally {
    client.close()
    await simulator.stop()
  }
}

/** Makes a small container and returns its path in the API. */
export const makeContainer = async ({ ask }: Bench, vmid: number, more: Params = {}): Promise<string> => {
  const told = await ask('POST', '/nodes/pve1/lxc', {
    vmid,
    ostemplate: alpine,
    hostname: `ct${vmid}`,
    rootfs: 'thin:1',
    ...more,
  })
  if (told.task !== 'OK')
    throw new Error(`no container ${vmid}: ${told.line} ${told.task ?? ''} ${JSON.stringify(told.errors)}`)
  return `/nodes/pve1/lxc/${vmid}`
}

/** Makes a small VM and returns its path in the API. */
export const makeVm = async ({ ask }: Bench, vmid: number, more: Params = {}): Promise<string> => {
  const told = await ask('POST', '/nodes/pve1/qemu', { vmid, name: `vm${vmid}`, memory: 256, ...more })
  if (told.task !== 'OK')
    throw new Error(`no VM ${vmid}: ${told.line} ${told.task ?? ''} ${JSON.stringify(told.errors)}`)
  return `/nodes/pve1/qemu/${vmid}`
}

/** One key of what GET answered. */
export const field = (told: Told, key: string): unknown =>
  (told.data as Readonly<Record<string, unknown>> | null)?.[key]

/** The entries of a list, by one of their keys. */
export const column = (told: Told, key: string): readonly unknown[] =>
  (told.data as readonly Readonly<Record<string, unknown>>[]).map((entry) => entry[key])
