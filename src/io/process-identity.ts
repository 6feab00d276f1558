import { readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'

/** What the system tells; undefined where it has no /proc. */
const told = (read: () => string): string | undefined => {
  try {
    return read().trim()
  } catch {
    return undefined
  }
}

/** Boot of this machine and PID namespace: among processes with the same, a PID names one at a time. Undefined where the system does not tell. */
export const processOrigin = (): string | undefined => {
  const boot = told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const namespace = told(() => readlinkSync('/proc/self/ns/pid'))
  return boot === undefined || namespace === undefined ? undefined : `${boot} ${namespace}`
}

/** State and start time of a process, from the fields behind its name, which may hold blanks and brackets. */
const statOf = (pid: number): { readonly state: string; readonly started: string } | undefined => {
  const text = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const [state, ...fields] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? []
  const started = fields[18]
  return state === undefined || started === undefined ? undefined : { state, started }
}

/** When a process began, in the kernel's ticks since the boot; undefined where the system does not tell. */
export const processStart = (pid: number): string | undefined => statOf(pid)?.started

/** Signal 0 only asks. A process of another user exists too (EPERM). */
const answersSignal = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether a process is still there, and where `started` is given, whether it is the one that began then. A zombie does nothing any more. */
export const isProcessAlive = (pid: number, started?: string): boolean => {
  if (!answersSignal(pid)) return false
  const stat = statOf(pid)
  if (!stat) return true
  return !['Z', 'X'].includes(stat.state) && (started === undefined || started === stat.started)
}
