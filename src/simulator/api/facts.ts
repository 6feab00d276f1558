import api from '../../../schemas/pve/api.json' with { type: 'json' }

/** A JSON schema node as PVE writes it: of a parameter, of a property-string key, or of an answer. */
export type Schema = {
  readonly type?: string
  readonly optional?: number
  readonly format?: string | Readonly<Record<string, Schema>>
  readonly pattern?: string
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number | string
  readonly maximum?: number | string
  readonly minLength?: number
  readonly maxLength?: number
  readonly default?: unknown
  readonly default_key?: number
  readonly alias?: string
  readonly keyAlias?: string
  readonly requires?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: number | Schema
  readonly 'type-property'?: string
  readonly oneOf?: readonly Schema[]
  readonly 'instance-types'?: readonly string[]
}

/** A permission test of api.json: `['perm', path, privileges, …options]`, `['and', …]`, `['or', …]`, `['userid-group', …]` … */
export type Check = readonly (string | number | readonly string[] | Check)[]

export type Method = {
  readonly parameters?: {
    readonly properties?: Readonly<Record<string, Schema>>
    readonly additionalProperties?: number
  }
  readonly returns?: Schema
  readonly permissions?: { readonly user?: string; readonly check?: Check } | null
  readonly proxyto?: string | null
  readonly protected?: number
  readonly allowtoken?: number
}

/** PVE's API as read out of a server: `METHOD /path` with its parameters, returns and permissions. */
export const facts = api as unknown as Readonly<Record<string, Method>>
