import type { SecretKeeper } from './secret-keeper.ts'

/** What making desired resources shares. */
export interface ResourceContext {
  readonly keeper: SecretKeeper
}
