import { isAbsolute, join } from 'node:path'
import { type Checked, type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Io } from '../io/io.ts'
import { type Credentials, parseToken } from '../proxmox/credentials.ts'
import type { Settings } from './settings.ts'

export type Surroundings = Pick<Io, 'env' | 'files' | 'run'>

const HINT =
  'Set PROXMOX_VE_API_TOKEN=user@realm!name=secret. A new token: pveum user token add USER@REALM NAME --privsep 0'

/** A path as the settings write it: relative to the workspace, `~/` is the home folder. */
export const settingPath = (path: string, root: string, env: Io['env']): string => {
  const home = env['HOME'] ?? env['USERPROFILE']
  if (home !== undefined && path.startsWith('~/')) return join(home, path.slice(2))
  return isAbsolute(path) ? path : join(root, path)
}

/** An environment variable that says something. */
export const variable = (env: Io['env'], name: string): string | undefined => {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

const problem = (diagnostic: Diagnostic): Checked<Credentials> => ({ value: undefined, diagnostics: [diagnostic] })

/** The text is never shown: it may be half a secret. */
const tokenFrom = (text: string, origin: string): Checked<Credentials> => {
  if (parseToken(text)) return { value: { kind: 'token', token: text.trim() }, diagnostics: [] }
  const seen = text.trim() === '' ? 'is empty' : 'does not have the form user@realm!name=secret'
  return problem(diagnose('project.invalid-token', { detail: `The API token from ${origin} ${seen}.`, hint: HINT }))
}

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const fromFile = async (path: string, { files }: Surroundings): Promise<Checked<Credentials>> => {
  try {
    return tokenFrom(await files.readText(path), `the file "${path}"`)
  } catch (error) {
    return problem(
      diagnose('project.unreadable-credentials', {
        detail: `The file "${path}", named as credentials.token_file, cannot be read: ${whyOf(error)}.`,
        hint: HINT,
      }),
    )
  }
}

const fromCommand = async (
  [program = '', ...args]: readonly string[],
  { run }: Surroundings,
): Promise<Checked<Credentials>> => {
  try {
    return tokenFrom(await run(program, args), `the command "${program}"`)
  } catch (error) {
    return problem(
      diagnose('project.unreadable-credentials', {
        detail: `The command "${program}", named as credentials.command, failed: ${whyOf(error)}.`,
        hint: 'It must print the token and end with exit code 0. It is run without a shell.',
      }),
    )
  }
}

const fromPassword = (username: string | undefined, password: string | undefined): Checked<Credentials> => {
  if (username !== undefined && password !== undefined)
    return { value: { kind: 'password', username, password }, diagnostics: [] }
  const missing = username === undefined ? 'PROXMOX_VE_USERNAME' : 'PROXMOX_VE_PASSWORD'
  return problem(
    diagnose('project.incomplete-credentials', {
      detail: `${missing} is not set, but the other one is. Set both PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD, or use an API token.`,
      hint: HINT,
    }),
  )
}

/**
 * Who we are to the server: PROXMOX_VE_API_TOKEN, else PROXMOX_VE_USERNAME with PROXMOX_VE_PASSWORD, else the file or the command the
 * settings name. No diagnostic repeats any part of a secret.
 */
export const readCredentials = async (
  surroundings: Surroundings,
  root: string,
  settings: Settings,
): Promise<Checked<Credentials>> => {
  const { env } = surroundings
  const token = variable(env, 'PROXMOX_VE_API_TOKEN')
  if (token !== undefined) return tokenFrom(token, 'PROXMOX_VE_API_TOKEN')
  const username = variable(env, 'PROXMOX_VE_USERNAME')
  const password = env['PROXMOX_VE_PASSWORD'] === '' ? undefined : env['PROXMOX_VE_PASSWORD']
  if (username !== undefined || password !== undefined) return fromPassword(username, password)
  const { tokenFile, command } = settings.credentials
  if (tokenFile !== undefined) return fromFile(settingPath(tokenFile, root, env), surroundings)
  if (command !== undefined) return fromCommand(command, surroundings)
  return problem(
    diagnose('project.missing-credentials', {
      detail:
        'Neither the environment (PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD) nor the settings (credentials.token_file or credentials.command) give credentials.',
      hint: HINT,
    }),
  )
}
