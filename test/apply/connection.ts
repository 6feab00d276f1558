import type { Patience } from '../../src/apply/apply-dependencies.ts'
import type { Clock } from '../../src/io/io.ts'
import { createClient, type ProxmoxClient } from '../../src/proxmox/client.ts'
import { readEndpoint } from '../../src/proxmox/endpoint.ts'
import type { Lease } from '../../src/store/lease-store.ts'
import type { Store } from '../../src/store/open-store.ts'

export const realClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}

/** Tests need not be patient: the simulator is at once done with everything. */
export const IMPATIENT: Patience = {
  settle: 300,
  locks: { forward: [10, 10], reverse: [10, 10, 10] },
  unreachable: [10, 20],
  quiet: { brief: 600_000, long: 600_000, again: 600_000 },
  interrupted: 100,
}

export const connect = (url: string, token: string): ProxmoxClient => {
  const { endpoint } = readEndpoint(url)
  if (!endpoint) throw new Error(`${url} is no endpoint`)
  return createClient({ endpoint, credentials: { kind: 'token', token }, tls: {}, clock: realClock })
}

export const leaseOf = async (store: Store, purpose = 'mpc apply'): Promise<Lease> => {
  const { value, diagnostics } = await store.leases.acquire(purpose)
  if (!value) throw new Error(diagnostics[0]?.detail)
  return value
}
