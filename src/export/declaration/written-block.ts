import type { Address } from '../../resource/address.ts'
import type { Scalar } from '../../resource/config-value.ts'
import type { GuestRef } from '../../resource/guest.ts'

/** An expression of the declaration language, as it stands in HCL: `each.value.node`. */
export interface WrittenExpression {
  readonly expression: string
}

/** What PVE writes as one text, as a map of its keys. */
export type WrittenMap = { readonly [property: string]: Scalar | WrittenExpression }

export type WrittenValue = Scalar | readonly string[] | WrittenMap | WrittenExpression

export interface WrittenAttribute {
  readonly name: string
  readonly value: WrittenValue
}

/** A disk, network or mount point: `disk "scsi0" { … }`. */
export interface WrittenSlot {
  readonly block: string
  readonly slot: string
  readonly properties: WrittenMap
}

/** A resource as a person would declare it, in no language yet. */
export interface WrittenBlock {
  readonly kind: 'vm' | 'container' | 'pool'
  readonly label: string
  readonly address: Address
  readonly attributes: readonly WrittenAttribute[]
  readonly slots: readonly WrittenSlot[]
  /** Its `lifecycle` block. */
  readonly lifecycle?: { readonly [name: string]: Scalar }
  /** The guest it declares. */
  readonly guest?: GuestRef
}

export const isExpression = (value: WrittenValue): value is WrittenExpression =>
  typeof value === 'object' && !Array.isArray(value) && typeof Reflect.get(value, 'expression') === 'string'

export const isMap = (value: WrittenValue): value is WrittenMap =>
  typeof value === 'object' && !Array.isArray(value) && !isExpression(value)
