import { type Address, parseAddressParts } from './address.ts'

/** The name of a guest that declares none: its label and instance key, as PVE takes names: `web`, `web-0`, `web-blue`. */
export const defaultName = (address: Address): string => {
  const parts = parseAddressParts(address)
  const text = parts ? [parts.name, ...(parts.key === undefined ? [] : [String(parts.key)])].join('-') : address
  return (
    text
      .replaceAll(/[^A-Za-z0-9-]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 63) || 'guest'
  )
}
