import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source-range.ts'
import type { Address } from '../../resource/address.ts'
import type { KnownGuest } from '../../resource/known-guest.ts'
import type { FunctionTable, Problem, Work } from '../eval/evaluation.ts'
import type { Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import type { NoteAddresses } from './address-value.ts'
import type { Declared } from './block/declared.ts'
import type { Cells } from './cells.ts'

/** Read-only look-ups in what the last sync saw; undefined entries do not exist. */
export interface Lookups {
  /** Kind of lookup (`node`, `storage`, `template`, `guest`) with its arguments: the value, or why there is none. */
  readonly find: (type: string, args: ReadonlyMap<string, Value>) => Value | { readonly problem: string }
}

/** A folder of declarations with the local modules it calls. */
export interface LoadedModule {
  readonly folder: string
  readonly declared: Declared
  readonly children: ReadonlyMap<string, LoadedModule>
  /** Some of what its files declare could not be read: a name that is not there may stand in it. */
  readonly isIncomplete: boolean
}

/** A value for a variable of the root module: an expression of a file, or text from the command line or the environment. */
export type GivenValue =
  | { readonly by: 'expression'; readonly expression: Expression }
  | { readonly by: 'text'; readonly text: string; readonly from: string }

/** What one evaluation shares. */
export interface World {
  readonly work: Work
  readonly cells: Cells
  readonly report: (diagnostic: Diagnostic) => void
  readonly problem: (problem: Problem, address?: string) => void
  /** Something in the node could not be read, which is reported: nothing is to be missed there. */
  readonly isBroken: (node: Located) => boolean
  readonly functions: FunctionTable
  readonly given: ReadonlyMap<string, GivenValue>
  /** Reads text given for a variable that is not a plain string. */
  readonly parseText: (text: string, from: string) => Expression
  readonly missing: (variable: {
    readonly name: string
    readonly description?: string
    readonly sensitive: boolean
    readonly range?: SourceRange
  }) => void
  readonly lookups: Lookups | undefined
  /** What is known of a guest beyond its declaration. */
  readonly known: (address: Address) => KnownGuest | undefined
  /** The value that stands for what the server will choose: `vm.web.network.net0.macaddr`. */
  readonly later: (origin: string) => Value
  readonly noteAddresses: NoteAddresses
  /** Folder of the root module, for path.root. */
  readonly rootFolder: string
  readonly workspace: string
}
