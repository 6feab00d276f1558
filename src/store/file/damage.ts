import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { shellWord } from '../../util/shell-word.ts'
import { backupNames } from './backup-files.ts'

const latestCopy = async (path: string): Promise<string | undefined> => {
  const folder = join(dirname(path), 'backups')
  const names = await readdir(folder).catch(() => [])
  const latest = backupNames(names).at(-1)
  return latest === undefined ? undefined : join(folder, latest)
}

/**
 * What to do about a state that cannot be read. SQLite's own files beside it have to go with it: they would be played into whatever takes its
 * place.
 */
export const damagedState = async (path: string, what: string): Promise<Diagnostic> => {
  const copy = await latestCopy(path)
  const bindings = `Only this file says which guests mpc manages: after ${copy === undefined ? 'this' : 'starting without a copy'}, \`mpc plan\` refuses to create them a second time and names the \`mpc import\` command that binds them again.`
  const restore =
    copy === undefined
      ? `There is no copy of it, so it has to be rebuilt. ${bindings}`
      : `Its latest copy is ${basename(copy)}; leave that line out to start without one. ${bindings}`
  return diagnose('store.damaged', {
    detail: `${path} is damaged: ${what}. Nothing on the cluster depends on it. ${restore}`,
    hint: [
      `mv ${shellWord(path)} ${shellWord(`${path}.damaged`)}`,
      `rm -f ${shellWord(`${path}-wal`)} ${shellWord(`${path}-shm`)}`,
      ...(copy === undefined ? [] : [`cp ${shellWord(copy)} ${shellWord(path)}`]),
      'mpc sync',
    ].join('\n'),
  })
}
