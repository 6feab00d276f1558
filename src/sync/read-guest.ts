import { kindOfType } from '../kinds/registry.ts'
import type { ObservedGuest, PendingChange, RawConfig } from '../resource/observed.ts'
import { type ListedGuest, rowsOf } from './read-inventory.ts'

/** PVE's own spelling in a configuration file: booleans are 1 and 0, everything else is its text. */
const rawText = (value: unknown): string => (typeof value === 'boolean' ? (value ? '1' : '0') : String(value))

const sorted = <T>(entries: readonly (readonly [string, T])[]): { readonly [key: string]: T } =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

/** What `GET /nodes/{node}/{type}/{vmid}/pending` tells: both views of the configuration, and its digest. */
export interface PendingAnswer {
  readonly current: RawConfig
  readonly pending: { readonly [key: string]: PendingChange }
  readonly digest: string
}

export const readPending = (data: unknown): PendingAnswer => {
  const current: [string, string][] = []
  const pending: [string, PendingChange][] = []
  let digest = ''
  for (const row of rowsOf(data)) {
    const key = String(row['key'])
    const value = row['value']
    if (key === 'digest') digest = rawText(value)
    else {
      if (value !== undefined && value !== null) current.push([key, rawText(value)])
      if (row['pending'] !== undefined && row['pending'] !== null)
        pending.push([key, { value: rawText(row['pending']) }])
      else if (Number(row['delete'] ?? 0) > 0) pending.push([key, {}])
    }
  }
  return { current: sorted(current), pending: sorted(pending), digest }
}

/** The status words of QEMU's monitor that pvestatd passes on; a guest in any other state holds its resources: running. */
const STATUS: Readonly<Record<string, ObservedGuest['status']>> = {
  stopped: 'stopped',
  running: 'running',
  unknown: 'unknown',
  paused: 'paused',
  suspended: 'paused',
  prelaunch: 'paused',
}

export const statusOf = (word: string): ObservedGuest['status'] => STATUS[word] ?? 'running'

/** What keeps a guest from being handled like any other. */
export const holdsOf = ({ ha, replication }: Pick<ListedGuest, 'ha' | 'replication'>) => ({
  ...(ha !== undefined && { ha }),
  ...(replication && { replication }),
})

/** Puts together what the list and the guest's own configuration say. */
export const observedGuest = (listed: ListedGuest, config: PendingAnswer): ObservedGuest => {
  const { current } = config
  const { nameKey, unnamed } = kindOfType(listed.type)
  const lock = current['lock']
  return {
    type: listed.type,
    vmid: listed.vmid,
    node: listed.node,
    name: current[nameKey] ?? listed.name ?? `${unnamed}${listed.vmid}`,
    status: statusOf(listed.status),
    template: current['template'] === '1',
    ...(listed.pool !== undefined && { pool: listed.pool }),
    ...(lock !== undefined && { lock }),
    ...holdsOf(listed),
    ...config,
  }
}
