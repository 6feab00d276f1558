/**
 * A secret by reference. The value stays in memory, under `secret`, and is put into a request when it is sent; `fingerprint` (keyed with a
 * secret of the workspace) tells whether it changed. Neither plans nor the database ever hold the value.
 */
export interface Secret {
  /** Where the value is found at apply time: `vm.web#cipassword`. */
  readonly secret: string
  readonly fingerprint: string
}

export type Scalar = string | number | boolean

/** A property string taken apart: `{ bridge: "vmbr0", tag: 20 }`. */
export type PropertyMap = { readonly [key: string]: Scalar | Secret }

/** One entry of a guest's configuration, normalised: booleans are booleans, sizes are `32G`, sets are sorted lists. */
export type ConfigValue = Scalar | Secret | readonly string[] | PropertyMap

/** Normalised configuration by PVE's configuration key: `cores`, `net0`, `scsi0`, `tags`. */
export type Config = { readonly [key: string]: ConfigValue }

export const isSecret = (value: unknown): value is Secret =>
  typeof value === 'object' && value !== null && 'secret' in value && 'fingerprint' in value

export const isPropertyMap = (value: unknown): value is PropertyMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isSecret(value)
