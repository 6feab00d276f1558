import type { Applied } from './applied.ts'
import { type Config, isSecret } from './config-value.ts'
import type { RawConfig } from './observed.ts'
import { isOfGuest } from './resource-kind.ts'

/** Stands for a value that is not shown, as Proxmox VE itself writes it for a password. */
export const MASK = '**********'

export const isMasked = (text: string | undefined): boolean => text !== undefined && /^\*+$/.test(text)

/** By VMID the keys that hold a secret of a declaration: Proxmox VE shows some of them (a description) in the clear, mpc writes none down. */
export type HiddenKeys = ReadonlyMap<number, ReadonlySet<string>>

const keysOf = (config: Config): readonly string[] =>
  Object.entries(config).flatMap(([key, value]) => (isSecret(value) ? [key] : []))

const collected = (entries: Iterable<readonly [vmid: number, keys: readonly string[]]>): HiddenKeys => {
  const hidden = new Map<number, Set<string>>()
  for (const [vmid, keys] of entries)
    if (keys.length > 0) hidden.set(vmid, new Set([...(hidden.get(vmid) ?? []), ...keys]))
  return hidden
}

/** What a plan's steps set to a secret, or know to be one. */
interface SecretStep {
  readonly guest?: { readonly vmid: number }
  readonly requests: readonly { readonly params?: Readonly<Record<string, unknown>> }[]
  readonly binding?: { readonly before: Applied[number] | null; readonly after: Applied[number] | null }
}

const inStep = ({ requests, binding }: SecretStep): readonly string[] => [
  ...requests.flatMap(({ params = {} }) =>
    Object.entries(params).flatMap(([key, value]) => (isSecret(value) ? [key] : [])),
  ),
  ...keysOf(binding?.before?.config ?? {}),
  ...keysOf(binding?.after?.config ?? {}),
]

export const hiddenInSteps = (steps: readonly SecretStep[]): HiddenKeys =>
  collected(steps.flatMap((step) => (step.guest ? [[step.guest.vmid, inStep(step)] as const] : [])))

export const hiddenInBindings = (applied: Applied): HiddenKeys =>
  collected(applied.filter(isOfGuest).map(({ guest, config }) => [guest.vmid, keysOf(config)]))

/** A configuration with its hidden keys masked. */
export const maskedConfig = (config: RawConfig, keys: ReadonlySet<string> | undefined): RawConfig =>
  keys === undefined
    ? config
    : Object.fromEntries(Object.entries(config).map(([key, text]) => [key, keys.has(key) ? MASK : text]))
