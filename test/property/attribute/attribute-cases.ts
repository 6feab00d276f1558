import { attributeName } from '../../../src/kinds/attribute-name.ts'
import type { GuestKind } from '../../../src/kinds/kind.ts'
import { guestKinds } from '../../../src/kinds/registry.ts'
import { LEFT_OUT } from './left-out.ts'
import { COMPANIONS, parameterPair, propertyPair, type Sample, WHOLE } from './sample-values.ts'

/** One parameter, or one key of a property string, and what becomes of it. */
export interface AttributeCase {
  readonly kind: GuestKind
  /** The slot it is tried in: `net1`. */
  readonly key: string
  readonly property?: string
  /** Dotted, as plans name it. */
  readonly name: string
  /** What is there before; undefined: nothing. */
  readonly start?: Sample
  readonly one: Sample
  readonly other: Sample
}

/** Slots that the guest has already, and that the cases leave alone. */
const OCCUPIED: readonly string[] = ['net[n]', 'scsi[n]']

const keyOf = (name: string): string => name.replace('[n]', OCCUPIED.includes(name) ? '1' : '0')

const propertyCases = (kind: GuestKind, name: string): readonly AttributeCase[] => {
  const facts = kind.attributes[name]
  const key = keyOf(name)
  const [base] = (facts && parameterPair(kind, name, facts)) ?? []
  return Object.entries(facts?.properties ?? {}).flatMap(([property, value]): AttributeCase[] => {
    const own = attributeName(kind, key, property)
    const together = WHOLE[`${kind.name} ${own}`]
    if (together) return [{ kind, key, property, name: own, one: together[0], other: together[1] }]
    const pair = propertyPair(kind, name, property, value)
    if (!pair || typeof base !== 'object' || Array.isArray(base)) return []
    const more = COMPANIONS[`${kind.name} ${name.replace('[n]', '')}.${property}`] ?? {}
    const { [property]: _own, ...others } = { ...base, ...more } as Readonly<Record<string, never>>
    const isNeeded = !value.optional || kind.isFixed(key, property) || Object.keys(others).length === 0
    const start = isNeeded ? undefined : others
    const [one, other] = pair.map((each) => ({ ...others, [property]: each }) as Sample) as [Sample, Sample]
    return [{ kind, key, property, name: own, ...(start && { start }), one, other }]
  })
}

/** A container always has one. */
const ROOTFS = { storage: 'local-lvm', size: '1G' }

const casesOf = (kind: GuestKind): readonly AttributeCase[] =>
  Object.entries(kind.attributes).flatMap(([name, facts]) => {
    const key = keyOf(name)
    const pair = parameterPair(kind, name, facts)
    const start = name === 'rootfs' ? ROOTFS : undefined
    const whole = pair
      ? [{ kind, key, name: attributeName(kind, key), ...(start && { start }), one: pair[0], other: pair[1] }]
      : []
    return [...whole, ...propertyCases(kind, name)]
  })

export const nameOf = ({ kind, name }: AttributeCase): string => `${kind.name} ${name}`

export const allCases = (): readonly AttributeCase[] => [...casesOf(guestKinds.vm), ...casesOf(guestKinds.container)]

/** PVE takes it from nobody once the guest exists. */
export const isCreationOnly = ({ kind, key }: AttributeCase): boolean =>
  kind.factsFor(key)?.on.includes('update') === false

/** What can be declared, changed and left out on a guest that exists. */
export const circleCases = (): readonly AttributeCase[] =>
  allCases().filter((one) => !isCreationOnly(one) && !(nameOf(one) in LEFT_OUT))

/** Everything that can be declared, as `vm net.mtu`. */
export const allNames = (): readonly string[] =>
  Object.values(guestKinds).flatMap((kind) =>
    Object.entries(kind.attributes).flatMap(([name, { properties = {} }]) => {
      const key = keyOf(name)
      return [attributeName(kind, key), ...Object.keys(properties).map((each) => attributeName(kind, key, each))].map(
        (each) => `${kind.name} ${each}`,
      )
    }),
  )
