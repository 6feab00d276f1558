import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import type { Schema } from '../api/facts.ts'
import { splitPropertyString } from '../schema/property-string.ts'
import { namedFormat } from '../schema/verify.ts'
import type { World } from '../state/world.ts'
import { freeVolume } from '../volume/free.ts'
import { poolOn, usableStorage } from '../volume/volumes.ts'
import { backupTime } from './content.ts'

type Mark = 'keep' | 'remove' | 'protected' | 'renamed'
export type Pruned = {
  readonly volid: string
  readonly type: string
  readonly vmid?: number
  readonly ctime: number
  mark: Mark
}

/** How many backups of each kind to keep; nothing to keep them all. */
export type Retention = Readonly<Record<string, number>>

const day = (date: Date): string => date.toISOString().slice(0, 10)
const week = (date: Date): string => day(new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * 86_400_000))

/** PVE keeps the newest of each hour, day, week, month and year. Periods are of UTC, the simulated nodes' zone. */
const periods: Readonly<Record<string, (date: Date) => string>> = {
  'keep-hourly': (date) => date.toISOString().slice(0, 13),
  'keep-daily': day,
  'keep-weekly': week,
  'keep-monthly': (date) => date.toISOString().slice(0, 7),
  'keep-yearly': (date) => date.toISOString().slice(0, 4),
}

/** Reads `keep-last=3,keep-daily=7`; nothing for `keep-all=1` or when no number is set. */
export const parseRetention = (text: string | undefined): Retention | undefined => {
  if (text === undefined) return undefined
  const format = namedFormat('prune-backups') as Readonly<Record<string, Schema>>
  const parts = splitPropertyString(format, text)
  if (parts['keep-all'] === '1') return undefined
  const counts = Object.entries(parts).map(([name, count]) => [name, Number(count)] as const)
  const set = counts.filter(([name, count]) => name !== 'keep-all' && count > 0)
  return set.length === 0 ? undefined : Object.fromEntries(set)
}

/** Marks what a retention would remove among the backups of one guest. PVE source: `prune_mark_backup_group`. */
const markGroup = (group: readonly Pruned[], retention: Retention): void => {
  const newest = [...group].filter((one) => one.mark === 'keep').sort((a, b) => b.ctime - a.ctime)
  for (const one of newest) one.mark = 'remove'
  for (const one of newest.slice(0, retention['keep-last'] ?? 0)) one.mark = 'keep'
  for (const [name, periodOf] of Object.entries(periods)) {
    const limit = retention[name] ?? 0
    const kept = new Set(newest.filter((one) => one.mark === 'keep').map((one) => periodOf(new Date(one.ctime * 1000))))
    let taken = 0
    for (const one of newest) {
      const period = periodOf(new Date(one.ctime * 1000))
      if (taken >= limit || one.mark === 'keep' || kept.has(period)) continue
      one.mark = 'keep'
      kept.add(period)
      taken++
    }
  }
}

type Filter = { readonly vmid?: number | undefined; readonly type?: string | undefined }

/** The backups of a storage with what a retention does to each. Protected ones always stay. */
export const pruneList = (
  world: World,
  node: string,
  storage: string,
  retention: Retention | undefined,
  filter: Filter,
): readonly Pruned[] => {
  const found: Pruned[] = []
  for (const volume of poolOn(world, storage, node).volumes.values()) {
    const [, type, vmid] = /^backup\/vzdump-(qemu|lxc)-(\d+)-/.exec(volume.name) ?? []
    if (type === undefined || vmid === undefined) continue
    if (filter.type !== undefined && filter.type !== type) continue
    if (filter.vmid !== undefined && filter.vmid !== Number(vmid)) continue
    const ctime = backupTime(volume.name) ?? volume.ctime
    const mark: Mark = volume.protected ? 'protected' : backupTime(volume.name) === undefined ? 'renamed' : 'keep'
    found.push({ volid: `${storage}:${volume.name}`, type, vmid: Number(vmid), ctime, mark })
  }
  if (retention !== undefined)
    for (const key of new Set(found.map((one) => `${one.type}/${one.vmid}`)))
      markGroup(
        found.filter((one) => `${one.type}/${one.vmid}` === key),
        retention,
      )
  return found
}

const asked = (call: Call): { readonly retention: Retention | undefined; readonly filter: Filter } => {
  const storage = usableStorage(call.world, call.text('storage'), call.node().name)
  const own = call.has('prune-backups') ? call.text('prune-backups') : storage.options['prune-backups']
  if (own === undefined) raise('no prune-backups options configured for storage')
  return {
    retention: parseRetention(own),
    filter: {
      vmid: call.has('vmid') ? call.vmid() : undefined,
      type: call.has('type') ? call.text('type') : undefined,
    },
  }
}

/** GET prunebackups: what would stay and what would go. */
export const previewPrune = (call: Call): unknown => {
  const { retention, filter } = asked(call)
  return pruneList(call.world, call.node().name, call.text('storage'), retention, filter)
}

/** DELETE prunebackups: a task that removes what the retention does not keep. */
export const prune = (call: Call): unknown => {
  const { world } = call
  const storage = call.text('storage')
  const node = call.node().name
  if (!call.allowed(`/storage/${storage}`, ['Datastore.Allocate'])) {
    call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
    call.require(call.has('vmid') ? `/vms/${call.vmid()}` : '/vms', ['VM.Backup'])
  }
  const { retention, filter } = asked(call)
  const id = filter.vmid === undefined ? storage : `${filter.vmid}@${storage}`
  return call.task('prunebackups', id, (worker) => {
    for (const one of pruneList(world, node, storage, retention, filter)) {
      if (one.mark !== 'remove') continue
      freeVolume(world, node, one.volid, worker.log)
      worker.log(`Removed backup '${one.volid}'`)
    }
  })
}
