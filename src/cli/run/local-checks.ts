import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { FileHealth } from '../../store/file/file-health.ts'
import { shellWord } from '../../util/shell-word.ts'

/** What every sync and run wants free beside the state's own copies. */
const LEAST_ROOM = 100 * 2 ** 20
const COPIES = 3

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MB`

/** Files that are open to others, and a disk that will soon be full. */
export const fileFindings = ({ open, room, size }: FileHealth): readonly Diagnostic[] => {
  const wanted = Math.max(LEAST_ROOM, COPIES * size)
  const modes = open.map(({ path, mode }) => `- ${path} has mode ${mode.toString(8).padStart(4, '0')}`)
  return [
    ...(open.length === 0
      ? []
      : [
          diagnose('doctor.open-files', {
            detail: `The state, its copies and the audit log show how the cluster is built, and are for you alone:\n${modes.join('\n')}`,
            hint: `chmod go-rwx ${open.map(({ path }) => shellWord(path)).join(' ')}`,
          }),
        ]),
    ...(room >= wanted
      ? []
      : [
          diagnose('doctor.little-room', {
            detail: `${megabytes(room)} are free where the state lies, and mpc wants ${megabytes(wanted)} for it and its copies. A run whose state cannot be written is suspended. Make room on that disk.`,
          }),
        ]),
  ]
}
