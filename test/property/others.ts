import type { Simulator } from '../../src/simulator/start.ts'
import type { Guest } from '../../src/simulator/state/guest.ts'
import type { ContentGuard } from '../nothing-lost.ts'
import type { Random } from '../plan/random-world.ts'

export type Send = (method: string, path: string, params?: Readonly<Record<string, string>>) => Promise<boolean>

/** Sends as root with the token, waits for the task; false when the server refused. */
export const senderFor = (simulator: Simulator): Send => {
  return async (method, path, params = {}) => {
    const query = new URLSearchParams(params).toString()
    const inUrl = method === 'DELETE' && query !== ''
    const answer = await fetch(`${simulator.url}/api2/json${path}${inUrl ? `?${query}` : ''}`, {
      method,
      headers: {
        authorization: `PVEAPIToken=${simulator.token}`,
        ...(!inUrl && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(!inUrl && { body: query }),
    })
    const { data }: { readonly data?: unknown } = JSON.parse(await answer.text())
    if (typeof data === 'string' && data.startsWith('UPID:')) return (await simulator.world.tasks.ended(data)) === 'OK'
    return answer.ok
  }
}

interface Somebody {
  readonly random: Random
  readonly simulator: Simulator
  readonly send: Send
  readonly guest: Guest
  /** `/nodes/pve1/qemu/101` */
  readonly path: string
}

type Deed = (somebody: Somebody) => Promise<unknown>

const takeAway: Deed = async ({ send, path }) => {
  await send('PUT', `${path}/config`, { delete: 'protection' })
  await send('POST', `${path}/status/stop`)
  return send('DELETE', path)
}

/** Stops a guest, takes it away, and puts another one under its VMID. */
const replaceByStranger: Deed = async (somebody) => {
  if (!(await takeAway(somebody))) return
  const { send, guest } = somebody
  const shared = { vmid: String(guest.vmid), memory: '512' }
  if (guest.type === 'qemu')
    await send('POST', `/nodes/${guest.node}/qemu`, {
      ...shared,
      name: `old-${guest.vmid}`,
      scsi0: 'thin:1',
      net0: 'virtio,bridge=vmbr0',
    })
  else
    await send('POST', `/nodes/${guest.node}/lxc`, {
      ...shared,
      hostname: `old-${guest.vmid}`,
      ostemplate: 'local:vztmpl/debian.tar.zst',
      rootfs: 'thin:4',
      unprivileged: '1',
    })
}

const edits = [
  { description: 'by hand' },
  { cores: '3' },
  { onboot: '1' },
  { memory: '1536' },
  { tags: 'byhand' },
  { delete: 'description' },
  { protection: '1' },
] as const

const isVm = ({ guest }: Somebody): boolean => guest.type === 'qemu'

/** What other people do to the cluster behind mpc's back, through the API as they would. */
const DEEDS: Readonly<Record<string, Deed>> = {
  edit: ({ random, send, path }) => send('PUT', `${path}/config`, random.pick<Record<string, string>>([...edits])),
  'another edit': ({ random, send, path }) =>
    send('PUT', `${path}/config`, random.pick<Record<string, string>>([...edits])),
  snapshot: ({ send, path }) => send('POST', `${path}/snapshot`, { snapname: 'byhand' }),
  'snapshot removed': ({ send, path }) => send('DELETE', `${path}/snapshot/old`),
  disk: (who) => who.send('PUT', `${who.path}/config`, isVm(who) ? { scsi5: 'thin:1' } : { mp5: 'thin:1,mp=/hand' }),
  growth: (who) => who.send('PUT', `${who.path}/resize`, { disk: isVm(who) ? 'scsi0' : 'rootfs', size: '+1G' }),
  detach: (who) => who.send('PUT', `${who.path}/config`, { delete: isVm(who) ? 'scsi1' : 'mp0' }),
  network: (who) =>
    who.send(
      'PUT',
      `${who.path}/config`,
      isVm(who) ? { net3: 'virtio,bridge=vmbr0' } : { net3: 'name=eth3,bridge=vmbr0' },
    ),
  power: ({ send, path, guest }) => send('POST', `${path}/status/${guest.running ? 'stop' : 'start'}`),
  write: async ({ simulator, guest }) => guest.running && simulator.write(guest.vmid),
  'pool membership': async ({ send, guest, simulator }) => {
    const pool = simulator.world.poolOf.get(guest.vmid)
    return send('PUT', '/pools', {
      poolid: pool ?? 'lab',
      vms: String(guest.vmid),
      ...(pool !== undefined && { delete: '1' }),
    })
  },
  right: async ({ send, guest }) => {
    await send('POST', '/access/users', { userid: 'ops@pve' })
    await send('PUT', '/access/acl', { path: `/vms/${guest.vmid}`, users: 'ops@pve', roles: 'PVEVMUser' })
  },
  destruction: takeAway,
  stranger: replaceByStranger,
}

/** One deed on one guest of the cluster; undefined when there is none. */
export const doSomething = async (
  random: Random,
  simulator: Simulator,
  guard: ContentGuard,
): Promise<{ readonly deed: string; readonly vmid: number } | undefined> => {
  const guests = [...simulator.world.guests.values()].sort((a, b) => a.vmid - b.vmid)
  if (guests.length === 0) return undefined
  const guest = random.pick(guests)
  const path = `/nodes/${guest.node}/${guest.type}/${guest.vmid}`
  const [name, deed] = random.pick(Object.entries(DEEDS))
  await guard.byOthers(() => deed({ random, simulator, send: senderFor(simulator), guest, path }))
  return { deed: `${name} ${guest.type}/${guest.vmid}`, vmid: guest.vmid }
}
