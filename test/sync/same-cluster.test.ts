import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Observed } from '../../src/resource/observed.ts'
import { startSimulator } from '../../src/simulator/start.ts'
import { otherCluster } from '../../src/sync/same-cluster.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { connect } from '../apply/connection.ts'
import { lab } from '../apply/rig.ts'

const guest = (vmid: number, seed: number) => ({
  vmid,
  type: 'qemu' as const,
  node: 'pve',
  config: { name: `vm${vmid}`, smbios1: `uuid=00000000-0000-4000-8000-${String(seed).padStart(12, '0')}` },
})

const seen = async (
  name: string,
  nodes: readonly string[],
  vms: readonly (readonly [number, number])[] = [],
): Promise<Observed> => {
  const from = { ...lab({ nodes, guests: vms.map(([vmid, seed]) => guest(vmid, seed)) }), name }
  const simulator = await startSimulator({ from, http: true, speed: Number.POSITIVE_INFINITY })
  const client = connect(simulator.url, simulator.token)
  try {
    return (await syncCluster(client, { now: '2026-01-01T00:00:00.000Z' })).observed
  } finally {
    client.close()
    await simulator.stop()
  }
}

test('a cluster with other nodes is another one, and is told with a way out', async () => {
  const [before, now] = [await seen('home', ['pve1', 'pve2']), await seen('work', ['node1'])]
  const told = otherCluster(before, now)
  assert.is(told?.code, 'sync.other-cluster')
  assert.match(told?.detail ?? '', /"home" \(pve1, pve2\).*"work" \(node1\)/s)
})

test('lone nodes of one name are told apart by their guests', async () => {
  const ours = await seen(
    'pve',
    ['pve'],
    [
      [100, 1],
      [101, 2],
      [102, 3],
    ],
  )
  const theirs = await seen(
    'pve',
    ['pve'],
    [
      [100, 11],
      [101, 12],
    ],
  )
  const later = await seen(
    'pve',
    ['pve'],
    [
      [100, 21],
      [102, 3],
    ],
  )
  assert.is(otherCluster(ours, theirs)?.code, 'sync.other-cluster')
  assert.is(otherCluster(ours, later), undefined)
})

test('a node that has joined a cluster, an empty one, and the first look are no reason to refuse', async () => {
  const alone = await seen('pve', ['pve'], [[100, 1]])
  assert.is(otherCluster(alone, await seen('prod', ['pve', 'pve2'], [[100, 1]])), undefined)
  assert.is(otherCluster(alone, await seen('pve', ['pve'])), undefined)
  assert.is(otherCluster(undefined, alone), undefined)
})

test.run()
