import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import type { ObservedGuest } from '../../src/resource/observed.ts'
import type { Answer } from '../../src/resource/server.ts'
import { startSimulator } from '../../src/simulator/start.ts'
import { addressesIn } from '../../src/sync/guest-addresses.ts'
import { readAddresses } from '../../src/sync/read-addresses.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { simulatorClient } from '../proxmox/connect.ts'

const NOW = '2026-11-21T12:00:00.000Z'
const LATER = '2026-11-21T13:00:00.000Z'

const guestOf = (vmid: number, more: Partial<ObservedGuest> = {}): ObservedGuest => ({
  type: 'lxc',
  vmid: parseVmid(vmid) as Vmid,
  node: 'pve1',
  name: `ct${vmid}`,
  status: 'running',
  template: false,
  current: {},
  pending: {},
  digest: '',
  ...more,
})

test('addresses of own network devices come first, and those of no use to others are left out', () => {
  const card = (name: string, mac: string, ...addresses: readonly string[]) => ({
    name,
    'hardware-address': mac,
    'ip-addresses': addresses.map((address) => ({ 'ip-address': address })),
  })
  const answer = {
    result: [
      card('lo', '00:00:00:00:00:00', '127.0.0.1', '::1'),
      card('docker0', '02:42:00:00:00:01', '172.17.0.1'),
      card('eth1', 'bc:24:11:00:00:02', '192.168.7.9', 'fe80::1', '169.254.3.4'),
      card('eth0', 'bc:24:11:00:00:01', '10.0.0.7', '2001:db8::7', 'FEBF::2', '10.0.0.8'),
      { name: 'sit0' },
    ],
  }
  const config = { net1: 'virtio=BC:24:11:00:00:02,bridge=vmbr1', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0' }
  assert.equal(addressesIn(answer, config, NOW), {
    ipv4: ['10.0.0.7', '10.0.0.8', '192.168.7.9', '172.17.0.1'],
    ipv6: ['2001:db8::7'],
    asOf: NOW,
  })
})

test('containers answer in their own way, and older servers in another', () => {
  // PVE 9.2: recorded; PVE 8: without `ip-addresses`.
  const nine = {
    name: 'eth0',
    hwaddr: 'bc:24:11:60:fc:22',
    'hardware-address': 'bc:24:11:60:fc:22',
    inet: '10.99.0.204/24',
    'ip-addresses': [
      { 'ip-address': '10.99.0.204', prefix: '24', 'ip-address-type': 'inet' },
      { 'ip-address': 'fe80::be24:11ff:fe60:fc22', prefix: '64', 'ip-address-type': 'inet6' },
    ],
  }
  const eight = { name: 'eth0', hwaddr: 'bc:24:11:60:fc:22', inet: '10.99.0.204/24', inet6: '2001:db8::2/64' }
  assert.equal(addressesIn([nine], {}, NOW), { ipv4: ['10.99.0.204'], ipv6: [], asOf: NOW })
  assert.equal(addressesIn([eight], {}, NOW), { ipv4: ['10.99.0.204'], ipv6: ['2001:db8::2'], asOf: NOW })
  for (const nothing of [null, {}, { result: 'no' }, [null]])
    assert.equal(addressesIn(nothing, {}, NOW), { ipv4: [], ipv6: [], asOf: NOW })
})

test('a guest that does not answer keeps nobody waiting, and one that may not be asked is named', async () => {
  const asked: string[] = []
  // Like a connection that stays open, the timer keeps the process going until the request is given up.
  const hang = (signal?: AbortSignal) =>
    new Promise<Answer>((_, reject) => {
      const open = setInterval(() => undefined, 60_000)
      signal?.addEventListener('abort', () => {
        clearInterval(open)
        reject(signal.reason)
      })
    })
  const refused: Answer = {
    kind: 'refused',
    status: 403,
    message: 'Permission check failed',
    reason: 'other',
    diagnostic: { code: 'proxmox.forbidden', severity: 'error', summary: '', detail: '' } as never,
  }
  const answered: Answer = {
    kind: 'answered',
    data: [{ name: 'eth0', hwaddr: '', 'ip-addresses': [{ 'ip-address': '10.0.0.3' }] }],
  }
  const reader = {
    send: async ({ path }: { readonly path: string }, signal?: AbortSignal): Promise<Answer> => {
      asked.push(path)
      if (path.includes('/101/')) return hang(signal)
      return path.includes('/102/') ? refused : answered
    },
  }
  const guests = [
    guestOf(101),
    guestOf(102),
    guestOf(103),
    guestOf(104, { status: 'stopped' }),
    guestOf(105, { type: 'qemu' }),
    guestOf(106, { type: 'qemu', current: { agent: 'enabled=1,fstrim_cloned_disks=1' } }),
  ]
  const { addresses, diagnostics } = await readAddresses(reader, guests, { now: NOW })
  assert.equal(
    [...addresses].map(([vmid, { ipv4 }]) => [vmid, ipv4]),
    [
      [103, ['10.0.0.3']],
      [106, ['10.0.0.3']],
    ],
  )
  assert.equal(asked.sort(), [
    '/nodes/pve1/lxc/101/interfaces',
    '/nodes/pve1/lxc/102/interfaces',
    '/nodes/pve1/lxc/103/interfaces',
    '/nodes/pve1/qemu/106/agent/network-get-interfaces',
  ])
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['sync.addresses-hidden'],
  )
  assert.match(diagnostics[0]?.detail ?? '', 'ct102 (102) could not be read')
})

test('a sync asks for addresses only when it is told to, and keeps what was told for as long as the guest runs', async () => {
  const simulator = await startSimulator({ http: true, speed: 10_000 })
  const client = simulatorClient(simulator)
  try {
    const asked = () =>
      simulator.requests.filter(({ path }) => /interfaces$/.test(path) && !path.includes('network/')).length
    const plain = (await syncCluster(client, { now: NOW })).observed
    assert.is(asked(), 0)
    assert.ok(plain.guests.every(({ addresses }) => addresses === undefined))
    const told = (await syncCluster(client, { now: NOW, addresses: true })).observed
    assert.ok(asked() > 0)
    const running = told.guests.find(
      ({ type, status, addresses }) => type === 'lxc' && status === 'running' && addresses,
    )
    assert.ok(running?.addresses?.ipv4.length)
    const before = asked()
    const kept = (await syncCluster(client, { now: LATER, previous: { observed: told, syncedAt: NOW } })).observed
    assert.is(asked(), before)
    assert.equal(kept.guests.find(({ vmid }) => vmid === running?.vmid)?.addresses, running?.addresses)
    const stop = {
      method: 'POST' as const,
      path: `/nodes/${running?.node}/lxc/${running?.vmid}/status/stop`,
      params: {},
    }
    const answer = await client.send(stop)
    if (answer.kind === 'answered') await client.waitForTask(String(answer.data), () => undefined)
    const after = (await syncCluster(client, { now: LATER, previous: { observed: kept, syncedAt: LATER } })).observed
    const stopped = after.guests.find(({ vmid }) => vmid === running?.vmid)
    assert.is(stopped?.status, 'stopped')
    assert.is(stopped?.addresses, undefined)
  } finally {
    client.close()
    await simulator.stop()
  }
})

test.run()
