import type { SourceRange } from '../diagnostic/source-range.ts'
import type { Address } from './address.ts'
import type { Config, PropertyMap } from './config-value.ts'
import type { GuestKindName, Vmid } from './guest.ts'
import type { ResourceKindName } from './resource-kind.ts'

/** Where a new guest's disks come from. */
export type GuestSource =
  | { readonly by: 'blank' }
  /** `template` is a name or a VMID as text; `full` false asks for a linked clone. */
  | { readonly by: 'clone'; readonly template: string; readonly full?: boolean; readonly storage?: string }
  /** Containers: volume id of an archive, `local:vztmpl/…`. */
  | { readonly by: 'archive'; readonly volume: string }

export interface Lifecycle {
  readonly preventDestroy: boolean
  /** Attribute names, dotted as in `AttributeChange.name`, or `all`. */
  readonly ignoreChanges: readonly string[]
  readonly createBeforeDestroy: boolean
  readonly replaceTriggeredBy: readonly Address[]
  /** How destroying is made reversible. */
  readonly onDestroy: 'backup' | 'retain' | 'delete'
  /** Whether mpc may restart the guest when a change needs it; `never` leaves the change pending and says so. */
  readonly reboot: 'never' | 'allowed'
  /** Whether a failure elsewhere may set the running guest back to a snapshot, which restarts it and loses what it wrote since. */
  readonly rollback: 'never' | 'allowed'
  /** Whether a snapshot is taken before changes: `auto` where the exact inverse needs one. */
  readonly snapshot: 'auto' | 'always' | 'never'
  /** Volumes that belong to other guests may be attached. */
  readonly attachForeignVolumes?: boolean
}

/** A slot that is to have the volume of a guest that is still to be made: which one that is will only be known then. */
export interface Attachment {
  readonly key: string
  readonly of: { readonly address: Address; readonly key: string }
  /** The other keys of the slot. */
  readonly options: PropertyMap
}

export interface DesiredGuest {
  readonly kind: GuestKindName
  readonly address: Address
  readonly node: string
  readonly vmid?: Vmid
  readonly source: GuestSource
  /** Declared configuration only, normalised by the kind; an absent key is never touched. */
  readonly config: Config
  /** Slots that are not in `config` yet. */
  readonly attachments?: readonly Attachment[]
  /** Slots declared as null: a clone does not take them over from what it is made of. */
  readonly emptySlots?: readonly string[]
  /** Volumes that go to another slot of the guest, with what is on them. */
  readonly movedSlots?: readonly { readonly from: string; readonly to: string }[]
  readonly power?: 'running' | 'stopped'
  readonly pool?: string
  /** It is to be in no pool. */
  readonly noPool?: true
  /** True: convert to a template once created. */
  readonly template?: boolean
  readonly lifecycle: Lifecycle
  readonly dependsOn: readonly Address[]
  readonly range?: SourceRange
  /** Where a declared attribute stands, by its dotted name. */
  readonly rangeOf?: (name: string) => SourceRange | undefined
}

export interface DesiredPool {
  readonly kind: 'pool'
  readonly address: Address
  readonly poolid: string
  readonly comment?: string
  readonly lifecycle: Lifecycle
  readonly dependsOn: readonly Address[]
  readonly range?: SourceRange
}

/** What is declared of each kind. */
export interface DesiredByKind {
  readonly vm: DesiredGuest
  readonly container: DesiredGuest
  readonly pool: DesiredPool
}

export type DesiredResource = DesiredByKind[ResourceKindName]

export interface DesiredOutput {
  readonly name: string
  readonly value: unknown
  readonly sensitive: boolean
}

/** What the declarations say, evaluated and validated. Order never matters: the planner sorts. */
export interface Desired {
  readonly resources: readonly DesiredResource[]
  readonly outputs: readonly DesiredOutput[]
  /** Bindings carried over from another address, old to new. */
  readonly moved: readonly { readonly from: Address; readonly to: Address }[]
  /** Existing guests to bind; `id` is `node/vmid` or a VMID as text. */
  readonly imports: readonly { readonly to: Address; readonly id: string; readonly range?: SourceRange }[]
  /** Addresses that are to be forgotten, and whether the guest is destroyed too. */
  readonly removed: readonly { readonly from: Address; readonly destroy: boolean }[]
}

/** Secret values by reference (`Secret.secret`); never saved, printed or hashed without the workspace's key. */
export type Secrets = ReadonlyMap<string, string>

export const DEFAULT_LIFECYCLE: Lifecycle = {
  preventDestroy: false,
  ignoreChanges: [],
  createBeforeDestroy: false,
  replaceTriggeredBy: [],
  onDestroy: 'backup',
  reboot: 'never',
  rollback: 'never',
  snapshot: 'auto',
}
