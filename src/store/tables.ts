import type { Generated } from 'kysely'

/** Truth values are 0 and 1, times are ISO 8601 text, structured values are JSON text: alike in SQLite and PostgreSQL. */
export type Flag = 0 | 1

export interface ClusterTable {
  readonly id: 1
  readonly name: string
  readonly version: string
  readonly fingerprint: string | null
  readonly synced_at: string
  /** JSON; null when the server did not tell. */
  readonly rights: string | null
  readonly case_sensitive_tags: Flag | null
}

export interface SyncRunTable {
  readonly id: number
  readonly at: string
  readonly duration_ms: number
  readonly guests: number
  readonly changed: number
}

export interface NodeTable {
  readonly node: string
  readonly status: string
  /** JSON: processors, memory, bridges; null in a state that an older mpc has written. */
  readonly facts: string | null
}

export interface StorageTable {
  readonly node: string
  readonly storage: string
  readonly type: string
  readonly content: string
  readonly shared: Flag
  readonly active: Flag
  readonly total: number
  readonly used: number
  /** JSON list; null when the storage was not asked. */
  readonly volumes: string | null
}

export interface PoolTable {
  readonly poolid: string
  readonly comment: string | null
}

export interface GuestTable {
  readonly vmid: number
  readonly type: string
  readonly node: string
  readonly name: string
  readonly status: string
  readonly template: Flag
  readonly pool: string | null
  readonly lock: string | null
  readonly digest: string
  readonly unknown_since: string | null
  /** SHA-256 of `body`: rows of guests that did not change are not written again. */
  readonly body_hash: string
  /** SHA-256 of the configuration alone: what `observation` is about. */
  readonly config_hash: string
  /** The whole ObservedGuest, so that loading needs one row a guest. */
  readonly body: string
}

export interface ObservationTable {
  readonly vmid: number
  readonly sync_run: number
  readonly type: string
  readonly config_hash: string
  readonly config: string
}

export interface BindingTable {
  readonly address: string
  readonly kind: string
  /** What is bound, as text: `guest/107`, `pool/prod`. */
  readonly subject: string
  /** JSON: what says which one it is bound to. */
  readonly identity: string
  /** JSON: what was last applied, and what is remembered of its declaration. */
  readonly applied: string
}

export interface PlanTable {
  readonly id: string
  readonly fingerprint: string
  readonly cluster: string
  readonly origin: string
  readonly origin_run: string | null
  readonly steps: number
  readonly created_at: string
  /** When the picture of the cluster was taken that it was made from; null from an mpc that did not keep it. */
  readonly as_of: string | null
  /** The Plan without its steps; one that an older mpc has saved holds them. */
  readonly body: string
}

export interface PlanStepTable {
  readonly plan: string
  readonly position: number
  readonly step: string
  readonly action: string
  readonly address: string
  readonly vmid: number | null
  readonly disruption: string
  readonly reversal: string
  /** The whole Step, so that a plan of ten thousand is never one text; null where the plan's own body holds it. */
  readonly body: string | null
}

export interface RunTable {
  readonly id: string
  readonly plan: string
  readonly number: number
  readonly status: string
  readonly started_at: string
  readonly ended_at: string | null
}

export interface RunStepTable {
  readonly run: string
  readonly step: string
  readonly status: string
  /** Order of ending; null while it runs. */
  readonly ended: number | null
  readonly outputs: string
  readonly after: string | null
}

export interface JournalTable {
  readonly run: string
  readonly step: string
  readonly direction: string
  readonly position: number
  readonly status: string
  readonly request: string
  readonly upid: string | null
  readonly message: string | null
  readonly since: number | null
  readonly held: Flag | null
  readonly before: string | null
  readonly after: string | null
  readonly outputs: string | null
  readonly at: string
}

/** What a guest or a pool was before a run's first write to it: `guest/107`, `pool/prod`. */
export interface RunBeforeTable {
  readonly run: string
  readonly subject: string
  readonly body: string
}

export interface TaskTable {
  readonly upid: string
  readonly run: string
  readonly step: string
  readonly direction: string
  readonly status: string
  readonly at: string
}

export interface LeaseTable {
  readonly name: string
  readonly token: string
  readonly purpose: string
  readonly host: string
  readonly pid: number
  /** See `Holder`; null from an mpc that did not write them. */
  readonly origin: string | null
  readonly started: string | null
  readonly acquired_at: string
  readonly heartbeat_at: string
}

export interface AuditHeadTable {
  readonly id: 1
  readonly seq: number
  readonly hash: string
}

/** Lines of the audit log that may not have reached the disk yet. */
export interface AuditPendingTable {
  readonly seq: number
  readonly line: string
}

export interface SchemaMigrationTable {
  readonly name: Generated<string>
  readonly timestamp: Generated<string>
}

export interface Tables {
  readonly cluster: ClusterTable
  readonly sync_run: SyncRunTable
  readonly node: NodeTable
  readonly storage: StorageTable
  readonly pool: PoolTable
  readonly guest: GuestTable
  readonly observation: ObservationTable
  readonly binding: BindingTable
  readonly plan: PlanTable
  readonly plan_step: PlanStepTable
  readonly run: RunTable
  readonly run_step: RunStepTable
  readonly journal: JournalTable
  readonly run_before: RunBeforeTable
  readonly task: TaskTable
  readonly lease: LeaseTable
  readonly audit_head: AuditHeadTable
  readonly audit_pending: AuditPendingTable
  readonly schema_migration: SchemaMigrationTable
}
