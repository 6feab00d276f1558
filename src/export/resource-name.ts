import { type Address, parseAddressParts } from '../resource/address.ts'

const piece = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]+/g, '_').replaceAll(/^_+|_+$/g, '')

const nameOf = (address: Address): string => {
  const parts = parseAddressParts(address)
  if (!parts) return piece(address)
  const pieces = [...parts.modules.flatMap(({ name, key }) => [name, key]), parts.name, parts.key].flatMap((part) =>
    part === undefined ? [] : [piece(String(part))],
  )
  const joined = pieces.filter(Boolean).join('_')
  return /^[A-Za-z_]/.test(joined) ? joined : `guest_${joined}`
}

/** A plain identifier for each address, unique among them: `vm.web[0]` → `web_0`. Equal addresses in equal company are named alike. */
export const resourceNames = (addresses: readonly Address[]): ReadonlyMap<Address, string> => {
  const names = new Map<Address, string>()
  const used = new Set<string>()
  for (const address of addresses) {
    const plain = nameOf(address)
    let name = plain
    for (let n = 2; used.has(name); n++) name = `${plain}_${n}`
    used.add(name)
    names.set(address, name)
  }
  return names
}
