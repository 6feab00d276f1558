import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { isatty } from 'node:tty'
import type { Clock, Io, Output } from './io.ts'
import { nodeFiles } from './node-files.ts'
import { nodeInput } from './node-input.ts'
import { hasEnded, processOrigin, processStart } from './process-identity.ts'

type Ending = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly Ending[]

/** Why `Io.signal` is aborted: a person or the system asked the process to stop. */
class Interrupted extends Error {
  readonly by: Ending

  constructor(by: Ending) {
    super(`interrupted by ${by}`)
    this.name = 'Interrupted'
    this.by = by
  }
}

/** Standard error as it is, whatever still waits to be written there; a terminal that has gone is told nothing. */
const sayAtOnce = (text: string): void => {
  try {
    writeSync(2, text)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}

interface Interruption extends Pick<Io, 'signal' | 'onLeave'> {
  readonly interrupt: (by: Ending) => void
}

/**
 * The first signal asks politely, a second one ends the process as usual, after the last words. We keep listening in between: a listener that
 * finds itself the last one (Ink's does) takes it for its task to end the process at the first.
 */
const interruption = (): Interruption => {
  const controller = new AbortController()
  const lastWords = new Set<() => string>()
  const interrupt = (by: Ending) => {
    if (!controller.signal.aborted) {
      controller.abort(new Interrupted(by))
      return
    }
    for (const words of lastWords) sayAtOnce(words())
    for (const ending of ENDINGS) process.off(ending, interrupt)
    process.kill(process.pid, by)
  }
  for (const ending of ENDINGS) process.on(ending, interrupt)
  const onLeave: Io['onLeave'] = (words) => {
    lastWords.add(words)
    return () => void lastWords.delete(words)
  }
  return { signal: controller.signal, interrupt, onLeave }
}

const sleep: Clock['sleep'] = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', abort, { once: true })
  })

/** The clock of this machine. */
const nodeClock: Clock = { now: () => new Date(), monotonic: () => performance.now(), sleep }

/** A reader or a terminal that went away must not end a run half-way: what it would have read is dropped. */
const tolerateClosedPipe = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

const output = (stream: () => NodeJS.WriteStream, descriptor: number): Output => {
  let opened: NodeJS.WriteStream | undefined
  const open = (): NodeJS.WriteStream => {
    if (!opened) {
      opened = stream()
      tolerateClosedPipe(opened)
    }
    return opened
  }
  return {
    write: (text) => void open().write(text),
    isTerminal: isatty(descriptor),
    get columns() {
      return open().columns || 80
    },
  }
}

const OUTPUT_LIMIT = 1024 * 1024

const run: Io['run'] = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['inherit', 'pipe', 'pipe'], shell: false, windowsHide: true })
    const taken = { stdout: '', stderr: '' }
    const take = (name: 'stdout' | 'stderr') => (chunk: string) => {
      taken[name] += chunk
      if (taken[name].length > OUTPUT_LIMIT) child.kill()
    }
    child.stdout.setEncoding('utf8').on('data', take('stdout'))
    child.stderr.setEncoding('utf8').on('data', take('stderr'))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(taken.stdout)
      const why = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
      const said = taken.stderr.trim()
      reject(new Error(said === '' ? `${command} ${why}` : `${command} ${why}: ${said}`))
    })
  })

/** Signal 0 only asks. A process of another user exists too (EPERM). */
const answersSignal = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Looked up when a lease is taken, not at every start. */
/** A container may run under a user that its system has no name for. */
const loginName = (): string | undefined => {
  try {
    return userInfo().username
  } catch {
    return process.getuid?.().toString()
  }
}

const ourselves = (): Io['self'] => ({
  pid: process.pid,
  host: hostname(),
  user: process.getuid?.(),
  get login() {
    return loginName()
  },
  get origin() {
    return processOrigin()
  },
  get started() {
    return processStart(process.pid)
  },
  isAlive: (pid, started) => answersSignal(pid) && !hasEnded(pid, started),
})

/**
 * The real process as an `Io`. Call it once: it takes over SIGINT, SIGTERM and SIGHUP (the first aborts `signal` with `Interrupted`, a
 * second ends the process). Standard streams are opened when first used.
 */
export const nodeIo = (): Io => {
  const { signal, interrupt, onLeave } = interruption()
  return {
    env: process.env,
    cwd: process.cwd(),
    args: process.argv.slice(2),
    platform: process.platform,
    files: nodeFiles,
    clock: nodeClock,
    stdin: nodeInput({
      input: () => process.stdin,
      output: () => process.stderr,
      isTerminal: isatty(0),
      signal,
      interrupt: () => interrupt('SIGINT'),
    }),
    stdout: output(() => process.stdout, 1),
    stderr: output(() => process.stderr, 2),
    signal,
    onLeave,
    self: ourselves(),
    run,
    terminal: {
      get stdin() {
        return process.stdin
      },
      get stdout() {
        return process.stdout
      },
      get stderr() {
        return process.stderr
      },
    },
  }
}
