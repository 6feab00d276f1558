import { resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/start.ts'
import type { ClusterDescription } from '../../simulator/twin/description.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { numberOption } from '../program/number-option.ts'

type Options = CommandOptions<'simulate'>

const PORT = { least: 0, most: 65_535 }
const COUNT = { least: 1, most: 100_000 }

const speedOf = (options: Options): number | undefined => {
  const text = options.speed
  if (text === undefined) return undefined
  const speed = Number(text)
  if (speed > 0) return speed
  throw new DiagnosticError([
    diagnose('cli.bad-option', { detail: `--speed takes a number above 0 (1 is real time), not "${text}".` }),
  ])
}

/** The cluster a text describes, or all that is wrong with it. */
const describedBy = async (text: string): Promise<ClusterDescription | readonly string[]> => {
  const [{ parse }, { parseDescription }] = await Promise.all([
    import('yaml'),
    import('../../simulator/twin/parse-description.ts'),
  ])
  try {
    return parseDescription(parse(text, { merge: true }))
  } catch (error) {
    // The library throws syntax errors by its own class, unknown anchors and multiplying ones as ReferenceError.
    if (error instanceof Error && ['YAMLParseError', 'ReferenceError'].includes(error.name))
      return [error.message.trim()]
    throw error
  }
}

const readDescription = async ({ io }: CommandContext, file: string): Promise<ClusterDescription> => {
  const description = await describedBy(await io.files.readText(resolve(io.cwd, file)))
  if (!Array.isArray(description)) return description as ClusterDescription
  throw new DiagnosticError([
    diagnose('cli.bad-cluster-file', {
      detail: `${file} does not describe a cluster:\n${description.map((problem) => `- ${problem.replaceAll('\n', '\n  ')}`).join('\n')}`,
    }),
  ])
}

const readState = async ({ io }: CommandContext, file: string): Promise<ClusterDescription> => {
  const [{ openStore }, { describeCluster }] = await Promise.all([
    import('../../store/open-store.ts'),
    import('../session/describe-cluster.ts'),
  ])
  const store = await openStore(resolve(io.cwd, file), { clock: io.clock, holder: io.self })
  try {
    const latest = await store.observations.latest()
    if (latest) return describeCluster(latest.observed)
  } finally {
    await store.close()
  }
  throw new DiagnosticError([
    diagnose('cli.not-synced', { detail: `${file} holds no synced cluster to copy.`, hint: 'mpc sync' }),
  ])
}

/** The cluster that a file describes, when one is named. A missing file is an expected mistake. */
const clusterFrom = async (context: CommandContext, options: Options): Promise<ClusterDescription | undefined> => {
  const from = options.from
  const state = options.fromState
  const file = from ?? state
  if (file === undefined) return undefined
  if (!(await context.io.files.exists(resolve(context.io.cwd, file))))
    throw new DiagnosticError([diagnose('cli.no-such-file', { detail: `There is no file "${file}". Check the path.` })])
  return from === undefined ? readState(context, file) : readDescription(context, file)
}

const optionsFor = (context: CommandContext, options: Options, record: (line: string) => void): SimulatorOptions => {
  const nodes = numberOption(options, 'nodes', COUNT)
  const guests = numberOption(options, 'guests', COUNT)
  const speed = speedOf(options)
  return {
    profile: options.profile === 'recorded' ? 'recorded' : 'homelab',
    ...(nodes !== undefined && { nodes }),
    ...(guests !== undefined && { guests }),
    seed: numberOption(options, 'seed', { least: 0, most: 2 ** 31 }) ?? 7,
    port: numberOption(options, 'port', PORT) ?? 8006,
    http: options.http === true,
    ...(speed !== undefined && { speed }),
    ...(context.io.env['MPC_SIMULATOR_TOKEN'] !== undefined && {
      token: context.io.env['MPC_SIMULATOR_TOKEN'] ?? '',
    }),
    ...(options.record !== undefined && {
      onExchange: (seen, answer) => record(`${JSON.stringify({ ...seen, answer })}\n`),
    }),
  }
}

const start = async (options: SimulatorOptions): Promise<Simulator> => {
  try {
    return await startSimulator(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    throw new DiagnosticError([
      diagnose('cli.cannot-listen', {
        detail: `Port ${options.port} on 127.0.0.1 is ${code === 'EACCES' ? 'not allowed for this user' : 'in use by another program'}. Choose another with --port, or --port 0 for any free one.`,
      }),
    ])
  }
}

export const readyText = ({ url, fingerprint, token }: Simulator): string =>
  [
    `Simulated Proxmox VE is ready at ${url}`,
    '',
    'In another terminal, in an empty folder:',
    '',
    `  export PROXMOX_VE_ENDPOINT=${url}`,
    `  export PROXMOX_VE_API_TOKEN='${token}'`,
    ...(fingerprint === '' ? [] : [`  mpc init --endpoint ${url} --fingerprint ${fingerprint}`]),
    '',
    'Ends on Ctrl-C.',
    '',
  ].join('\n')

/** Waits for SIGINT or SIGTERM. */
const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolveStopped) => {
    if (signal.aborted) resolveStopped()
    else signal.addEventListener('abort', () => resolveStopped(), { once: true })
  })

export const run: RunCommand<'simulate'> = async (context, { options }) => {
  const { io, global, print, printJson } = context
  const file = options.record
  const writing = { last: Promise.resolve() }
  const record = (line: string) => {
    if (file !== undefined) writing.last = writing.last.then(() => io.files.appendText(resolve(io.cwd, file), line))
  }
  const from = await clusterFrom(context, options)
  const simulator = await start({ ...optionsFor(context, options, record), ...(from && { from }) })
  const { url, fingerprint, token } = simulator
  if (global.json) printJson({ type: 'ready', url, token, ...(fingerprint !== '' && { fingerprint }) })
  else print(readyText(simulator))
  await untilStopped(io.signal)
  await simulator.stop()
  await writing.last
  return EXIT.done
}
