import { type Diagnostic, hasErrors } from '../../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../../diagnostic/diagnostic-error.ts'
import { planChanges } from '../../../plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../../plan/plan-options.ts'
import type { Observed } from '../../../resource/observed.ts'
import { counted } from '../../../util/counted.ts'
import { EXIT, type ExitCode } from '../../exit-code.ts'
import type { CommandContext, CommandInput, RunCommand } from '../../program/command-context.ts'
import type { CommandOptions } from '../../program/command-table.ts'
import { fileFindings } from '../../run/local-checks.ts'
import { explainMissing } from '../../run/rights-advice.ts'
import { bindingFindings, clockFindings, ruleFindings } from '../../run/server-checks.ts'
import { unfinishedDiagnostic } from '../../run/unfinished.ts'
import { readDeclarations } from '../../session/read-declarations.ts'
import { type Session, withSession } from '../../session/session.ts'

type Input = CommandInput<CommandOptions<'doctor'>>

interface Check {
  readonly name: string
  readonly findings: readonly Diagnostic[]
}

/** Problems of the outside world are findings as well. */
const looked = async (name: string, look: () => Promise<readonly Diagnostic[]>): Promise<Check> => {
  try {
    return { name, findings: await look() }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return { name, findings: error.diagnostics }
  }
}

const localChecks = async ({ store }: Session): Promise<readonly Check[]> => [
  await looked('state and audit log', () => store.check()),
  await looked('files and disk', async () => fileFindings(await store.fileHealth())),
  await looked('runs', async () =>
    (await store.leases.otherHolder()) ? [] : (await store.runs.unfinished()).map(unfinishedDiagnostic),
  ),
]

/** What the login lacks for what the declarations ask for now; declarations that are wrong are reported as they are read. */
const rightsFindings = async (
  context: CommandContext,
  session: Session,
  input: Input,
  observed: Observed,
): Promise<readonly Diagnostic[]> => {
  const { store, settings } = session
  const loaded = await readDeclarations(context, session, input, observed, { ask: false, mayBeEmpty: true })
  if (!loaded) return []
  const { value: plan, diagnostics } = planChanges(loaded.desired, observed, await store.bindings.all(), {
    ...DEFAULT_PLAN_OPTIONS,
    vmids: settings.defaults.vmids,
    ...(settings.defaults.backupStorage !== undefined && { backupStorage: settings.defaults.backupStorage }),
  })
  const missing = plan && explainMissing(plan, observed, 'cli.rights-missing')
  return [...diagnostics.filter(({ severity }) => severity === 'error'), ...(missing ? [missing] : [])]
}

const serverChecks = async (context: CommandContext, session: Session, input: Input): Promise<readonly Check[]> => {
  const { store, settings } = session
  const seen: { observed?: Observed } = {}
  const reached = await looked('connection', async () => {
    seen.observed = (await session.sync()).observed
    return []
  })
  const { observed } = seen
  if (!observed) return [reached]
  const client = await session.reader()
  return [
    reached,
    await looked('clocks', () => clockFindings(client, observed, context.io.clock)),
    await looked('bindings', async () => bindingFindings(await store.bindings.all(), observed)),
    await looked('protection', async () => ruleFindings(settings.guards, observed)),
    await looked('rights', () => rightsFindings(context, session, input, observed)),
  ]
}

/** What mpc keeps on the cluster by its own records: no fault, but room that is taken. */
const keptBy = async ({ store }: Session) => {
  const { observed } = (await store.observations.latest()) ?? {}
  const there = new Map(observed?.guests.map((guest) => [guest.vmid, guest]))
  const snapshots = (await store.runs.safetySnapshots()).filter(({ guest, name }) =>
    there.get(guest.vmid)?.snapshots?.includes(name),
  )
  const retained = observed?.guests.filter(({ current }) =>
    /(?:^|[;, ])mpc-retained(?:$|[;, ])/.test(current['tags'] ?? ''),
  )
  return {
    snapshots: snapshots.map(({ guest, name }) => `${guest.vmid}: ${name}`),
    retained: (retained ?? []).map(({ vmid, name }) => `${vmid} (${name})`),
  }
}

const keptText = ({ snapshots, retained }: Awaited<ReturnType<typeof keptBy>>): string =>
  [
    ...(snapshots.length > 0
      ? [`Kept to undo earlier runs: ${counted(snapshots.length, 'snapshot')}: ${snapshots.join(', ')}\n`]
      : []),
    ...(retained.length > 0 ? [`Retained instead of destroyed: ${retained.join(', ')}\n`] : []),
  ].join('')

const tell = async (context: CommandContext, session: Session, checks: readonly Check[]): Promise<ExitCode> => {
  const { global, print, printJson, report } = context
  for (const { findings } of checks) report(findings, session.sources)
  const kept = await keptBy(session)
  const isWell = context.problems.size === 0 && checks.every(({ findings }) => findings.length === 0)
  const results = checks.map(({ name, findings }) => ({ name, findings: findings.length, errors: hasErrors(findings) }))
  if (global.json) printJson({ type: 'doctor', healthy: isWell, checks: results, kept })
  else {
    const lines = results.map(
      ({ name, findings }) =>
        `${findings === 0 ? 'ok  ' : '!!  '} ${name}${findings === 0 ? '' : `: ${counted(findings, 'finding')}`}\n`,
    )
    print(`${lines.join('')}${keptText(kept)}`)
  }
  return isWell ? EXIT.done : EXIT.error
}

export const run: RunCommand<'doctor'> = (context, input) =>
  withSession(context, async (session) => {
    const local = await localChecks(session)
    return tell(context, session, [...local, ...(await serverChecks(context, session, input))])
  })
