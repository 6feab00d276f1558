import type { Secret } from './config-value.ts'

/** A value that an earlier step's request gave (`ApiRequest.output`), such as the volume id of a backup. Rare: ids are ours to choose. */
export interface OutputRef {
  readonly fromStep: string
  readonly output: string
  /** Text that follows the value: `,discard=on` after a volume id that is only known once the volume is made. */
  readonly suffix?: string
}

export type RequestParam = string | number | boolean | Secret | OutputRef

/** One API call as data. The executor sends it, waits for its task when the answer is a UPID, and interprets nothing. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /api2/json, already encoded. `{step.output}` in braces is replaced by an earlier output, URL-encoded. */
  readonly path: string
  readonly params?: { readonly [name: string]: RequestParam }
  /** The server supports `digest` here: the executor adds the digest of the configuration it last saw. */
  readonly digest?: true
  /** Takes a field of the one entry of a list answer whose fields equal `where`, and keeps it under `name` for later requests. */
  readonly output?: {
    readonly name: string
    /** An entry with a field equal to an earlier output: the `unusedN` a volume has become. */
    readonly where: { readonly [field: string]: string | number | OutputRef }
    readonly take: string
    /** The value ends before the first of these: a volume id before the comma of its property string. */
    readonly until?: string
    /** The value is not taken when it holds one of these: what the request waits for has not come about, or too much has. */
    readonly except?: readonly string[]
  }
}

export const isOutputRef = (param: unknown): param is OutputRef =>
  typeof param === 'object' && param !== null && 'fromStep' in param
