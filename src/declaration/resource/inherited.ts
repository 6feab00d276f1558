import type { Config } from '../../resource/config-value.ts'
import type { OwnFields } from './own-field.ts'

/** What a guest takes over from the `defaults` block of its kind. */
export interface Inherited {
  readonly config: Config
  readonly fields: OwnFields
}
