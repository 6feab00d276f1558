/** Which requests a fault is for; what is left out matches everything. */
export type RequestPattern = {
  /** `GET`, `POST` … */
  readonly method?: string
  /** Path below /api2/json; `*` stands for one part or some of it, `**` for any rest. */
  readonly path?: string
  /** Parameters that must be there with these values; `*` for any value. */
  readonly params?: Readonly<Record<string, string>>
}

/** Which tasks a fault is for. */
export type TaskPattern = {
  /** `qmstart`, `vzdump` … */
  readonly type?: string
  /** The task's id: a VMID, mostly. */
  readonly id?: string | number
  readonly node?: string
}

/** When an effect is there: as soon as the task has been started (the default), or when it has ended. */
export type Moment = 'started' | 'ended'

/** What goes wrong. Times are real milliseconds. */
export type FaultAction =
  /** The request waits before it is handled, or (`after`) its answer waits when it has taken effect. */
  | { readonly kind: 'latency'; readonly ms: number; readonly after?: boolean }
  /** Answered with this status instead of being handled: 500, 595 (node unreachable), 596, 599 … */
  | { readonly kind: 'http-error'; readonly status: number; readonly reason?: string }
  /** The connection is dropped before the request is handled. */
  | { readonly kind: 'reset-before' }
  /** The connection is dropped when the request has taken effect: the answer is lost. */
  | { readonly kind: 'reset-after'; readonly when?: Moment }
  /** Answered with this status although the request has taken effect. */
  | { readonly kind: 'error-after'; readonly status: number; readonly reason?: string; readonly when?: Moment }
  /** Answered 200 with `data: null`: instead of being handled, or (`effect`) when it has taken effect. */
  | { readonly kind: 'null-answer'; readonly effect?: boolean; readonly when?: Moment }
  | { readonly kind: 'truncated-body'; readonly bytes?: number }
  | { readonly kind: 'slow-body'; readonly ms: number }
  /**
   * The task ends with this text: at its nth step (a log line or a piece of work), before the first (0), or at its end when all is
   * done ('end', the default; for vzdump the guest's first line, since a failed one leaves nothing). A step that is never reached counts as the end.
   */
  | { readonly kind: 'task-fails'; readonly task?: TaskPattern; readonly step?: number | 'end'; readonly text?: string }
  /** The task runs for ever, or until it is stopped. */
  | { readonly kind: 'task-hangs'; readonly task?: TaskPattern }
  /** The guest's configuration file is locked: others wait, then fail with `got timeout`. */
  | { readonly kind: 'lock-held'; readonly vmid: number }
  /** The guest's configuration has a `lock`. */
  | { readonly kind: 'config-lock'; readonly vmid: number; readonly lock: string }
  | { readonly kind: 'storage-full'; readonly storage: string; readonly node?: string }
  | { readonly kind: 'node-offline'; readonly node: string }
  | { readonly kind: 'quorum-lost' }
  /** The node's clock is that many seconds ahead (negative: behind): task times, /nodes/{node}/time, backups and snapshots follow it. */
  | { readonly kind: 'clock-skew'; readonly node: string; readonly seconds: number }
  | { readonly kind: 'ticket-expired' }
  | { readonly kind: 'token-revoked'; readonly token: string }
  /** The guest does not let go of devices that are unplugged while it runs. */
  | { readonly kind: 'unplug-ignored'; readonly vmid: number }
  /** Somebody else changes a guest's configuration just before the request is handled. */
  | {
      readonly kind: 'concurrent-edit'
      readonly vmid: number
      readonly set?: Readonly<Record<string, string>>
      readonly delete?: readonly string[]
    }

/**
 * A fault to be added. Faults of requests and tasks happen `times` times (once unless told; 0 for always) after `skip` matches.
 * Faults of the cluster's state (lock, storage, node, clock, quorum, token, guest) begin with the first matching request, or at once when `on` is left
 * out, and last until they are removed.
 */
export type FaultSpec = FaultAction & { readonly on?: RequestPattern; readonly skip?: number; readonly times?: number }

export type FaultKind = FaultAction['kind']

/** What each kind needs, by key: the type of the value. */
const faultKinds = {
  latency: { ms: 'number' },
  'http-error': { status: 'number' },
  'reset-before': {},
  'reset-after': {},
  'error-after': { status: 'number' },
  'null-answer': {},
  'truncated-body': {},
  'slow-body': { ms: 'number' },
  'task-fails': {},
  'task-hangs': {},
  'lock-held': { vmid: 'number' },
  'config-lock': { vmid: 'number', lock: 'string' },
  'storage-full': { storage: 'string' },
  'node-offline': { node: 'string' },
  'quorum-lost': {},
  'clock-skew': { node: 'string', seconds: 'number' },
  'ticket-expired': {},
  'token-revoked': { token: 'string' },
  'unplug-ignored': { vmid: 'number' },
  'concurrent-edit': { vmid: 'number' },
} as const satisfies Readonly<Record<FaultKind, Readonly<Record<string, 'number' | 'string'>>>>

const isKind = (kind: unknown): kind is FaultKind => typeof kind === 'string' && Object.hasOwn(faultKinds, kind)

/** Reads a fault out of JSON; a text says what is wrong with it. */
export const parseFault = (value: unknown): FaultSpec | string => {
  if (value === null || typeof value !== 'object') return 'a fault is an object'
  const given = value as Readonly<Record<string, unknown>>
  const kind = given['kind']
  if (!isKind(kind)) return `unknown kind of fault; there are: ${Object.keys(faultKinds).join(', ')}`
  for (const [key, type] of Object.entries(faultKinds[kind]))
    if (typeof given[key] !== type) return `a fault of kind '${kind}' needs '${key}' (${type})`
  for (const key of ['skip', 'times'])
    if (given[key] !== undefined && typeof given[key] !== 'number') return `'${key}' is a number`
  if (given['on'] !== undefined && (given['on'] === null || typeof given['on'] !== 'object')) return `'on' is an object`
  return value as FaultSpec
}
