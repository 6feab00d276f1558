import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import type { Io } from '../io/io.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import { settingPath, variable } from './credentials.ts'
import type { Settings } from './settings.ts'

type Around = Pick<Io, 'env' | 'files' | 'clock' | 'platform'>

/** The settings of a folder that decide which program is run and who is given the credentials. */
export interface TrustQuestion {
  readonly settings: Settings['toTrust']
  /** Of exactly these settings, and of the files of the folder they name: any change asks again. */
  readonly hash: string
  /** Some of them count: the environment does not give all of it itself. */
  readonly inForce: boolean
}

const isWithin = (root: string, path: string): boolean => {
  const way = relative(root, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}

/** Files of the folder that would be run or believed, by their content: whoever sends a new version of the folder may change them too. */
const namedFiles = async ({ env, files }: Around, root: string, settings: Settings) => {
  const { command = [] } = settings.credentials
  const paths = [
    ...(settings.tls.caFile === undefined ? [] : [settingPath(settings.tls.caFile, root, env)]),
    ...command.map((word) => resolve(root, word)).filter((path) => isWithin(root, path)),
  ]
  const hashes = await Promise.all(
    [...new Set(paths)].map(async (path) => {
      try {
        return [[relative(root, path), sha256(await files.readText(path))] as const]
      } catch {
        // What cannot be read cannot be run or believed either.
        return []
      }
    }),
  )
  return Object.fromEntries(hashes.flat())
}

const isInForce = ({ env }: Around, { name, value }: Settings['toTrust'][number]): boolean => {
  if (value === 'false') return false
  if (name === 'endpoint') return variable(env, 'PROXMOX_VE_ENDPOINT') === undefined
  if (!name.startsWith('credentials.')) return true
  return ['PROXMOX_VE_API_TOKEN', 'PROXMOX_VE_USERNAME', 'PROXMOX_VE_PASSWORD'].every((one) => !variable(env, one))
}

/** What a person has to agree to before this folder's settings are acted on. */
export const trustQuestion = async (around: Around, root: string, settings: Settings): Promise<TrustQuestion> => ({
  settings: settings.toTrust,
  hash: sha256(
    canonicalJson({
      settings: Object.fromEntries(settings.toTrust.map(({ name, value }) => [name, value])),
      files: await namedFiles(around, root, settings),
    }),
  ).slice(0, 32),
  inForce: settings.toTrust.some((setting) => isInForce(around, setting)),
})

/** Where agreements are kept: of each folder in a file of its own, so that two commands never write the same one. */
const trustFile = ({ env, platform }: Around, root: string): string | undefined => {
  const home = variable(env, 'HOME') ?? variable(env, 'USERPROFILE')
  const given = platform === 'win32' ? variable(env, 'APPDATA') : variable(env, 'XDG_CONFIG_HOME')
  const base = given !== undefined && isAbsolute(given) ? given : home === undefined ? undefined : join(home, '.config')
  return base === undefined ? undefined : join(base, 'mpc', 'trust', `${sha256(root).slice(0, 32)}.json`)
}

const agreedHash = async ({ files }: Around, path: string): Promise<string | undefined> => {
  if (!(await files.exists(path))) return undefined
  try {
    const saved: unknown = JSON.parse(await files.readText(path))
    return typeof saved === 'object' && saved !== null && 'hash' in saved ? String(saved.hash) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether somebody agreed to exactly these settings in this folder: before, or by MPC_TRUST. */
export const isTrusted = async (around: Around, root: string, { hash }: TrustQuestion): Promise<boolean> => {
  if (isTrustedByEnvironment(around, hash)) return true
  const path = trustFile(around, await around.files.realPath(root))
  return path !== undefined && (await agreedHash(around, path)) === hash
}

export const isTrustedByEnvironment = ({ env }: Pick<Around, 'env'>, hash: string): boolean =>
  variable(env, 'MPC_TRUST') === hash

/** Remembers an agreement outside the folder. False where there is no place for it: neither HOME nor XDG_CONFIG_HOME is set. */
export const trust = async (around: Around, root: string, { hash, settings }: TrustQuestion): Promise<boolean> => {
  const folder = await around.files.realPath(root)
  const path = trustFile(around, folder)
  if (path === undefined) return false
  await around.files.makeFolder(dirname(path), { mode: 0o700 })
  const agreement = { folder, hash, settings, at: around.clock.now().toISOString() }
  await around.files.writeText(path, `${JSON.stringify(agreement, undefined, 2)}\n`, { mode: 0o600 })
  return true
}

/** Forgets it again; false when there was none. */
export const revokeTrust = async (around: Around, root: string): Promise<boolean> => {
  const path = trustFile(around, await around.files.realPath(root))
  if (path === undefined || !(await around.files.exists(path))) return false
  await around.files.remove(path)
  return true
}
