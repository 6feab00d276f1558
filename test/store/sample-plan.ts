import type { RequestRecord } from '../../src/apply/journal.ts'
import { sealPlan } from '../../src/plan/order/seal-plan.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { type Address, parseAddress } from '../../src/resource/address.ts'
import type { AppliedGuest } from '../../src/resource/applied.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'

export const address = (text: string): Address => {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

export const vmid = (number: number): Vmid => {
  const parsed = parseVmid(number)
  if (parsed === undefined) throw new Error(`${number} is no VMID`)
  return parsed
}

export const bound = (text: string, number: number, more: Partial<AppliedGuest> = {}): AppliedGuest => ({
  address: address(text),
  kind: 'vm',
  guest: { type: 'qemu', node: 'pve1', vmid: vmid(number) },
  config: { cores: 2, tags: ['a', 'b'], net0: { bridge: 'vmbr0' } },
  preventDestroy: false,
  onDestroy: 'backup',
  ...more,
})

export const sampleStep = (verb: string, cores = 4): Step => ({
  id: `vm.web/${verb}`,
  action: 'update',
  address: address('vm.web'),
  guest: { type: 'qemu', node: 'pve1', vmid: vmid(100) },
  summary: verb,
  requests: [{ method: 'PUT', path: '/nodes/pve1/qemu/100/config', params: { cores }, digest: true }],
  needs: [],
  disruption: 'none',
  reversal: { by: 'requests', requests: [] },
  because: { address: address('vm.web'), reason: 'declared', attributes: [] },
})

/** A plan of one step; `cores` makes it another one. */
export const samplePlan = (cores = 4, origin: Plan['origin'] = { kind: 'declaration' }): Plan =>
  sealPlan({
    format_version: '1.0',
    origin,
    cluster: 'lab',
    changes: [],
    steps: [sampleStep('update', cores)],
    unchanged: 0,
    outputs: [],
  })

export const sampleRequest = (
  run: string,
  status: RequestRecord['status'],
  more: Partial<RequestRecord> = {},
): RequestRecord => ({
  run,
  step: 'vm.web/update',
  direction: 'forward',
  index: 0,
  request: sampleStep('update').requests[0] ?? { method: 'GET', path: '/' },
  status,
  at: '2026-01-01T00:00:00.000Z',
  ...more,
})
