import type { FunctionSpec } from '../../eval/evaluation.ts'
import type { FileContent, FolderContent } from '../../module/file/file-reader.ts'
import type { Parsed } from '../../syntax/hcl/parse-hcl.ts'
import type { Source } from '../../syntax/source.ts'
import type { Expression } from '../../syntax/tree.ts'

/** Packages that are loaded only when a function needs them. */
export interface Libraries {
  readonly yaml: typeof import('yaml')
  readonly re2js: typeof import('re2js')
  readonly 'ip-address': typeof import('ip-address')
}

/** What functions know of the outside. Everything that is not there yet is noted and fetched, and evaluation is repeated. */
export interface FunctionWorld {
  /** Undefined: not read yet. */
  readonly read: (path: string) => FileContent | undefined
  readonly list: (folder: string, depth: number) => FolderContent | undefined
  /** Undefined: not loaded yet. */
  readonly library: <N extends keyof Libraries>(name: N) => Libraries[N] | undefined
  readonly parseTemplate: (source: Source) => Parsed<Expression>
  /** Missing: times are known after apply only. */
  readonly now: Date | undefined
  readonly home: string | undefined
  readonly workspace: string
}

/** A table of functions, part of the whole one. */
export type FunctionGroup = { readonly [name: string]: FunctionSpec }
