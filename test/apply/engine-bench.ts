import { sealPlan } from '../../src/plan/order/seal-plan.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { type Address, parseAddress } from '../../src/resource/address.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import type { OutgoingRequest, Server } from '../../src/resource/server.ts'
import { sha256 } from '../../src/util/sha256.ts'

const FIRST_VMID = 1000

const vmidAt = (index: number): Vmid => {
  const vmid = parseVmid(FIRST_VMID + index)
  if (vmid === undefined) throw new Error('the bench makes valid VMIDs')
  return vmid
}

const addressAt = (index: number): Address => {
  const address = parseAddress(`vm.bench[${index}]`)
  if (address === undefined) throw new Error('the bench makes valid addresses')
  return address
}

const stepAt = (index: number, memory: number): Step => {
  const guest = { type: 'qemu' as const, node: 'pve1', vmid: vmidAt(index) }
  const address = addressAt(index)
  const path = `/nodes/pve1/qemu/${guest.vmid}/config`
  return {
    id: `${address}/update`,
    action: 'update',
    address,
    guest,
    summary: 'set memory',
    requests: [{ method: 'PUT', path, params: { memory }, digest: true }],
    needs: [],
    disruption: 'none',
    reversal: { by: 'requests', requests: [{ method: 'PUT', path, params: { memory: 512 }, digest: true }] },
    because: { address, reason: 'declared', attributes: [] },
  }
}

/** A plan of that many independent updates; `round` makes each plan another one. */
export const enginePlan = (steps: number, round: number): Plan =>
  sealPlan({
    format_version: '1.0',
    origin: { kind: 'declaration' },
    cluster: 'bench',
    changes: [],
    steps: Array.from({ length: steps }, (_, index) => stepAt(index, 1024 + round)),
    unchanged: 0,
    outputs: [],
  })

/** A server that answers at once from memory, so that only the engine and its journal take time. */
export const instantServer = (): Server => {
  const memory = new Map<string, number>()
  const config = (path: string) => ({
    memory: String(memory.get(path) ?? 512),
    smbios1: `uuid=${path}`,
    digest: sha256(`${path}${memory.get(path) ?? 512}`).slice(0, 40),
  })
  return {
    send: async ({ method, path, params }: OutgoingRequest) => {
      if (method === 'PUT') memory.set(path, Number(params['memory']))
      const data = method === 'PUT' ? null : path.endsWith('/config') ? config(path) : []
      return { kind: 'answered', data }
    },
    waitForTask: async () => ({ kind: 'ok', warnings: 0 }),
    tasksSince: async () => [],
  }
}
