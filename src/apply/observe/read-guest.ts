import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Clock } from '../../io/io.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { type GuestIdentity, type GuestRef, guestPath } from '../../resource/guest.ts'
import { type HiddenKeys, maskedConfig } from '../../resource/hidden-keys.ts'
import type { RawConfig } from '../../resource/observed.ts'
import { type Answer, isUnreachable, type OutgoingRequest, type Server } from '../../resource/server.ts'
import type { SeenGuest } from '../journal.ts'

/** A guest's configuration as the server gives it: pending values in place of the running ones. */
export interface GuestView {
  readonly guest: GuestRef
  readonly digest: string
  readonly identity: GuestIdentity
  readonly raw: RawConfig
}

export type GuestReading =
  | { readonly kind: 'present'; readonly view: GuestView }
  | { readonly kind: 'absent' }
  /** `unreachable`: there was no answer at all, so asking later may help. */
  | {
      readonly kind: 'unreadable'
      readonly diagnostic: Diagnostic
      readonly message: string
      readonly unreachable: boolean
      /** There is a guest of this VMID, which the login may not see. */
      readonly hidden?: true
    }

export interface Asking {
  readonly server: Server
  readonly clock: Clock
  /** Waits before asking again when no answer comes. Milliseconds. */
  readonly waits: readonly number[]
  /** What is masked before anything is told or written down of it. */
  readonly hidden?: HiddenKeys
}

/** Sends a GET, again when the server could not be reached. */
export const ask = async (
  { server, clock, waits }: Asking,
  path: string,
  params: OutgoingRequest['params'] = {},
): Promise<Answer> => {
  let answer = await server.send({ method: 'GET', path, params })
  for (const wait of waits) {
    if (!isUnreachable(answer)) break
    await clock.sleep(wait)
    answer = await server.send({ method: 'GET', path, params })
  }
  return answer
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asText = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? '1' : '0') : typeof value === 'object' ? JSON.stringify(value) : String(value)

const viewOf = (guest: GuestRef, data: Readonly<Record<string, unknown>>, hidden?: HiddenKeys): GuestView => {
  const { digest, ...config } = data
  const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, asText(value)]))
  return {
    guest,
    digest: asText(digest ?? ''),
    identity: kindOfType(guest.type).identity(raw),
    raw: maskedConfig(raw, hidden?.get(guest.vmid)),
  }
}

/** PVE API: GET /cluster/nextid?vmid=N is answered with N where no guest has it, and refused where one has, seen or not. */
const isFree = async (asking: Asking, { vmid }: GuestRef): Promise<boolean> =>
  (await ask(asking, '/cluster/nextid', { vmid })).kind === 'answered'

/** Reads a guest's configuration; existence is decided by it alone, because the list of resources lags behind. */
export const readGuest = async (asking: Asking, guest: GuestRef): Promise<GuestReading> => {
  const answer = await ask(asking, `${guestPath(guest)}/config`)
  if (answer.kind === 'answered' && isRecord(answer.data))
    return { kind: 'present', view: viewOf(guest, answer.data, asking.hidden) }
  if (answer.kind === 'answered')
    return {
      kind: 'unreadable',
      unreachable: false,
      message: 'the answer holds no configuration',
      diagnostic: diagnose('apply.unreadable', {
        detail: `${guestPath(guest)}/config was answered without a configuration, so nothing is known of the guest.`,
      }),
    }
  if (answer.kind === 'refused' && answer.reason === 'no-such-guest') return { kind: 'absent' }
  const isHidden = answer.kind === 'refused' && answer.status === 403
  // Who has rights on a pool only may read no guest outside of it, whether there is one or not.
  if (isHidden && (await isFree(asking, guest))) return { kind: 'absent' }
  const message = answer.kind === 'refused' ? answer.message : 'no answer'
  return {
    kind: 'unreadable',
    diagnostic: answer.diagnostic,
    message,
    // A login that counts no more may count again: what was allowed before is not decided by that.
    unreachable: isUnreachable(answer) || (answer.kind === 'refused' && answer.status === 401),
    ...(isHidden && { hidden: true as const }),
  }
}

/** Whether a guest runs; undefined when the server does not say. */
export const readRunning = async (asking: Asking, guest: GuestRef): Promise<boolean | undefined> => {
  const answer = await ask(asking, `${guestPath(guest)}/status/current`)
  if (answer.kind !== 'answered' || !isRecord(answer.data)) return undefined
  return answer.data['status'] === 'running'
}

/** A guest's power, as a plan expects it; undefined when the server does not say. */
export const readPower = async (
  asking: Asking,
  guest: GuestRef,
): Promise<'running' | 'stopped' | 'paused' | undefined> => {
  const answer = await ask(asking, `${guestPath(guest)}/status/current`)
  if (answer.kind !== 'answered' || !isRecord(answer.data)) return undefined
  const { status, qmpstatus } = answer.data
  if (status === 'stopped') return 'stopped'
  if (status !== 'running') return undefined
  return qmpstatus === 'paused' ? 'paused' : 'running'
}

/** Names of a guest's snapshots; undefined when the server does not say. The pseudo entry `current` is left out. */
export const readSnapshots = async (asking: Asking, guest: GuestRef): Promise<readonly string[] | undefined> => {
  const answer = await ask(asking, `${guestPath(guest)}/snapshot`)
  if (answer.kind !== 'answered' || !Array.isArray(answer.data)) return undefined
  return answer.data
    .filter(isRecord)
    .map((entry) => asText(entry['name']))
    .filter((name) => name !== 'current')
}

/** What is worth writing down of a view: the keys a step touches. */
export const seenOf = (
  view: GuestView,
  keys: readonly string[],
  { running }: { readonly running?: boolean | undefined } = {},
): SeenGuest => ({
  digest: view.digest,
  identity: view.identity,
  values: Object.fromEntries([...new Set(keys)].sort().map((key) => [key, view.raw[key] ?? null])),
  ...(running !== undefined && { running }),
})
