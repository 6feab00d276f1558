import { createHmac, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Files } from '../../io/io.ts'
import type { Workspace } from '../../project/workspace.ts'

/**
 * The key with which this workspace fingerprints secrets, made when first needed. It lies apart from the state, so that a copy of the
 * state alone does not let anybody try passwords against it. Losing it only means that secrets are written once more.
 */
export const fingerprintKey = async (files: Files, { stateFile }: Workspace): Promise<string> => {
  const path = join(dirname(stateFile), 'fingerprint.key')
  if (await files.exists(path)) return (await files.readText(path)).trim()
  const key = randomBytes(32).toString('hex')
  await files.writeText(path, `${key}\n`, { mode: 0o600 })
  return key
}

/** Tells keys apart; nobody finds the key by it. */
export const keyName = (key: string): string =>
  createHmac('sha256', key).update('name of this key').digest('hex').slice(0, 16)
