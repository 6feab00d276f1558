import type { Call } from '../api/call.ts'
import type { FirewallConfig } from '../firewall/config.ts'
import type { Guest, Section } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'

/** What a backup archive of a guest carries beside its size. */
export type BackupPayload = {
  readonly type: 'qemu' | 'lxc'
  /** The configuration as it was, without snapshots and pending values. */
  readonly config: Section
  /** The file inside the archive: what `extractconfig` answers. */
  readonly text: string
  /** Bytes of each volume by its key, of those the backup took in. */
  readonly sizes: Readonly<Record<string, number>>
  /** What those volumes held, by the same keys. */
  readonly tokens: Readonly<Record<string, string>>
  /** The guest's firewall file, and the `lxc.*` lines of a container. */
  readonly firewall: FirewallConfig
  readonly raw: Guest['raw']
  /** Bytes the guest's files take unpacked. */
  readonly unpacked: number
}

/** The backup behind an archive volume; nothing for a file that is none of ours. */
export const payloadOf = (archive: Volume): BackupPayload | undefined => archive.payload as BackupPayload | undefined

const isEmpty = ({ options, rules, aliases, sets }: FirewallConfig): boolean =>
  rules.length === 0 && [options, aliases, sets].every((part) => Object.keys(part).length === 0)

/** The firewall file an archive brings back; nothing where it has none, or where the caller may not change the guest's network. */
export const firewallToRestore = (call: Call, { firewall }: BackupPayload): FirewallConfig | undefined => {
  const pool = call.params['pool']
  const may =
    call.allowed(`/vms/${call.vmid()}`, ['VM.Config.Network']) ||
    (pool !== undefined && call.allowed(`/pool/${pool}`, ['VM.Config.Network']))
  return may && !isEmpty(firewall) ? firewall : undefined
}
