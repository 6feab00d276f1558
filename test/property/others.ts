import type { Simulator } from '../../src/simulator/start.ts'
import type { Random } from '../plan/random-world.ts'

/** What other people do to the cluster behind mpc's back, through the API as they would. */
export type Deed = 'edit' | 'snapshot' | 'disk' | 'power' | 'write' | 'stranger'

const DEEDS: readonly Deed[] = ['edit', 'edit', 'snapshot', 'disk', 'power', 'write', 'stranger']

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

/** Stops a guest, takes it away, and puts another one under its VMID. */
const replaceByStranger = async (send: Send, path: string, vmid: number): Promise<void> => {
  await send('PUT', `${path}/config`, { delete: 'protection' })
  await send('POST', `${path}/status/stop`)
  if (!(await send('DELETE', path))) return
  const [, , node, type] = path.split('/')
  const shared = { vmid: String(vmid), memory: '512' }
  if (type === 'qemu')
    await send('POST', `/nodes/${node}/qemu`, {
      ...shared,
      name: `old-${vmid}`,
      scsi0: 'thin:1',
      net0: 'virtio,bridge=vmbr0',
    })
  else
    await send('POST', `/nodes/${node}/lxc`, {
      ...shared,
      hostname: `old-${vmid}`,
      ostemplate: 'local:vztmpl/debian.tar.zst',
      rootfs: 'thin:4',
      unprivileged: '1',
    })
}

/** One deed on one guest of the cluster; undefined when there is none. */
export const doSomething = async (random: Random, simulator: Simulator): Promise<string | undefined> => {
  const guests = [...simulator.world.guests.values()].sort((a, b) => a.vmid - b.vmid)
  if (guests.length === 0) return undefined
  const { vmid, type, node, running } = random.pick(guests)
  const path = `/nodes/${node}/${type}/${vmid}`
  const send = senderFor(simulator)
  const deed = random.pick(DEEDS)
  switch (deed) {
    case 'edit':
      await send('PUT', `${path}/config`, random.pick([{ description: 'by hand' }, { cores: '3' }, { onboot: '1' }]))
      break
    case 'snapshot':
      await send('POST', `${path}/snapshot`, { snapname: 'byhand' })
      break
    case 'disk':
      await send('PUT', `${path}/config`, type === 'qemu' ? { scsi5: 'thin:1' } : { mp5: 'thin:1,mp=/hand' })
      break
    case 'power':
      await send('POST', `${path}/status/${running ? 'stop' : 'start'}`)
      break
    case 'write':
      if (running) simulator.write(vmid)
      break
    case 'stranger':
      await replaceByStranger(send, path, vmid)
      break
  }
  return `${deed} ${type}/${vmid}`
}
