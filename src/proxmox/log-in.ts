import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { Answer, OutgoingRequest } from '../resource/server.ts'
import type { Ticket } from './session.ts'

const loginFailed = (username: string, message: string): Diagnostic =>
  diagnose('proxmox.login-failed', {
    detail: `Logging in as "${username}" failed: ${message}. The name, the password or the realm is wrong, or the user is disabled or expired.${
      username.includes('@') ? '' : ' The name needs its realm: "root@pam", not "root".'
    }`,
    hint: 'Check PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD, or use an API token: PROXMOX_VE_API_TOKEN.',
  })

const secondFactor = (username: string): Diagnostic =>
  diagnose('proxmox.two-factor', {
    detail: `"${username}" needs a second factor, which mpc cannot ask for.`,
    hint: `Use an API token, which needs none: pveum user token add ${username} mpc --privsep 0, then set PROXMOX_VE_API_TOKEN.`,
  })

const field = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null && name in data ? Reflect.get(data, name) : undefined

/** Logs in with a password (PVE API: POST /access/ticket). Throws `DiagnosticError`. */
export const logIn =
  (send: (request: OutgoingRequest) => Promise<Answer>) =>
  async (username: string, password: string): Promise<Ticket> => {
    const answer = await send({ method: 'POST', path: '/access/ticket', params: { username, password } })
    if (answer.kind === 'refused' && answer.status === 401)
      throw new DiagnosticError([loginFailed(username, answer.message)])
    if (answer.kind !== 'answered') throw new DiagnosticError([answer.diagnostic])
    if (field(answer.data, 'NeedTFA')) throw new DiagnosticError([secondFactor(username)])
    const ticket = field(answer.data, 'ticket')
    const csrf = field(answer.data, 'CSRFPreventionToken')
    if (typeof ticket !== 'string' || typeof csrf !== 'string')
      throw new DiagnosticError([loginFailed(username, 'the server gave no ticket')])
    return { ticket, csrf }
  }
