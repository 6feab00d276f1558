/**
 * Numbers as Terraform has them: binary floating point of 512 bits (less where a function gives less). Whole numbers that a double holds
 * exactly, and the infinities, are plain numbers; anything else is mantissa × 2^exponent with an odd mantissa.
 */
export interface BigNumber {
  readonly mantissa: bigint
  readonly exponent: number
}

export type Num = number | BigNumber

export const FULL_PRECISION = 512

/** Exponents of ten, and numbers of digits, past this are refused: no quantity of anything needs them, and they would cost time and memory. */
const MAX_DECIMAL_EXPONENT = 1_000

const bitLength = (value: bigint): number => {
  const text = (value < 0n ? -value : value).toString(16)
  return (text.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(text[0] ?? '0', 16)))
}

const trailingZeros = (value: bigint): number => {
  if (value === 0n) return 0
  let count = 0
  let rest = value < 0n ? -value : value
  while ((rest & 0xffff_ffffn) === 0n) {
    rest >>= 32n
    count += 32
  }
  while ((rest & 1n) === 0n) {
    rest >>= 1n
    count++
  }
  return count
}

/** Rounds to the nearest with `precision` bits, ties to even; `sticky` says that something not zero lies below the mantissa. */
const round = (mantissa: bigint, exponent: number, precision: number, sticky = false): Num => {
  const negative = mantissa < 0n
  let magnitude = negative ? -mantissa : mantissa
  let power = exponent
  const excess = bitLength(magnitude) - precision
  if (excess > 0) {
    const shift = BigInt(excess)
    const rest = magnitude & ((1n << shift) - 1n)
    const half = 1n << (shift - 1n)
    magnitude >>= shift
    power += excess
    if (rest > half || (rest === half && (sticky || (magnitude & 1n) === 1n))) magnitude += 1n
  }
  return normalized(negative ? -magnitude : magnitude, power)
}

const normalized = (mantissa: bigint, exponent: number): Num => {
  if (mantissa === 0n) return 0
  const zeros = trailingZeros(mantissa)
  const odd = mantissa >> BigInt(zeros)
  const power = exponent + zeros
  if (power >= 0 && power < 53) {
    const whole = odd << BigInt(power)
    if (whole <= 9_007_199_254_740_991n && whole >= -9_007_199_254_740_991n) return Number(whole)
  }
  return { mantissa: odd, exponent: power }
}

const toBig = (value: Num): BigNumber => (typeof value === 'number' ? { mantissa: BigInt(value), exponent: 0 } : value)

const isFiniteNum = (value: Num): boolean => typeof value !== 'number' || Number.isFinite(value)

/** Approximate double, for mathematics that Terraform itself does in doubles, and for infinities. */
export const toDouble = (value: Num): number => {
  if (typeof value === 'number') return value
  const excess = bitLength(value.mantissa) - 64
  if (excess <= 0) return Number(value.mantissa) * 2 ** value.exponent
  const rounded = round(value.mantissa, value.exponent, 53)
  if (typeof rounded === 'number') return rounded
  return Number(rounded.mantissa) * 2 ** rounded.exponent
}

/** Exact value of a double. */
export const fromDouble = (value: number): Num => {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  return normalized(value < 0 ? -mantissa : mantissa, (exponent === 0 ? 1 : exponent) - 1075)
}

export const fromBigInt = (value: bigint, precision = FULL_PRECISION): Num => round(value, 0, precision)

const aligned = (a: Num, b: Num): readonly [bigint, bigint, number] => {
  const [x, y] = [toBig(a), toBig(b)]
  const exponent = Math.min(x.exponent, y.exponent)
  return [x.mantissa << BigInt(x.exponent - exponent), y.mantissa << BigInt(y.exponent - exponent), exponent]
}

const bothDoubles = (a: Num, b: Num): boolean => typeof a === 'number' && typeof b === 'number'

export const add = (a: Num, b: Num, precision = FULL_PRECISION): Num => {
  if (bothDoubles(a, b) || !isFiniteNum(a) || !isFiniteNum(b)) {
    const sum = toDouble(a) + toDouble(b)
    if (Number.isSafeInteger(sum) || !Number.isFinite(sum)) return sum
  }
  const [x, y, exponent] = aligned(a, b)
  return round(x + y, exponent, precision)
}

export const negate = (value: Num): Num =>
  typeof value === 'number' ? -value : { mantissa: -value.mantissa, exponent: value.exponent }

export const subtract = (a: Num, b: Num, precision = FULL_PRECISION): Num => add(a, negate(b), precision)

export const multiply = (a: Num, b: Num, precision = FULL_PRECISION): Num => {
  if (bothDoubles(a, b) || !isFiniteNum(a) || !isFiniteNum(b)) {
    const product = toDouble(a) * toDouble(b)
    if (Number.isSafeInteger(product) || !Number.isFinite(product)) return product
  }
  const [x, y] = [toBig(a), toBig(b)]
  return round(x.mantissa * y.mantissa, x.exponent + y.exponent, precision)
}

/** Bits that hold the value exactly. */
export const neededBits = (value: Num): number => {
  if (typeof value === 'number') return Number.isFinite(value) ? bitLength(toBig(value).mantissa) : 0
  return bitLength(value.mantissa)
}

/** By zero it is infinite; NaN where there is no result. */
export const divide = (a: Num, b: Num, precision = FULL_PRECISION): Num => {
  if (b === 0 || !isFiniteNum(a) || !isFiniteNum(b)) return toDouble(a) / toDouble(b)
  const [x, y] = [toBig(a), toBig(b)]
  const shift = Math.max(0, precision + 2 + bitLength(y.mantissa) - bitLength(x.mantissa))
  const dividend = x.mantissa << BigInt(shift)
  const quotient = dividend / y.mantissa
  const exact = quotient * y.mantissa === dividend
  return round(quotient, x.exponent - y.exponent - shift, precision, !exact)
}

/** Towards zero. */
export const truncate = (value: Num): Num => {
  if (typeof value === 'number' || value.exponent >= 0) return value
  const magnitude = value.mantissa < 0n ? -value.mantissa : value.mantissa
  const whole = magnitude >> BigInt(-value.exponent)
  return normalized(value.mantissa < 0n ? -whole : whole, 0)
}

export const isWhole = (value: Num): boolean =>
  typeof value === 'number' ? Number.isFinite(value) : value.exponent >= 0

/** What is left of the division towards zero; it has the sign of the dividend. By zero it is the dividend itself, as in Terraform. */
export const modulo = (a: Num, b: Num, precision = FULL_PRECISION): Num => {
  if (b === 0) return a
  if (!isFiniteNum(a)) return Number.NaN
  if (bothDoubles(a, b) && isFiniteNum(b)) return toDouble(a) % toDouble(b)
  if (!isFiniteNum(b)) return a
  return subtract(a, multiply(b, truncate(divide(a, b, precision)), precision), precision)
}

/** Negative, zero or positive. */
export const compareNumbers = (a: Num, b: Num): number => {
  if (bothDoubles(a, b) || !isFiniteNum(a) || !isFiniteNum(b)) {
    const [x, y] = [toDouble(a), toDouble(b)]
    return x < y ? -1 : x > y ? 1 : 0
  }
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$|^([+-]?)\.(\d+)(?:[eE]([+-]?\d+))?$/

/** Reads decimal text; undefined when it is no number, or one out of all proportion. */
export const parseNumber = (text: string): Num | undefined => {
  const match = DECIMAL.exec(text)
  if (!match) return undefined
  const sign = match[1] || match[5] || ''
  const whole = match[2] ?? ''
  const fraction = match[3] ?? match[6] ?? ''
  const exponent = Number(match[4] ?? match[7] ?? '0') - fraction.length
  if (Math.abs(exponent) > MAX_DECIMAL_EXPONENT || whole.length > MAX_DECIMAL_EXPONENT) return undefined
  if (exponent === 0 && whole.length < 16) return Number(`${sign}${whole}`)
  const digits = BigInt(`${whole}${fraction}`)
  const signed = sign === '-' ? -digits : digits
  if (exponent >= 0) return round(signed * 10n ** BigInt(exponent), 0, FULL_PRECISION)
  if (digits === 0n) return 0
  const divisor = 10n ** BigInt(-exponent)
  return divide(normalized(signed, 0), normalized(divisor, 0))
}

/** Powers of two past this are out of all proportion: writing them out takes thousands of digits. */
const MAX_EXPONENT = 20_000

/** The number has so many digits that it cannot be meant. */
export const isDisproportionate = (value: Num): boolean =>
  typeof value !== 'number' && Math.abs(value.exponent) > MAX_EXPONENT

interface Decimal {
  readonly digits: string
  /** Digits before the point. */
  readonly point: number
}

const decimalOf = (mantissa: bigint, exponent: number, width: number): Decimal => {
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)
  const digits = scaled.toString().padStart(width, '0')
  return { digits, point: digits.length - Math.max(0, -exponent) }
}

const plain = (digits: string, point: number): string => {
  const padded = point <= 0 ? `${'0'.repeat(1 - point)}${digits}` : digits
  const at = Math.max(point, 1)
  const whole = padded
    .slice(0, at)
    .padEnd(at, '0')
    .replace(/^0+(?=\d)/, '')
  const fraction = padded.slice(at).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const roundUp = (digits: string): string => (BigInt(digits) + 1n).toString().padStart(digits.length, '0')

/** Cuts exact digits to the fewest that no other number of this precision is nearer to. */
const shortest = (value: Decimal, lower: Decimal, upper: Decimal, inclusive: boolean): string => {
  const [d, l, u] = [value.digits, lower.digits, upper.digits]
  const lastNonZero = (digits: string): number => digits.replace(/0+$/, '').length
  const [lowerEnd, upperEnd] = [lastNonZero(l), lastNonZero(u)]
  for (let i = 0; i < d.length; i++) {
    const down = l[i] !== d[i] || (inclusive && i + 1 === lowerEnd)
    const up = d[i] !== u[i] && (inclusive || Number(d[i]) + 1 < Number(u[i]) || i + 1 < upperEnd)
    if (!down && !up) continue
    const cut = d.slice(0, i + 1)
    const rest = d.slice(i + 1)
    const half = `5${'0'.repeat(Math.max(0, rest.length - 1))}`
    const nearestUp = rest > half || (rest === half && Number(d[i]) % 2 === 1)
    const raised = down && up ? nearestUp : up
    const kept = raised ? roundUp(cut) : cut
    return plain(kept, value.point + (kept.length - cut.length))
  }
  return plain(d, value.point)
}

/** Decimal text of the number as it is, to its last digit. */
export const exactText = (value: Num): string => {
  if (typeof value === 'number') return formatNumber(value)
  const { mantissa, exponent } = value
  const { digits, point } = decimalOf(mantissa < 0n ? -mantissa : mantissa, exponent, 0)
  return `${mantissa < 0n ? '-' : ''}${plain(digits, point)}`
}

/** Decimal text without exponent: the shortest that reads back as the same number of this precision. */
export const formatNumber = (value: Num, precision = FULL_PRECISION): string => {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value.toString()
    return value > 0 ? '+Inf' : '-Inf'
  }
  const negative = value.mantissa < 0n
  const magnitude = negative ? -value.mantissa : value.mantissa
  const widen = Math.max(0, precision + 1 - bitLength(magnitude))
  const mantissa = magnitude << BigInt(widen)
  const exponent = value.exponent - widen
  const upper = decimalOf(mantissa + 1n, exponent, 0)
  const width = upper.digits.length
  const exact = decimalOf(mantissa, exponent, width)
  const lower = decimalOf(mantissa - 1n, exponent, width)
  const text = shortest(exact, lower, upper, (mantissa & 2n) === 0n)
  return negative ? `-${text}` : text
}
