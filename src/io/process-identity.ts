import { readFileSync, readlinkSync } from 'node:fs'

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

/** Whether it has ended, or is another process than the one that began then. A zombie does nothing any more. */
export const hasEnded = (pid: number, started: string | undefined): boolean => {
  const stat = statOf(pid)
  return stat !== undefined && (['Z', 'X'].includes(stat.state) || (started !== undefined && started !== stat.started))
}
