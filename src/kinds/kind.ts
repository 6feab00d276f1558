import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Config, ConfigValue } from '../resource/config-value.ts'
import type { GuestIdentity, GuestType } from '../resource/guest.ts'
import type { RawConfig } from '../resource/observed.ts'
import type { AttributeFacts } from './attribute.ts'

export type GuestKindName = 'vm' | 'container'

/** What sets a kind of guest apart; everything else about its configuration is data from PVE's API facts. */
export interface GuestKind {
  readonly name: GuestKindName
  readonly type: GuestType
  /** Every configuration parameter, by PVE's name; indexed ones as `net[n]`. */
  readonly attributes: { readonly [name: string]: AttributeFacts }
  /** Labelled blocks of the declaration and the parameters they hold: `disk` → `scsi[n]`, `virtio[n]` …; `network` → `net[n]`. */
  readonly groups: { readonly [block: string]: readonly string[] }
  /** Facts for a configuration key such as `net0`; undefined when PVE has no such key. */
  readonly factsFor: (key: string) => AttributeFacts | undefined
  /** The key is a volume of the guest (disk, mount point, rootfs, efidisk0, tpmstate0), not a CD-ROM. */
  readonly isVolume: (key: string, value: ConfigValue) => boolean
  /** Server → normalised. Unknown keys are kept as text, so that nothing is lost. */
  readonly decode: (raw: RawConfig) => Config
  /** Brings a declared value to the form `decode` gives: sizes, booleans, sets, aliases; reports what PVE would refuse. */
  readonly normalize: (
    key: string,
    value: ConfigValue,
  ) => { readonly value: ConfigValue; readonly problem?: Pick<Diagnostic, 'code' | 'detail'> }
  /**
   * The text PVE wants for a key. A property string is edited, not rewritten: keys of `previous` that `value` does not name are kept, so
   * nothing set by other means is wiped.
   */
  readonly encode: (key: string, value: ConfigValue, previous?: string) => string
  /** The declared value already holds in the observed one: only declared keys of a property map count. */
  readonly holds: (key: string, declared: ConfigValue, observed: ConfigValue | undefined) => boolean
  /** What a change of this key means for a running guest. */
  readonly change: (
    key: string,
    before: ConfigValue | undefined,
    after: ConfigValue | undefined,
  ) => 'live' | 'reboot' | 'replace'
  readonly identity: (raw: RawConfig) => GuestIdentity
}
