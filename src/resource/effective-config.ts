import type { ObservedGuest, RawConfig } from './observed.ts'

/** The configuration a guest will have at its next start, as GET config gives it: a key that will be deleted is absent. */
export const effectiveConfig = ({ current, pending }: Pick<ObservedGuest, 'current' | 'pending'>): RawConfig => {
  const coming: Record<string, string> = { ...current }
  for (const [key, { value }] of Object.entries(pending)) {
    if (value === undefined) delete coming[key]
    else coming[key] = value
  }
  return coming
}
