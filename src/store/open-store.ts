import { dirname, join } from 'node:path'
import type { Journal } from '../apply/journal.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Clock } from '../io/io.ts'
import type { EndedCommand } from './audit-lines.ts'
import { type AuditLog, auditLog } from './audit-log.ts'
import { type BindingStore, bindingStore } from './binding-store.ts'
import { bringUpToDate } from './bring-up-to-date.ts'
import { type ChangeLog, changeLog } from './change-log.ts'
import { backUp } from './file/backup-files.ts'
import { damagedState } from './file/damage.ts'
import { openDatabase } from './file/database.ts'
import { type FileHealth, fileHealth } from './file/file-health.ts'
import { type HistoryEntry, readHistory } from './history.ts'
import { explained, journalStore } from './journal-store.ts'
import { type Holder, type Lease, type LeaseStore, leaseStore } from './lease-store.ts'
import { type ObservationStore, observationStore } from './observation-store.ts'
import { type PlanStore, planStore } from './plan-store.ts'
import { type RunStore, runStore } from './run-store.ts'

/** Everything mpc remembers of one cluster. Losing it loses history, not infrastructure. */
export interface Store {
  readonly observations: ObservationStore
  readonly bindings: BindingStore
  readonly plans: PlanStore
  readonly runs: RunStore
  readonly changes: ChangeLog
  readonly leases: LeaseStore
  /** Looks for damage in the file and in the audit log; reads everything, so only when asked. */
  readonly check: () => Promise<readonly Diagnostic[]>
  /** How its files lie on the disk. */
  readonly fileHealth: () => Promise<FileHealth>
  readonly audit: Pick<AuditLog, 'verify' | 'lines'> & {
    /** Writes down how a command ended. */
    readonly command: (ended: EndedCommand) => Promise<void>
  }
  /** Plans, runs and reverts, newest first. */
  readonly history: () => Promise<readonly HistoryEntry[]>
  /** Writing down a run needs the lease, so that there is one writer at a time. */
  readonly journal: (lease: Lease) => Journal
  /** Copies the state into the backups folder beside it; `reason` becomes part of the name. Gives the copy's path. */
  readonly backup: (reason: string) => Promise<string>
  readonly close: () => Promise<void>
}

export interface StoreOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly holder: Holder
}

/**
 * Opens the state, making it when there is none; its folder must exist. `audit.log` and `backups/` lie beside it. Throws a DiagnosticError when
 * it cannot be opened, is damaged, or was written by a newer mpc.
 */
export const openStore = async (path: string, { clock, holder }: StoreOptions): Promise<Store> => {
  const database = await openDatabase(path)
  const folder = dirname(path)
  const backup = (reason: string) => backUp(database.copyTo, join(folder, 'backups'), reason, clock.now())
  try {
    await bringUpToDate(database, path, backup)
  } catch (error) {
    await database.close()
    throw error
  }
  const { db } = database
  const leases = leaseStore(db, holder)
  const who = { user: holder.login ?? '', host: holder.host, pid: holder.pid }
  const audit = auditLog(db, join(folder, 'audit.log'))
  return {
    observations: observationStore(db),
    bindings: bindingStore(db),
    plans: planStore(db, clock.now),
    changes: changeLog(db),
    runs: runStore(db, leases),
    leases,
    check: async () => {
      const damage = await database.findDamage()
      const own = damage.length === 0 ? [] : [await damagedState(path, damage.slice(0, 5).join('; '))]
      return [...own, ...(await audit.verify())]
    },
    fileHealth: () => fileHealth(path),
    audit: {
      verify: audit.verify,
      lines: audit.lines,
      command: async (ended) => {
        const event = { event: 'command', at: clock.now().toISOString(), ...ended, ...who } as const
        try {
          await db.transaction().execute(async (tx) => {
            await audit.note(tx, event)
            await audit.settle(tx)
          })
        } catch (error) {
          throw explained(error)
        }
      },
    },
    history: () => readHistory(db),
    journal: (lease) => journalStore(db, audit, lease, who),
    backup,
    close: database.close,
  }
}
