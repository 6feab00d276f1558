import { type Checked, type Diagnostic, diagnose, hasErrors } from '../diagnostic/diagnostic.ts'
import type { TlsTrust } from '../proxmox/connection.ts'
import type { Credentials } from '../proxmox/credentials.ts'
import { type Endpoint, readEndpoint } from '../proxmox/endpoint.ts'
import { readCredentials, type Surroundings, settingPath, variable } from './credentials.ts'
import type { Settings } from './settings.ts'

/** Everything the client needs to know to connect. Holds secrets: never saved, shown or logged. */
export interface Connection {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly tls: TlsTrust
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

const endpointOf = ({ env }: Surroundings, settings: Settings): Checked<Endpoint> => {
  const named = variable(env, 'PROXMOX_VE_ENDPOINT')
  if (named === undefined && settings.endpoint) return { value: settings.endpoint, diagnostics: [] }
  if (named === undefined)
    return {
      value: undefined,
      diagnostics: [
        diagnose('project.missing-endpoint', {
          detail: 'No server address is set, neither in PROXMOX_VE_ENDPOINT nor as "endpoint" in .proxmox/config.yml.',
          hint: 'endpoint: https://pve.example.com:8006',
        }),
      ],
    }
  const { endpoint, problem } = readEndpoint(named)
  if (endpoint) return { value: endpoint, diagnostics: [] }
  const detail = `PROXMOX_VE_ENDPOINT cannot be used. ${problem}`
  return { value: undefined, diagnostics: [diagnose('project.invalid-endpoint', { detail })] }
}

const wantsInsecure = ({ env }: Surroundings, settings: Settings): boolean =>
  settings.tls.insecure || /^(1|true|yes|on)$/i.test(variable(env, 'PROXMOX_VE_INSECURE') ?? '')

const trustOf = async (around: Surroundings, root: string, { tls }: Settings): Promise<Checked<TlsTrust>> => {
  if (tls.fingerprint !== undefined) return { value: { fingerprint: tls.fingerprint }, diagnostics: [] }
  if (tls.caFile === undefined) return { value: {}, diagnostics: [] }
  const path = settingPath(tls.caFile, root, around.env)
  const refuse = (why: string): Checked<TlsTrust> => ({
    value: undefined,
    diagnostics: [
      diagnose('project.unreadable-ca', {
        detail: `The file "${path}", named as tls.ca_file, ${why}. On a node the authority is /etc/pve/pve-root-ca.pem: copy it beside the settings.`,
      }),
    ],
  })
  try {
    const ca = await around.files.readText(path)
    return /-----BEGIN CERTIFICATE-----/.test(ca)
      ? { value: { ca }, diagnostics: [] }
      : refuse('holds no certificate in PEM form')
  } catch (error) {
    return refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const remarks = (endpoint: Endpoint | undefined, insecure: boolean): readonly Diagnostic[] => {
  if (!endpoint || LOOPBACK.test(endpoint.host)) return []
  if (!endpoint.secure)
    return [
      diagnose('project.plain-http', {
        detail: `${endpoint.origin} uses plain HTTP: anyone on the network can read the credentials. Use https.`,
      }),
    ]
  if (!insecure) return []
  return [
    diagnose('project.certificate-unchecked', {
      detail: `The certificate is not verified, so whoever answers for ${endpoint.origin} receives the credentials. Pin the fingerprint (tls.fingerprint) or name the authority (tls.ca_file) instead.`,
    }),
  ]
}

/**
 * Where the server is, how it proves itself and who we are, from the environment and the settings; everything that is missing is told at
 * once. A pin in the settings stays in force whatever PROXMOX_VE_INSECURE says; an authority file does not.
 */
export const readConnection = async (
  around: Surroundings,
  root: string,
  settings: Settings,
): Promise<Checked<Connection>> => {
  const endpoint = endpointOf(around, settings)
  const insecure = settings.tls.fingerprint === undefined && wantsInsecure(around, settings)
  const trust: Checked<TlsTrust> = insecure
    ? { value: { insecure }, diagnostics: [] }
    : await trustOf(around, root, settings)
  const credentials = await readCredentials(around, root, settings)
  const diagnostics = [
    ...endpoint.diagnostics,
    ...trust.diagnostics,
    ...credentials.diagnostics,
    ...remarks(endpoint.value, insecure),
  ]
  if (hasErrors(diagnostics) || !endpoint.value || !trust.value || !credentials.value)
    return { value: undefined, diagnostics }
  return { value: { endpoint: endpoint.value, tls: trust.value, credentials: credentials.value }, diagnostics }
}
