import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { grantCommands, granteeNote } from '../resource/grant-commands.ts'
import type { Credentials } from './credentials.ts'
import { principalOf } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import { isNodeTrouble, unknownNode } from './refusal-reason.ts'

/** An answer that is not a yes. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly errors: Readonly<Record<string, string>>
  readonly isPve: boolean
}

export interface AskedRequest {
  readonly method: string
  readonly path: string
}

const nodeOf = (path: string): string | undefined => /^\/nodes\/([^/]+)/.exec(path)?.[1]

const whole = ({ status, message, errors }: Refusal): string =>
  [`${message} (status ${status})`, ...Object.entries(errors).map(([name, text]) => `  ${name}: ${text}`)].join('\n')

const unauthorized = (refusal: Refusal, credentials: Credentials): Diagnostic => {
  const who = principalOf(credentials)
  if (credentials.kind === 'token')
    return diagnose('proxmox.token-refused', {
      detail: `The server does not know the token "${who}", its secret is wrong, or the token or its user is disabled or expired: ${refusal.message} (status 401).`,
      hint: 'PROXMOX_VE_API_TOKEN has the form user@realm!name=secret. A new secret: pveum user token add USER@REALM NAME --privsep 0',
    })
  return diagnose('proxmox.ticket-refused', {
    detail: `The session of "${who}" was refused even after logging in again: ${refusal.message} (status 401). The user may just have been disabled.`,
    hint: 'An API token (PROXMOX_VE_API_TOKEN) needs no session.',
  })
}

/** Of several privileges that would do (`A|B`), the first. */
const firstOf = (privilege: string): string => privilege.split('|')[0] ?? privilege

/** Seen on PVE 9.2: bind mounts, feature flags, raw devices, `args`, `lock` and a few more. */
const ROOT_ONLY = /only (?:allowed for root@pam|root can set)/

const rootOnly = (refusal: Refusal, request: AskedRequest, who: string): Diagnostic =>
  diagnose('proxmox.permission-denied', {
    detail: `"${who}" may not ${request.method} ${request.path}: ${refusal.message} (status ${refusal.status}). Proxmox VE lets only root@pam do this, logged in with a password: no privilege opens it to others, and an API token of root@pam counts as another.`,
    hint: 'Leave the attribute out and set it on the node itself, or give mpc PROXMOX_VE_USERNAME=root@pam and PROXMOX_VE_PASSWORD instead of a token.',
  })

const forbidden = (refusal: Refusal, request: AskedRequest, credentials: Credentials): Diagnostic => {
  const who = principalOf(credentials)
  if (ROOT_ONLY.test(refusal.message)) return rootOnly(refusal, request, who)
  const named = /^Permission check failed \((\/[^,)]*), ?([^)]+)\)/.exec(refusal.message)
  const grantee = { principal: who }
  const separated = granteeNote(grantee)
  if (named?.[1] === undefined || named[2] === undefined)
    return diagnose('proxmox.permission-denied', {
      detail: `"${who}" may not ${request.method} ${request.path}: ${refusal.message} (status 403).${separated}`,
      hint: 'pveum user permissions shows what a user or a token may do.',
    })
  return diagnose('proxmox.permission-denied', {
    detail: `"${who}" lacks the privilege ${named[2]} on ${named[1]}, which ${request.method} ${request.path} needs.${separated}`,
    hint: `Grant it, on a node, together with what "${who}" has to keep there, because rights on a path replace those from above it:\n  ${grantCommands(grantee, [{ path: named[1], privileges: firstOf(named[2]).split(/[,\s]+/) }]).join('\n  ')}`,
  })
}

const notPve = (refusal: Refusal, endpoint: Endpoint): Diagnostic =>
  diagnose('proxmox.not-a-pve-server', {
    detail: `${endpoint.origin} answers, but not as the API of Proxmox VE does (status ${refusal.status}: ${refusal.message}). Check host and port of the endpoint; the API is where the web interface is, usually on port 8006.`,
  })

/** Why the server said no, kept whole, and what to do about it. */
export const explainRefusal = (
  refusal: Refusal,
  request: AskedRequest,
  endpoint: Endpoint,
  credentials: Credentials,
): Diagnostic => {
  const node = nodeOf(request.path)
  const asked = `${request.method} ${request.path}`
  if (refusal.status === 401) return unauthorized(refusal, credentials)
  if (refusal.isPve && (refusal.status === 403 || ROOT_ONLY.test(refusal.message)))
    return forbidden(refusal, request, credentials)
  if (refusal.status === 595)
    return diagnose('proxmox.node-unreachable', {
      detail: `${node ? `The node "${node}"` : 'A node'} does not answer the rest of the cluster: ${refusal.message} (status 595, ${asked}). It is powered off, or its network or pveproxy is down.`,
      hint: 'Run pvecm status on another node to see which nodes are online.',
    })
  if (isNodeTrouble(refusal.status))
    return diagnose('proxmox.server-trouble', {
      detail: `${asked}: ${whole(refusal)}\nThe server, or a proxy in front of it, got no answer${node ? ` from the node "${node}"` : ''}. Try again in a while.`,
    })
  if (!refusal.isPve) return notPve(refusal, endpoint)
  const unknown = unknownNode(refusal.message)
  if (unknown !== undefined)
    return diagnose('proxmox.unknown-node', {
      detail: `The cluster has no node "${unknown}" (${asked}). Node names are case-sensitive and short: "pve1", not "pve1.example.com".`,
      hint: 'pvecm nodes, typed on any node, lists them.',
    })
  return diagnose('proxmox.request-refused', { detail: `${asked}: ${whole(refusal)}` })
}
