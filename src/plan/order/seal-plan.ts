import { canonicalSha256 } from '../../util/sha256.ts'
import type { Plan } from '../plan.ts'

/** Digits and letters that cannot be mistaken for one another. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_LENGTH = 7

/** The first bits of a hexadecimal hash, five to a character. */
const shortName = (hash: string, length: number): string => {
  const bits = [...hash.slice(0, Math.ceil((length * 5) / 4))].map((digit) =>
    Number.parseInt(digit, 16).toString(2).padStart(4, '0'),
  )
  const groups = bits.join('').match(/.{5}/g) ?? []
  return groups
    .slice(0, length)
    .map((group) => ALPHABET[Number.parseInt(group, 2)])
    .join('')
}

/** Gives a plan its fingerprint and its id. Plans are content-addressed: the same differences give the same plan. */
export const sealPlan = (parts: Omit<Plan, 'id' | 'fingerprint'>): Plan => {
  const fingerprint = canonicalSha256(parts)
  const { format_version, ...rest } = parts
  return { format_version, id: `p-${shortName(fingerprint, ID_LENGTH)}`, fingerprint, ...rest }
}
