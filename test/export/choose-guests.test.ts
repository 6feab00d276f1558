import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseGuests } from '../../src/export/choose-guests.ts'
import { lossReport } from '../../src/export/loss-report.ts'
import type { AppliedResource } from '../../src/resource/applied.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { address, guestOf } from './exported.ts'

const { guest } = guestOf('vm.web', { name: 'web' })
const away = { ...guest, vmid: 101 as typeof guest.vmid, node: 'pve2', unknownSince: '2026-01-01T00:00:00Z' }

const observed: Observed = {
  cluster: { name: 'c', version: '9' },
  nodes: [],
  storages: [],
  pools: [],
  guests: [guest, away],
}

const bound = (name: string, vmid: number, preventDestroy = false): AppliedResource => ({
  address: address(name),
  kind: 'vm',
  guest: { type: 'qemu', node: 'pve1', vmid: vmid as typeof guest.vmid },
  config: {},
  preventDestroy,
  onDestroy: 'backup',
})

const pool: AppliedResource = {
  address: address('pool.prod'),
  kind: 'pool',
  poolid: 'prod',
  config: {},
  preventDestroy: false,
  onDestroy: 'backup',
}

test('managed guests are chosen with what their declaration forbids, pools are not', () => {
  const { guests, diagnostics } = chooseGuests(observed, [bound('vm.web', 100, true), pool])
  assert.equal(diagnostics, [])
  assert.equal(guests, [{ address: address('vm.web'), guest, preventDestroy: true }])
})

test('guests that are gone, out of sight or not applied yet are told', () => {
  const applied = [bound('vm.web', 100), bound('vm.gone', 999), bound('vm.away', 101)]
  const wanted = ['vm.web', 'vm.gone', 'vm.away', 'vm.new'].map(address)
  const { guests, diagnostics } = chooseGuests(observed, applied, wanted)
  assert.equal(
    guests.map((one) => one.address),
    [address('vm.web')],
  )
  assert.equal(
    diagnostics.map((one) => [one.code, one.address]),
    ['vm.away', 'vm.gone', 'vm.new'].map((name) => ['export.unknown-guest', name]),
  )
})

test('the loss report is a table for each guest, safe for any text', () => {
  const text = lossReport(
    'Terraform',
    [{ address: address('vm.web'), key: 'args', value: `a | b\n${'x'.repeat(80)}`, consequence: 'kept' }],
    [],
  )
  assert.match(text, '## vm.web')
  assert.match(text, '| `args` | a \\| b x')
  assert.match(text, '… | kept |')
  assert.match(lossReport('Terraform', [], []), 'Nothing is lost')
})

test.run()
