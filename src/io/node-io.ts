import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import { isatty } from 'node:tty'
import type { Clock, Io, Output } from './io.ts'
import { nodeFiles } from './node-files.ts'
import { nodeInput } from './node-input.ts'
import { hasEnded, processOrigin, processStart } from './process-identity.ts'

/** Why `Io.signal` is aborted: a person or the system asked the process to stop. */
export class Interrupted extends Error {
  readonly by: 'SIGINT' | 'SIGTERM'

  constructor(by: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${by}`)
    this.name = 'Interrupted'
    this.by = by
  }
}

/**
 * The first signal asks politely, a second one ends the process as usual. We keep listening in between: a listener that finds itself the
 * last one (Ink's does) takes it for its task to end the process at the first.
 */
const interruption = (): { readonly signal: AbortSignal; readonly interrupt: (by: 'SIGINT' | 'SIGTERM') => void } => {
  const controller = new AbortController()
  const interrupt = (by: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      process.kill(process.pid, by)
      return
    }
    controller.abort(new Interrupted(by))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return { signal: controller.signal, interrupt }
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

/** A reader that went away (`mpc plan | head`) must not end a run half-way: what it would have read is dropped. */
const tolerateClosedPipe = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
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
const ourselves = (): Io['self'] => ({
  pid: process.pid,
  host: hostname(),
  user: process.getuid?.(),
  get origin() {
    return processOrigin()
  },
  get started() {
    return processStart(process.pid)
  },
  isAlive: (pid, started) => answersSignal(pid) && !hasEnded(pid, started),
})

/**
 * The real process as an `Io`. Call it once: it takes over SIGINT and SIGTERM (the first aborts `signal` with `Interrupted`, a
 * second ends the process). Standard streams are opened when first used.
 */
export const nodeIo = (): Io => {
  const { signal, interrupt } = interruption()
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
