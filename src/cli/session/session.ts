import { resolve } from 'node:path'
import { type ApplyDependencies, DEFAULT_PATIENCE } from '../../apply/apply-dependencies.ts'
import { diagnose, hasErrors } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { readOnlyProblem } from '../../plan/guards.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Settings } from '../../project/settings.ts'
import { openWorkspace, type Workspace } from '../../project/workspace.ts'
import type { ProxmoxClient } from '../../proxmox/client.ts'
import type { Sources } from '../../render/diagnostic-text.ts'
import { isSecret } from '../../resource/config-value.ts'
import type { Vmid } from '../../resource/guest.ts'
import { hiddenInBindings, hiddenInSteps, MASK, maskedConfig } from '../../resource/hidden-keys.ts'
import type { Observed, ObservedGuest, ObservedRights } from '../../resource/observed.ts'
import type { Lease } from '../../store/lease-store.ts'
import { openStore, type Store } from '../../store/open-store.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext } from '../program/command-context.ts'
import { ensureTrusted, refuseForeign } from './ask-trust.ts'
import { connect } from './connect.ts'
import { recorded } from './keep-record.ts'

/** The cluster as it was read at a moment (ISO 8601). */
export interface Picture {
  readonly observed: Observed
  readonly syncedAt: string
}

/** Everything an apply needs of the world but the plan's secrets. */
export type WritingWorld = Omit<ApplyDependencies, 'secrets'>

/** A command's hold on a workspace: its settings, its state, and the server once it is needed. */
export interface Session {
  /** The folder declarations are read from. */
  readonly folder: string
  readonly workspace: Workspace
  readonly settings: Settings
  /** The texts of the settings, to show a place in them. */
  readonly sources: Sources
  readonly store: Store
  /**
   * A client that can only read: whatever goes wrong above it, nothing is changed. Connects when first asked for; throws a DiagnosticError when
   * the credentials or the endpoint are missing.
   */
  readonly reader: () => Promise<ProxmoxClient>
  /** Reads the whole cluster into the state; warnings are reported. Writes nothing to the cluster. */
  readonly sync: (options?: { readonly addresses?: boolean }) => Promise<Picture>
  /** What the login may do now. */
  readonly rights: () => Promise<ObservedRights | undefined>
  /** Reads again what a plan may have touched. */
  readonly refresh: (plan: Plan) => Promise<void>
  /**
   * The picture with the addresses of these guests read again, kept in the state; the same picture when this command has read nothing else of
   * the cluster, or none of them answers.
   */
  readonly tellAddresses: (observed: Observed, vmids: ReadonlySet<Vmid>) => Promise<Observed>
  /** Does something that changes what the state says is managed, as the only one that changes anything in this workspace. */
  readonly alone: <T>(purpose: string, work: (lease: Lease) => Promise<T>) => Promise<T>
  /** Does something that changes the cluster, as the only one to do so in this workspace. */
  readonly write: <T>(purpose: string, work: (world: WritingWorld) => Promise<T>) => Promise<T>
}

const touchedBy = ({ steps }: Plan): ReadonlySet<number> =>
  new Set(steps.flatMap(({ guest }) => (guest ? [guest.vmid as number] : [])))

/** Keys of each guest that a plan sets to a secret: the server shows no difference between two. */
const secretsWrittenBy = ({ steps }: Plan): ReadonlyMap<number, readonly string[]> => {
  const written = new Map<number, readonly string[]>()
  for (const { guest, requests } of steps) {
    const keys = requests.flatMap(({ params = {} }) =>
      Object.entries(params).flatMap(([key, value]) => (isSecret(value) ? [key] : [])),
    )
    if (guest && keys.length > 0) written.set(guest.vmid, [...(written.get(guest.vmid) ?? []), ...keys])
  }
  return written
}

/** What declarations keep secret is written down nowhere, also where the server shows it to everybody. */
const hideSecrets = async (store: Store, observed: Observed): Promise<Observed> => {
  const unfinished = await store.runs.unfinished()
  const all = [
    hiddenInBindings(await store.bindings.all()),
    ...unfinished.map(({ plan }) => hiddenInSteps(plan.steps)),
  ].filter(({ size }) => size > 0)
  if (all.length === 0) return observed
  const hide = (guest: ObservedGuest): ObservedGuest => {
    const keys = new Set(all.flatMap((hidden) => [...(hidden.get(guest.vmid) ?? [])]))
    if (keys.size === 0) return guest
    const pending = Object.entries(guest.pending).map(([key, change]) => [
      key,
      keys.has(key) && change.value !== undefined ? { value: MASK } : change,
    ])
    return { ...guest, current: maskedConfig(guest.current, keys), pending: Object.fromEntries(pending) }
  }
  return { ...observed, guests: observed.guests.map(hide) }
}

const readCluster = async (
  context: CommandContext,
  { store, settings, reader }: Pick<Session, 'store' | 'settings' | 'reader'>,
  { after, addresses = false }: { readonly after?: Plan; readonly addresses?: boolean } = {},
): Promise<Picture> => {
  const { clock, signal } = context.io
  const { syncCluster } = await import('../../sync/sync-cluster.ts')
  const { otherCluster } = await import('../../sync/same-cluster.ts')
  const previous = await store.observations.latest()
  const started = clock.monotonic()
  const now = clock.now().toISOString()
  const client = await reader()
  const only = after && touchedBy(after)
  const { observed: seen, diagnostics } = await syncCluster(client, {
    now,
    principal: client.principal,
    ...(after && { written: secretsWrittenBy(after) }),
    ...(previous && { previous }),
    ...(only && { only }),
    addresses,
    ...(settings.tls.fingerprint !== undefined && { fingerprint: settings.tls.fingerprint }),
    signal,
  })
  const other = otherCluster(previous?.observed, seen)
  if (other) throw new DiagnosticError([other])
  const observed = await hideSecrets(store, seen)
  if (previous && !only) await store.backup('sync')
  await store.observations.save(observed, now, clock.monotonic() - started)
  context.report(diagnostics)
  return { observed, syncedAt: now }
}

const askAddresses = async (
  context: CommandContext,
  { store, reader }: Pick<Session, 'store' | 'reader'>,
  observed: Observed,
  vmids: ReadonlySet<Vmid>,
): Promise<Observed> => {
  const { readAddresses, withAddresses } = await import('../../sync/read-addresses.ts')
  const { clock, signal } = context.io
  const guests = observed.guests.filter(({ vmid }) => vmids.has(vmid))
  const now = clock.now().toISOString()
  const { addresses, diagnostics } = await readAddresses(await reader(), guests, { now, signal })
  context.report(diagnostics)
  if (addresses.size === 0) return observed
  await store.observations.keepAddresses(addresses)
  return { ...observed, guests: withAddresses(observed.guests, addresses) }
}

const makeSession = (
  context: CommandContext,
  folder: string,
  workspace: Workspace,
  { settings, sources, synced }: Pick<Session, 'settings' | 'sources'> & { readonly synced: string[] },
  store: Store,
): { readonly session: Session; readonly close: () => Promise<void> } => {
  // A command that works on the last sync's picture asks the server nothing.
  let isFresh = false
  const opened: { reader?: Promise<ProxmoxClient>; writer?: Promise<ProxmoxClient> } = {}
  const trusting = async (readOnly: boolean) => {
    await ensureTrusted(context, workspace.root, settings)
    return connect(context, workspace.root, settings, { readOnly })
  }
  const reader = () => {
    opened.reader ??= trusting(true)
    return opened.reader
  }
  const writer = () => {
    opened.writer ??= trusting(false)
    return opened.writer
  }
  const read = async (options: Parameters<typeof readCluster>[2]): Promise<Picture> => {
    isFresh = true
    const picture = await readCluster(context, session, options)
    synced.push(picture.syncedAt)
    return picture
  }
  const session: Session = {
    folder,
    workspace,
    settings,
    sources,
    store,
    reader,
    sync: (options) => read(options),
    rights: async () => {
      const { readRights } = await import('../../sync/read-facts.ts')
      const client = await reader()
      return readRights(client, client.principal, context.io.signal)
    },
    refresh: async (plan) => {
      await read({ after: plan })
    },
    tellAddresses: async (observed, vmids) => (isFresh ? askAddresses(context, session, observed, vmids) : observed),
    alone: async (purpose, work) => {
      const { value: lease, diagnostics } = await store.leases.acquire(purpose)
      if (!lease) throw new DiagnosticError(diagnostics)
      try {
        return await work(lease)
      } finally {
        await lease.release()
      }
    },
    write: async (purpose, work) => {
      const forbidden = readOnlyProblem(settings.guards)
      if (forbidden) throw new DiagnosticError([forbidden])
      return session.alone(purpose, async (lease) => {
        const { clock, signal } = context.io
        const { taskTimeout } = settings.defaults
        const patience = {
          ...DEFAULT_PATIENCE,
          ...(taskTimeout !== undefined && { task: taskTimeout * 60_000 }),
        }
        return work({ server: await writer(), journal: store.journal(lease), clock, signal, patience })
      })
    },
  }
  const close = async () => {
    for (const settled of await Promise.allSettled(Object.values(opened)))
      if (settled.status === 'fulfilled') settled.value.close()
  }
  return { session, close }
}

/** Where the command was told to look: -C, or where it was started. */
export const folderOf = ({ io, global }: CommandContext): string => resolve(io.cwd, global.chdir ?? '.')

/** Opens the workspace, does the work, and closes everything again whatever happens. */
export const withSession = async (
  context: CommandContext,
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const folder = folderOf(context)
  const { workspace, settings, diagnostics, sources } = await openWorkspace(context.io.files, folder)
  context.report(diagnostics, sources)
  if (!workspace || !settings || hasErrors(diagnostics)) return EXIT.error
  await refuseForeign(context, workspace, settings)
  const store = await openStore(workspace.stateFile, { clock: context.io.clock, holder: context.io.self })
  const synced: string[] = []
  const { session, close } = makeSession(context, folder, workspace, { settings, sources, synced }, store)
  try {
    return await recorded(context, store, synced, () => work(session))
  } finally {
    await close()
    await store.close()
  }
}

/** The last sync's picture. Throws a diagnostic before the first. */
export const lastSync = async ({ store }: Pick<Session, 'store'>): Promise<Picture> => {
  const latest = await store.observations.latest()
  if (latest) return latest
  throw new DiagnosticError([
    diagnose('cli.not-synced', {
      detail: 'mpc has not read this cluster yet, so there is nothing to compare the declarations with.',
      hint: 'mpc sync',
    }),
  ])
}
