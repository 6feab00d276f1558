import { dirname } from 'node:path'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Io } from '../io/io.ts'
import { SETTINGS_PATH, type Workspace } from './workspace.ts'

/** Who may write what we obey: we, root, and where we became root, who we were. */
const obeyed = ({ self, env }: Pick<Io, 'self' | 'env'>): ReadonlySet<number | undefined> => {
  const before = self.user === 0 ? Number(env['SUDO_UID']) : Number.NaN
  return new Set([undefined, 0, self.user, ...(Number.isInteger(before) ? [before] : [])])
}

/** The user whom settings, or the folder they lie in, belong to, when that is somebody whose files mpc does not obey. */
export const foreignOwner = async (
  io: Pick<Io, 'self' | 'env' | 'files'>,
  { settingsFile }: Workspace,
): Promise<number | undefined> => {
  if (io.self.user === undefined) return undefined
  const allowed = obeyed(io)
  const owners = await Promise.all([settingsFile, dirname(settingsFile)].map((path) => io.files.owner(path)))
  return owners.find((owner) => !allowed.has(owner))
}

/** Why they are not obeyed, and what can be done. */
export const foreignSettings = (owner: number, user: number | undefined, root: string, hash: string): Diagnostic =>
  diagnose('project.foreign-settings', {
    detail: `${SETTINGS_PATH} in "${root}" belongs to user ${owner}, and mpc runs as user ${user}: its settings are not used. Run mpc as its owner, make the file yours (chown), or trust exactly what it contains now:`,
    hint: `export MPC_TRUST=${hash}`,
  })
