/** One parameter, or one key of a property string, as PVE's API description has it. */
export interface PveValueFacts {
  readonly type?: string
  readonly format?: string | PvePropertyFormat
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number | string
  readonly maximum?: number | string
  readonly minLength?: number
  readonly maxLength?: number
  readonly default?: string | number | null
  readonly optional?: 0 | 1
  readonly default_key?: 0 | 1
  /** The key is another spelling of this one. */
  readonly alias?: string
  /** With `alias`: the key's own name is the value of this one, as in `virtio=MAC`. */
  readonly keyAlias?: string
}

/** The grammar of a property string. */
export interface PvePropertyFormat {
  readonly [key: string]: PveValueFacts
}

export interface PveParameter extends PveValueFacts {
  readonly on: readonly ('create' | 'update')[]
}

/** What a running guest did with a change: took it at once, or kept it for its next start. */
export type MeasuredEffect = 'live' | 'reboot'

/** Measured on one running guest; a missing entry was not measured or could not be. */
export interface MeasuredParameter {
  readonly set?: MeasuredEffect
  readonly delete?: MeasuredEffect
  readonly properties?: { readonly [key: string]: MeasuredEffect }
}

/** `schemas/pve/vm.json` and `container.json`: PVE API POST /nodes/{node}/qemu and /lxc, PUT …/config, and measurements. */
export interface PveFacts {
  readonly parameters: { readonly [name: string]: PveParameter }
  readonly clone: { readonly [name: string]: PveValueFacts }
  readonly running: { readonly [key: string]: MeasuredParameter }
}
