import type { GuestKindName, GuestType } from '../resource/guest.ts'
import type { MeasuredParameter, PveParameter } from './facts/pve-facts.ts'
import type { GuestTraits } from './guest-traits.ts'
import type { Spelling } from './value/spelling.ts'

/** How a list is written as one text. */
export interface ListForm {
  readonly separator: string
  /** Splits any spelling PVE accepts. */
  readonly split: RegExp
  /** Order and repetition mean nothing: kept sorted and unique. */
  readonly set?: true
  /** Order and repetition mean nothing, but what is written keeps the order it was declared in. */
  readonly unordered?: true
  /** Texts that stand for a whole list: hotplug `0` is none, `1` the usual ones. */
  readonly words?: { readonly [text: string]: readonly string[] }
}

/**
 * What the API description does not say about a kind of guest, as data. Everything is keyed by parameter name (`net[n]`), then by
 * property key.
 */
export interface KindDefinition {
  readonly name: GuestKindName
  readonly type: GuestType
  readonly traits: GuestTraits
  readonly parameters: { readonly [name: string]: PveParameter }
  readonly running: { readonly [name: string]: MeasuredParameter }
  /** Parameters that are no configuration to declare, and why a person meets them elsewhere. */
  readonly excluded: { readonly [name: string]: string }
  readonly groups: { readonly [block: string]: readonly string[] }
  /** Highest index of numbered parameters. */
  readonly lastIndex: { readonly [name: string]: number }
  /** Parameters that hold a volume, and the property that names it. */
  readonly volumes: { readonly [name: string]: string }
  /** Parameters without a number that stand for a device: absent means that there is none, whatever its properties' defaults are. */
  readonly devices: readonly string[]
  /** Properties that cannot be declared, and why. */
  readonly excludedProperties: { readonly [name: string]: { readonly [key: string]: string } }
  /** Properties of which PVE takes only one: the one that is declared takes the place of the other. */
  readonly alternatives: { readonly [name: string]: readonly (readonly [string, string])[] }
  /** Properties that PVE takes only beside another one. */
  readonly requires: { readonly [name: string]: { readonly [key: string]: readonly string[] } }
  /** Properties the server ignores when told; not offered to declarations. */
  readonly ignoredProperties: { readonly [name: string]: readonly string[] }
  /** Values of ours besides PVE's: `media = "cloudinit"`. */
  readonly extraEnum: { readonly [name: string]: { readonly [key: string]: readonly string[] } }
  /** Properties that must be there and that we choose when nobody does; `%` is the parameter's index. */
  readonly requiredDefaults: { readonly [name: string]: { readonly [key: string]: string } }
  /** What an absent boolean means where PVE states no default and it is not `false`; null: neither. */
  readonly absentBooleans: { readonly [name: string]: { readonly [key: string]: boolean | null } }
  /** Texts that mean the same in several spellings, besides what follows from their format; the empty key is the parameter itself. */
  readonly spellings: { readonly [name: string]: { readonly [key: string]: Spelling } }
  readonly lists: { readonly [name: string]: ListForm }
  readonly secrets: readonly string[]
  /** How a running guest takes a parameter where the measurement says nothing or too little. */
  readonly knownEffects: { readonly [name: string]: 'live' | 'reboot' | 'replace' }
  /** How a running guest takes a removal, where neither was measured nor is as with a new value. */
  readonly removed: { readonly [name: string]: 'live' | 'reboot' }
  /** Properties a running guest takes at once, besides those measured. */
  readonly liveProperties: { readonly [name: string]: RegExp }
  /** Parameters the server refuses to delete, or whose deletion breaks the guest; once declared they stay. */
  readonly undeletable: readonly string[]
  /** The same for properties: left out, they stay. */
  readonly undeletableProperties: { readonly [name: string]: readonly string[] }
  /** Properties that are fixed when a volume is made. */
  readonly fixedProperties: { readonly [name: string]: readonly string[] }
  /** Parameters that only the configuration file knows: nobody notices a change. */
  readonly withoutEffect: readonly string[]
  /** Deleting a parameter leaves its pending value standing. */
  readonly keepsPending: boolean
  /** Parameters that PVE writes at once and the guest reads when it starts; `cloud-init`: where it has a cloud-init drive. */
  readonly readAtStart: { readonly [name: string]: 'always' | 'cloud-init' }
  /** The same for properties. */
  readonly readAtStartProperties: { readonly [name: string]: readonly string[] }
  /** Parameters the server may change along with this one. */
  readonly sideEffects: { readonly [name: string]: readonly string[] }
  /** Texts that are percent-encoded once more than the transport does. */
  readonly urlEncoded: readonly string[]
  /** Texts whose final line breaks the server adds or drops. */
  readonly looseLineEnds: readonly string[]
}
