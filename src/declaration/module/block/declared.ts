import type { ResourceKindName } from '../../../resource/resource-kind.ts'
import type { Attribute, Block, Name } from '../../syntax/tree.ts'

export interface DeclaredResource {
  readonly kind: ResourceKindName
  readonly name: Name
  readonly block: Block
}

/** What one folder's files declare, by name; nothing is evaluated yet. */
export interface Declared {
  readonly variables: ReadonlyMap<string, Block>
  readonly locals: ReadonlyMap<string, Attribute>
  readonly outputs: ReadonlyMap<string, Block>
  /** By `vm.web`. */
  readonly resources: ReadonlyMap<string, DeclaredResource>
  /** By `node.pve1`. */
  readonly data: ReadonlyMap<string, Block>
  readonly modules: ReadonlyMap<string, Block>
  /** By kind: `vm`, `container`. */
  readonly defaults: ReadonlyMap<string, Block>
  readonly moved: readonly Block[]
  readonly imports: readonly Block[]
  readonly removed: readonly Block[]
  readonly checks: ReadonlyMap<string, Block>
  /** Look-ups that stand in checks: they warn when they find nothing. */
  readonly checkLookups: ReadonlySet<Block>
  /** A block was left out, because it is not known what it declares. */
  readonly isIncomplete: boolean
}
