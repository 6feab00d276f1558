import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Config, ConfigValue, PropertyMap, Scalar } from '../resource/config-value.ts'
import type { GuestIdentity, GuestKindName, GuestType } from '../resource/guest.ts'
import type { RawConfig } from '../resource/observed.ts'
import type { AttributeFacts } from './facts/attribute.ts'
import type { GuestTraits } from './guest-traits.ts'

/** What sets a kind of guest apart; everything else about its configuration is data from PVE's API facts. */
export interface GuestKind extends GuestTraits {
  readonly name: GuestKindName
  readonly type: GuestType
  /** Parameters whose values are secret. */
  readonly secrets: readonly string[]
  /** Every configuration parameter, by PVE's name; indexed ones as `net[n]`. */
  readonly attributes: { readonly [name: string]: AttributeFacts }
  /** Labelled blocks of the declaration and the parameters they hold: `disk` → `scsi[n]`, `virtio[n]` …; `network` → `net[n]`. */
  readonly groups: { readonly [block: string]: readonly string[] }
  /** The labelled block a key belongs to: `disk` for `scsi0`; undefined for those that stand for themselves. */
  readonly groupOf: (key: string) => string | undefined
  /** Highest index of numbered parameters: `net[n]` → 31. */
  readonly lastIndex: { readonly [name: string]: number }
  /** Facts for a configuration key such as `net0`; undefined when PVE has no such key. */
  readonly factsFor: (key: string) => AttributeFacts | undefined
  /** The key is a volume of the guest (disk, mount point, rootfs, efidisk0, tpmstate0), not a CD-ROM. */
  readonly isVolume: (key: string, value: ConfigValue) => boolean
  /** Server → normalised. Unknown keys are kept as text, so that nothing is lost. */
  readonly decode: (raw: RawConfig) => Config
  /** One key of `decode`. */
  readonly decodeValue: (key: string, text: string) => ConfigValue
  /** Brings a declared value to the form `decode` gives: sizes, booleans, sets, aliases; reports what PVE would refuse. */
  readonly normalize: (
    key: string,
    value: ConfigValue,
  ) => { readonly value: ConfigValue; readonly problem?: Pick<Diagnostic, 'code' | 'detail'> }
  /**
   * The text PVE wants for a key; empty when that means unsetting it. A property string is edited, not rewritten: keys of `previous`
   * that `value` does not name are kept, so nothing set by other means is wiped; `remove` names those that are to go. Without `previous` a
   * volume is allocated: `local-lvm:32`. Throws on a secret, which has no text.
   */
  readonly encode: (key: string, value: ConfigValue, previous?: string, remove?: readonly string[]) => string
  /** The declared value already holds in the observed one: only declared keys of a property map count. */
  readonly holds: (key: string, declared: ConfigValue, observed: ConfigValue | undefined) => boolean
  /** The same for one key of a property map. */
  readonly propertyHolds: (key: string, property: string, declared: Scalar, observed: PropertyMap) => boolean
  /**
   * What a change of this key means for a running guest. `replace`: PVE cannot change it on an existing one. `config` is the guest's other
   * configuration: what can be plugged depends on `hotplug`.
   */
  readonly change: (
    key: string,
    before: ConfigValue | undefined,
    after: ConfigValue | undefined,
    config?: Config,
  ) => 'live' | 'reboot' | 'replace'
  /** The property of a key that names its volume: `file`, `volume`; undefined for keys that hold none. */
  readonly volumeProperty: (key: string) => string | undefined
  /** The server refuses to delete the key or the property of it, or its deletion breaks the guest. */
  readonly isUndeletable: (key: string, property?: string) => boolean
  /** The property is fixed when the volume is made: `efidisk0.efitype`. */
  readonly isFixed: (key: string, property: string) => boolean
  /** Properties that cannot stand beside this one: declared, it takes their place. */
  readonly alternatives: (key: string, property: string) => readonly string[]
  /** What PVE would miss in the text of a property string, as a sentence's end: "needs `mp`"; undefined: nothing. */
  readonly lacks: (key: string, text: string) => string | undefined
  /** The property must be there, and mpc chooses one where nobody does: `net0.model`. */
  readonly hasRequiredDefault: (key: string, property: string) => boolean
  /** A change of the key is not noticed by a running guest or its users. */
  readonly isWithoutEffect: (key: string) => boolean
  /**
   * The server writes the key at once, and the guest has it only from its next start on; `raw` is what it has otherwise. Of a property string
   * some keys only: `before` and `after` are its values or texts.
   */
  readonly isReadAtStart: (key: string, raw: RawConfig, before?: ConfigValue, after?: ConfigValue) => boolean
  /** Deleting a key leaves its pending value standing (seen on PVE 9.2, of containers). */
  readonly keepsPending: boolean
  /** Keys the server may change along with this one. */
  readonly sideEffects: (key: string) => readonly string[]
  readonly identity: (raw: RawConfig) => GuestIdentity
}
