declare const brand: unique symbol

/** The name of a declared resource: `vm.web`, `vm.web[0]`, `vm.web["blue"]`, `module.site.container.dns`. Made by `addressOf` and the parsers only. */
export type Address = string & { readonly [brand]: 'Address' }

export type InstanceKey = number | string

export interface AddressParts {
  readonly modules: readonly { readonly name: string; readonly key?: InstanceKey }[]
  /** The kind's name: `vm`, `container`, `pool`. */
  readonly type: string
  readonly name: string
  readonly key?: InstanceKey
}

const NAME = '[A-Za-z_][A-Za-z0-9_-]*'
const KEY = String.raw`\[(?:\d+|"(?:[^"\\]|\\.)*")\]`
const SEGMENT = new RegExp(`^(${NAME})(${KEY})?(?:\\.|$)`)

const keyText = (key: InstanceKey | undefined): string => (key === undefined ? '' : `[${JSON.stringify(key)}]`)

/** The way through modules: `module.site["a"].module.db`. */
export const modulePath = (modules: AddressParts['modules']): string =>
  modules.map(({ name, key }) => `module.${name}${keyText(key)}`).join('.')

/** Writes the parts in the one canonical spelling. */
export const addressOf = ({ modules, type, name, key }: AddressParts): Address =>
  `${modules.length === 0 ? '' : `${modulePath(modules)}.`}${type}.${name}${keyText(key)}` as Address

interface Segment {
  readonly name: string
  readonly key?: InstanceKey
}

const segmentsOf = (text: string): readonly Segment[] | undefined => {
  const segments: Segment[] = []
  let rest = text
  while (rest !== '') {
    const match = SEGMENT.exec(rest)
    if (!match?.[1]) return undefined
    if (match[0] === rest && rest.endsWith('.')) return undefined
    try {
      segments.push(match[2] ? { name: match[1], key: JSON.parse(match[2].slice(1, -1)) } : { name: match[1] })
    } catch {
      return undefined
    }
    rest = rest.slice(match[0].length)
  }
  return segments
}

/** Takes an address apart; undefined when it is not one. */
export const parseAddressParts = (text: string): AddressParts | undefined => {
  const segments = segmentsOf(text)
  if (!segments) return undefined
  const modules: Segment[] = []
  let at = 0
  while (segments[at]?.name === 'module' && segments[at]?.key === undefined) {
    const step = segments[at + 1]
    if (!step) return undefined
    modules.push(step)
    at += 2
  }
  const [type, last] = segments.slice(at)
  if (segments.length !== at + 2 || !type || !last || type.key !== undefined) return undefined
  return { modules, type: type.name, ...last }
}

/** Reads an address as a person types it; undefined when it is not one. */
export const parseAddress = (text: string): Address | undefined => {
  const parts = parseAddressParts(text.trim())
  return parts && addressOf(parts)
}

/** Reads an address that may also be a module's, for everything in it: `module.site`, `module.site["a"].module.db`. */
export const parseAddressPattern = (text: string): Address | undefined => {
  const segments = segmentsOf(text.trim())
  if (!segments || segments.length === 0 || segments.length % 2 === 1) return parseAddress(text)
  const isModule = segments.every(({ name, key }, at) => at % 2 === 1 || (name === 'module' && key === undefined))
  if (!isModule) return parseAddress(text)
  return modulePath(segments.filter((_, at) => at % 2 === 1)) as Address
}
