import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import { type ClientOptions, createClient, type ProxmoxClient } from '../../src/proxmox/client.ts'
import { readEndpoint } from '../../src/proxmox/endpoint.ts'
import type { Simulator } from '../../src/simulator/start.ts'
import { hurriedClock } from './hurried-clock.ts'

export const endpointOf = (text: string) => {
  const { endpoint, problem } = readEndpoint(text)
  if (!endpoint) throw new Error(problem)
  return endpoint
}

export const TOKEN = 'root@pam!test=11111111-2222-3333-4444-555555555555'

/** A client on a hurried clock, with a token, for a server at `url`. */
export const clientOf = (url: string, options: Partial<ClientOptions> = {}): ProxmoxClient =>
  createClient({
    endpoint: endpointOf(url),
    credentials: { kind: 'token', token: TOKEN },
    tls: {},
    clock: hurriedClock(),
    ...options,
  })

/** A client for a simulator that trusts it. */
export const simulatorClient = (
  { url, token, caPem }: Simulator,
  options: Partial<ClientOptions> = {},
): ProxmoxClient =>
  clientOf(url, { credentials: { kind: 'token', token }, tls: caPem === '' ? {} : { ca: caPem }, ...options })

/** The one diagnostic some work fails with. */
export const diagnosticOf = async (work: Promise<unknown>): Promise<Diagnostic> => {
  try {
    await work
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.length === 1 && error.diagnostics[0])
      return error.diagnostics[0]
    throw error
  }
  throw new Error('it should have failed')
}
