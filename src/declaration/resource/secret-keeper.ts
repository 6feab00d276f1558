import { createHmac } from 'node:crypto'
import type { Secret } from '../../resource/config-value.ts'

/** Takes secret values out of what is planned and leaves references. */
export interface SecretKeeper {
  readonly keep: (reference: string, value: string) => Secret
  readonly secrets: ReadonlyMap<string, string>
}

/** `key` is the workspace's own: without it a fingerprint cannot be tried against guesses. */
export const secretFingerprint = (key: string, value: string): string =>
  createHmac('sha256', key).update(value).digest('hex')

/** `key`: what `secretFingerprint` takes. */
export const secretKeeper = (key: string): SecretKeeper => {
  const secrets = new Map<string, string>()
  return {
    secrets,
    keep: (secret, value) => {
      secrets.set(secret, value)
      return { secret, fingerprint: secretFingerprint(key, value) }
    },
  }
}
