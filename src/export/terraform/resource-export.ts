import type { Loss } from '../export.ts'
import type { HclBlock } from '../hcl-text.ts'

export type TellLoss = (key: string, value: string | number | boolean | undefined, consequence: string) => void

/** One guest as a resource of the provider; `refusal` says why it cannot be one at all. */
export interface ResourceExport {
  readonly type: 'proxmox_virtual_environment_vm' | 'proxmox_virtual_environment_container'
  readonly block: HclBlock
  readonly losses: readonly Loss[]
  readonly refusal?: string
}

/** What becomes of a part of a property string that the provider does not model: it rewrites the whole string. */
export const WIPED = 'kept until the provider changes this device, then wiped'
export const IGNORED = 'kept on the server; the provider does not see it'
