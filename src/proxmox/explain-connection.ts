import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { ConnectError } from './connection.ts'
import type { Endpoint } from './endpoint.ts'

const SELF_SIGNED: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]

const pinning = (fingerprint: string): string => `in .proxmox/config.yml:\n\n  tls:\n    fingerprint: "${fingerprint}"`

const COMPARE = 'Compare it with the one shown in the web interface under node → System → Certificates.'

const untrusted = ({ origin }: Endpoint, { code }: ConnectError, fingerprint: string | undefined): Diagnostic =>
  diagnose('proxmox.untrusted-certificate', {
    detail:
      `${origin} has a certificate that no trusted authority has signed (${code}), as a fresh Proxmox VE does. Nothing was sent to it.` +
      (fingerprint ? `\nThe fingerprint that was seen (SHA-256):\n  ${fingerprint}\n${COMPARE}` : ''),
    hint: `Name the cluster's authority (/etc/pve/pve-root-ca.pem on a node) as tls.ca_file, or pin the fingerprint${
      fingerprint ? ` ${pinning(fingerprint)}` : ' as tls.fingerprint.'
    }`,
  })

const mismatch = ({ origin }: Endpoint, fingerprint: string | undefined): Diagnostic =>
  diagnose('proxmox.fingerprint-mismatch', {
    detail:
      `${origin} has a different certificate from the one pinned in tls.fingerprint. It was renewed, or somebody is intercepting the connection to the ` +
      `server. Nothing was sent to it.\nThe fingerprint that was seen (SHA-256):\n  ${fingerprint ?? 'none'}\n${COMPARE}`,
    hint: fingerprint ? `If it is the right one, pin it ${pinning(fingerprint)}` : undefined,
  })

const byCode = (endpoint: Endpoint, error: ConnectError): Diagnostic | undefined => {
  const { origin, host, port } = endpoint
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return diagnose('proxmox.unknown-host', {
        detail: `No address is known for the host "${host}" (${error.code}). Check the spelling of the endpoint, the name service and the VPN.`,
        hint: 'The endpoint is PROXMOX_VE_ENDPOINT, or "endpoint" in .proxmox/config.yml.',
      })
    case 'ECONNREFUSED':
      return diagnose('proxmox.unreachable', {
        detail: `Nothing listens on port ${port} of ${host} (ECONNREFUSED). Proxmox VE listens on 8006; check the port in the endpoint, and that pveproxy runs: systemctl status pveproxy`,
      })
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'MPC_CONNECT_TIMEOUT':
      return diagnose('proxmox.unreachable', {
        detail: `${host}, port ${port}, does not answer (${error.message}). Check that the host is up and that no firewall blocks it: port ${port} must be open to this machine.`,
      })
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return diagnose('proxmox.certificate-name', {
        detail: `${origin} has a trusted certificate, but for another name. ${error.message} Nothing was sent to it.`,
        hint: 'Use a name the certificate holds as endpoint, or pin the fingerprint as tls.fingerprint in .proxmox/config.yml.',
      })
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return diagnose('proxmox.certificate-expired', {
        detail: `The certificate of ${origin} ${error.code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}. Nothing was sent to it. Check this machine's clock; on the node, pvecm updatecerts --force makes a new certificate.`,
      })
    default:
      return undefined
  }
}

/** Why no connection could be made, and what to do. `fingerprint`: the certificate that was seen, when it is known. */
export const explainNoConnection = (
  endpoint: Endpoint,
  error: ConnectError,
  fingerprint: string | undefined,
): Diagnostic => {
  if (SELF_SIGNED.includes(error.code)) return untrusted(endpoint, error, fingerprint)
  if (error.code === 'MPC_FINGERPRINT_MISMATCH') return mismatch(endpoint, error.fingerprint)
  const known = byCode(endpoint, error)
  if (known) return known
  if (endpoint.secure && /^(EPROTO|ERR_SSL|ERR_TLS)/.test(error.code))
    return diagnose('proxmox.tls-failed', {
      detail: `${endpoint.origin} did not agree on a TLS connection (${error.code}). Nothing was sent to it. Is it the right port? If the server speaks plain HTTP, write the endpoint with http://.`,
    })
  return diagnose('proxmox.unreachable', {
    detail: `No connection to ${endpoint.origin} could be made: ${error.message} (${error.code}).`,
  })
}

/** True when `seenFingerprint` would help the person. */
export const wantsFingerprint = ({ code }: ConnectError): boolean => SELF_SIGNED.includes(code)

/** A request that left and whose answer never came whole. */
export const explainLostAnswer = (
  endpoint: Endpoint,
  request: { readonly method: string; readonly path: string },
  error: ConnectError,
): Diagnostic => {
  const what = `${request.method} ${request.path}`
  const change = request.method === 'GET' ? '' : ' It is not known whether the server carried the request out.'
  if (error.code === 'ETIMEDOUT')
    return diagnose('proxmox.timeout', {
      detail: `${endpoint.origin} took too long to answer ${what}.${change} The server may be overloaded, or a node or a storage behind it does not answer.`,
    })
  if (error.code === 'MPC_ANSWER_TOO_LARGE')
    return diagnose('proxmox.answer-lost', {
      detail: `The answer of ${endpoint.origin} to ${what} could not be read completely: ${error.message}, which Proxmox VE does not send.${change} Check that the endpoint is the right server.`,
    })
  return diagnose('proxmox.answer-lost', {
    detail: `The connection to ${endpoint.origin} broke before ${what} was answered (${error.code}).${change} ${endpoint.secure ? 'Check the network and run the command again.' : 'Does the server speak https? The endpoint begins with http://.'}`,
  })
}
