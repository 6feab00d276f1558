import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { neededRights } from '../../src/plan/check/needed-rights.ts'
import { mayAny } from '../../src/plan/check/rights.ts'
import type { ProxmoxClient } from '../../src/proxmox/client.ts'
import type { ApiRequest } from '../../src/resource/request.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { readRights } from '../../src/sync/read-facts.ts'
import { simulatorClient } from '../proxmox/connect.ts'

const VM = '/nodes/pve1/qemu/300'
const CT = '/nodes/pve1/lxc/310'
const put = (path: string, params: ApiRequest['params']): ApiRequest => ({
  method: 'PUT',
  path,
  ...(params && { params }),
})
const post = (path: string, params: ApiRequest['params'] = {}): ApiRequest => ({ method: 'POST', path, params })

/** Requests as plans make them, one of each sort, in an order in which a server does them all. */
const REQUESTS: readonly ApiRequest[] = [
  post('/pools', { poolid: 'lab' }),
  post('/nodes/pve1/qemu', {
    vmid: 300,
    name: 'a',
    cores: 2,
    memory: 1024,
    scsi0: 'local-lvm:1',
    net0: 'virtio,bridge=vmbr0',
    ciuser: 'ops',
    tags: 'a',
  }),
  post('/nodes/pve1/qemu', { vmid: 301, pool: 'lab', name: 'b', scsi0: 'local-lvm:1', onboot: 1 }),
  post('/nodes/pve1/lxc', {
    vmid: 310,
    ostemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    rootfs: 'local-lvm:1',
    memory: 512,
    cores: 1,
    hostname: 'c',
    net0: 'name=eth0,bridge=vmbr0',
    unprivileged: 1,
    features: 'nesting=1',
    onboot: 1,
    tags: 'a',
  }),
  put(`${VM}/config`, { cores: 4 }),
  put(`${VM}/config`, { memory: 2048 }),
  put(`${VM}/config`, { cpu: 'host', scsihw: 'virtio-scsi-pci' }),
  put(`${VM}/config`, { description: 'x', onboot: 1, tags: 'b' }),
  put(`${VM}/config`, { startup: 'order=1' }),
  put(`${VM}/config`, { delete: 'startup' }),
  put(`${VM}/config`, { net1: 'virtio,bridge=vmbr0,tag=20' }),
  put(`${VM}/config`, { ipconfig0: 'ip=dhcp' }),
  put(`${VM}/config`, { delete: 'net1' }),
  post(`${VM}/config`, { scsi1: 'local-lvm:1' }),
  put(`${VM}/config`, { ide2: 'none,media=cdrom' }),
  put(`${VM}/config`, { ide0: 'local-lvm:cloudinit' }),
  put(`${VM}/config`, { delete: 'scsi1' }),
  put(`${VM}/config`, { boot: 'order=scsi0' }),
  put(`${VM}/resize`, { disk: 'scsi0', size: '2G' }),
  post(`${VM}/move_disk`, { disk: 'scsi0', storage: 'tank', delete: true }),
  post(`${VM}/snapshot`, { snapname: 'one' }),
  post(`${VM}/snapshot/one/rollback`),
  { method: 'DELETE', path: `${VM}/snapshot/one` },
  post(`${VM}/status/start`),
  post(`${VM}/status/stop`),
  post(`${VM}/migrate`, { target: 'pve2', 'with-local-disks': true }),
  post('/nodes/pve2/qemu/300/migrate', { target: 'pve1', 'with-local-disks': true }),
  post('/nodes/pve1/qemu/300/clone', { newid: 302, name: 'd', full: true, storage: 'tank' }),
  post('/nodes/pve1/qemu/300/clone', { newid: 303, name: 'e', full: true, pool: 'lab' }),
  put('/pools', { poolid: 'lab', vms: '302' }),
  put('/pools', { poolid: 'lab', vms: '302', delete: true }),
  post('/nodes/pve1/qemu/302/template'),
  put(`${CT}/config`, { memory: 1024 }),
  put(`${CT}/config`, { cores: 2 }),
  put(`${CT}/config`, { hostname: 'f', nameserver: '10.0.0.1' }),
  put(`${CT}/config`, { mp0: 'local-lvm:1,mp=/srv' }),
  put(`${CT}/config`, { net1: 'name=eth1,bridge=vmbr0' }),
  put(`${CT}/config`, { features: 'nesting=0' }),
  put(`${CT}/config`, { description: 'x' }),
  post(`${CT}/move_volume`, { volume: 'rootfs', storage: 'tank', delete: true }),
  post(`${CT}/status/start`),
  post(`${CT}/status/shutdown`, { forceStop: true, timeout: 1 }),
  post('/nodes/pve1/vzdump', { vmid: 310, storage: 'local', mode: 'stop' }),
  { method: 'GET', path: '/nodes/pve1/storage/local/content', params: { content: 'backup' } },
  { method: 'DELETE', path: CT, params: { purge: true } },
  { method: 'DELETE', path: VM, params: { purge: true } },
]

const PRIVILEGES =
  'Datastore.Allocate Datastore.AllocateSpace Datastore.Audit Pool.Allocate SDN.Use Sys.Modify VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Migrate VM.PowerMgmt VM.Snapshot VM.Snapshot.Rollback'.split(
    ' ',
  )

/** Sends and waits; true when the server refused it for want of a right. Anything else that goes wrong is told. */
const isRefused = async (client: ProxmoxClient, request: ApiRequest): Promise<boolean> => {
  const { method, path, params = {} } = request
  const answer = await client.send({ method, path, params: params as Record<string, string | number | boolean> })
  if (answer.kind === 'refused' && answer.status === 403) return true
  assert.is(answer.kind, 'answered', `${method} ${path} ${JSON.stringify(params)}: ${JSON.stringify(answer)}`)
  const data = 'data' in answer ? answer.data : undefined
  if (typeof data !== 'string' || !data.startsWith('UPID')) return false
  const end = await client.waitForTask(data, () => undefined)
  return /Permission check failed/.test(JSON.stringify(end))
}

/** A user that may do everything of the list but `without`. */
const limited = async (simulator: Simulator, root: ProxmoxClient, without: string): Promise<ProxmoxClient> => {
  const ask = async (request: ApiRequest) => assert.not(await isRefused(root, request))
  const privs = PRIVILEGES.filter((each) => each !== without).join(',')
  await ask(post('/access/roles', { roleid: 'R', privs }))
  await ask(post('/access/users', { userid: 'u@pve', password: 'Secret-12345' }))
  await ask(put('/access/acl', { path: '/', users: 'u@pve', roles: 'R' }))
  return simulatorClient(simulator, { credentials: { kind: 'password', username: 'u@pve', password: 'Secret-12345' } })
}

for (const without of ['', ...PRIVILEGES])
  test(`what is missed without ${without === '' ? 'any privilege' : without} is what the server refuses`, async () => {
    const simulator = await startSimulator({ http: true, speed: Number.POSITIVE_INFINITY })
    const root = simulatorClient(simulator)
    const client = await limited(simulator, root, without)
    try {
      const rights = await readRights(client, 'u@pve', undefined)
      assert.ok(rights)
      for (const request of REQUESTS) {
        const missed = neededRights(request, () => ['tank']).filter(
          ({ paths, privileges }) => !paths.some((path) => mayAny(rights, path, privileges)),
        )
        const refused = await isRefused(client, request)
        assert.is(
          missed.length > 0,
          refused,
          `${request.method} ${request.path} ${JSON.stringify(request.params)}: ${JSON.stringify(missed)}`,
        )
        if (refused) assert.not(await isRefused(root, request))
      }
    } finally {
      client.close()
      root.close()
      await simulator.stop()
    }
  })

test.run()
