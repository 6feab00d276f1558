import type { Address } from '../resource/address.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { Change, Disruption } from '../resource/change.ts'
import type { GuestIdentity, GuestRef } from '../resource/guest.ts'
import type { ApiRequest } from '../resource/request.ts'
import type { ResourceKindName } from '../resource/resource-kind.ts'
import type { Reversal } from '../resource/reversal.ts'

/** Readable and unique in its plan: `vm.web[0]/create`, `vm.db/grow-scsi0`. */
export type StepId = string

export type StepAction =
  | 'create'
  | 'update'
  | 'destroy'
  | 'move'
  | 'start'
  | 'stop'
  | 'snapshot'
  | 'backup'
  | 'bind'
  | 'forget'

/** What must be true on the server before the first request of a step is sent. */
export interface Expectation {
  /** The guest must not exist: it is ours to create. */
  readonly absent?: true
  /** Digest of the configuration at planning time; only for the first step of the plan that touches the guest. */
  readonly digest?: string
  readonly identity?: GuestIdentity
  /** Where the steps on the guest, or their undoing, depend on it. */
  readonly power?: 'running' | 'stopped' | 'paused'
}

/** One unit of work. Everything the executor, the journal and the renderers need stands in it as data. */
export interface Step {
  readonly id: StepId
  readonly action: StepAction
  readonly address: Address
  readonly guest?: GuestRef
  /** A few words in the imperative: "grow scsi0 from 32G to 64G". */
  readonly summary: string
  readonly expects?: Expectation
  readonly requests: readonly ApiRequest[]
  /** Steps that must have finished; they stand earlier in the plan. */
  readonly needs: readonly StepId[]
  readonly disruption: Disruption
  readonly reversal: Reversal
  readonly because: Change
  /** Tidying up after everything else: its failure is a warning, and the run counts as applied. */
  readonly optional?: true
  /** The binding before and after the step; the journal records it together with the step's end. Missing: unchanged. */
  readonly binding?: { readonly before: AppliedResource | null; readonly after: AppliedResource | null }
}

/** The steps that have to succeed; the others tidy up after them. */
export const requiredSteps = ({ steps }: Pick<Plan, 'steps'>): readonly Step[] =>
  steps.filter(({ optional }) => !optional)

/** What happens to one resource as a whole; the renderers' headings. */
export interface ResourceChange {
  readonly address: Address
  readonly kind: ResourceKindName
  readonly action: 'create' | 'update' | 'replace' | 'destroy' | 'bind' | 'forget'
  readonly guest?: GuestRef
  readonly name?: string
  readonly change: Change
  readonly disruption: Disruption
  readonly steps: readonly StepId[]
}

/** A volume, and the guests that have it attached. */
export interface HeldVolume {
  readonly volume: string
  readonly guests: readonly number[]
}

/** What a plan was asked to be about; what is missing stands for everything, or for nothing. */
export interface Asked {
  readonly targets?: readonly Address[]
  readonly excludes?: readonly Address[]
  readonly replaces?: readonly Address[]
  /** What the files declare that were named, without instance keys. */
  readonly scope?: readonly string[]
  readonly destroy?: true
}

/** A complete, self-contained account of a run to come: saved, hashed, reviewed, applied as it is. */
export interface Plan {
  readonly format_version: '1.0'
  /** `p-` and the first characters of the fingerprint. */
  readonly id: string
  /** SHA-256 of everything below, canonically written. */
  readonly fingerprint: string
  /** `revert` plans name the run they undo. */
  readonly origin:
    | { readonly kind: 'declaration' }
    | { readonly kind: 'revert'; readonly plan: string; readonly run: string }
  /** The cluster it was made for. */
  readonly cluster: string
  readonly changes: readonly ResourceChange[]
  /** In an order that respects `needs`. */
  readonly steps: readonly Step[]
  /** Resources that need nothing done. */
  readonly unchanged: number
  /** Resources that were made from something else than their declarations name now; nothing is done about it. */
  readonly madeFromOthers?: readonly Address[]
  /** Volumes that its steps attach, on the way there or back, and that several guests shared when it was made. */
  readonly sharedVolumes?: readonly HeldVolume[]
  /** Missing: for everything that is declared and managed. */
  readonly asked?: Asked
  /** Of plans with secrets: tells keys apart that their fingerprints are made with. */
  readonly secretsKey?: string
  readonly outputs: readonly { readonly name: string; readonly value: unknown; readonly sensitive: boolean }[]
}

/** An empty plan has nothing to do. */
export const isEmptyPlan = ({ steps }: Plan): boolean => steps.length === 0
