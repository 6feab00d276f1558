/** A value in HCL; `expression` is written as it is: a reference such as `cpu`. */
export type HclValue =
  | string
  | number
  | boolean
  | readonly HclValue[]
  | { readonly expression: string }
  | { readonly object: { readonly [key: string]: HclValue } }

export interface HclAttribute {
  readonly name: string
  readonly value: HclValue
}

export interface HclBlock {
  readonly block: string
  readonly labels: readonly string[]
  readonly attributes: readonly HclAttribute[]
  readonly blocks: readonly HclBlock[]
}

/** Quotes text so that HCL reads it back unchanged: no interpolation, no escape JSON has and HCL has not. */
export const hclString = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('\\b', '\\u0008')
    .replaceAll('\\f', '\\u000c')
    .replaceAll(/[$%]\{/g, (opening) => `${opening[0]}${opening}`)

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]*$/
const WORDS: readonly string[] = ['true', 'false', 'null', 'for', 'if', 'in']

/** A key of an object: quoted only where it has to be. */
const keyText = (key: string): string => (IDENTIFIER.test(key) && !WORDS.includes(key) ? key : hclString(key))

const valueText = (value: HclValue): string => {
  if (typeof value === 'string') return hclString(value)
  if (typeof value !== 'object') return String(value)
  if ('expression' in value) return value.expression
  if (!('object' in value)) return `[${value.map(valueText).join(', ')}]`
  const items = Object.entries(value.object).map(([key, inner]) => `${keyText(key)} = ${valueText(inner)}`)
  return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`
}

/** Attributes one below the other, with equals signs in a column as `terraform fmt` wants them. */
const attributeLines = (attributes: readonly HclAttribute[], indent: string): readonly string[] => {
  const width = Math.max(0, ...attributes.map(({ name }) => name.length))
  return attributes.map(({ name, value }) => `${indent}${name.padEnd(width)} = ${valueText(value)}`)
}

const blockLines = ({ block, labels, attributes, blocks }: HclBlock, indent: string): readonly string[] => {
  const head = [block, ...labels.map(hclString)].join(' ')
  if (attributes.length === 0 && blocks.length === 0) return [`${indent}${head} {}`]
  const inner = [
    ...(attributes.length > 0 ? [attributeLines(attributes, `${indent}  `)] : []),
    ...blocks.map((one) => blockLines(one, `${indent}  `)),
  ]
  return [`${indent}${head} {`, ...inner.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines])), `${indent}}`]
}

/** A block; attributes without a value are left out. */
export const hclBlock = (
  block: string,
  attributes: Readonly<Record<string, HclValue | undefined>>,
  blocks: readonly (HclBlock | undefined)[] = [],
  labels: readonly string[] = [],
): HclBlock => ({
  block,
  labels,
  attributes: Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
  blocks: blocks.filter((one) => one !== undefined),
})

/** A block, or nothing when nothing would stand in it. */
export const hclBlockIfAny = (...parts: Parameters<typeof hclBlock>): HclBlock | undefined => {
  const made = hclBlock(...parts)
  return made.attributes.length === 0 && made.blocks.length === 0 ? undefined : made
}

/** A whole file, as `terraform fmt` would leave it. */
export const hclFile = (blocks: readonly HclBlock[]): string =>
  blocks.map((block) => `${blockLines(block, '').join('\n')}\n`).join('\n')
