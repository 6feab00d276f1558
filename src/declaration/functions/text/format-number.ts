import { exactText, formatNumber, type Num, toDouble, truncate } from '../../eval/number.ts'

/** A format verb taken apart: `%-8.3f`. */
export interface Verb {
  readonly text: string
  readonly letter: string
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
  /** Explicit argument, from 1: `%[2]d`. */
  readonly index: number | undefined
}

const integerDigits = (value: Num): string => {
  const whole = truncate(value)
  return formatNumber(Object.is(whole, -0) ? 0 : whole)
}

const inBase = (value: Num, base: number): string => {
  const digits = BigInt(integerDigits(value)).toString(base)
  return digits
}

const PREFIXES: { readonly [letter: string]: string } = { x: '0x', X: '0X', o: '0', b: '0b' }

const signed = (digits: string, flags: string): string => {
  if (digits.startsWith('-')) return digits
  if (flags.includes('+')) return `+${digits}`
  return flags.includes(' ') ? ` ${digits}` : digits
}

const pad = (digits: string, { width, flags }: Verb, zeros: boolean): string => {
  if (width === undefined || digits.length >= width) return digits
  if (flags.includes('-')) return digits.padEnd(width)
  if (!zeros || !flags.includes('0')) return digits.padStart(width)
  const [, sign = '', rest = ''] = /^([+\- ]?(?:0[xX])?)(.*)$/s.exec(digits) ?? []
  return `${sign}${rest.padStart(width - sign.length, '0')}`
}

/** `%d`, `%x`, `%X`, `%o`, `%b`: what stands behind the point is cut off. */
export const formatInteger = (value: Num, verb: Verb): string => {
  const { letter, flags, precision } = verb
  const base = letter === 'd' ? 10 : letter === 'o' ? 8 : letter === 'b' ? 2 : 16
  const raw = inBase(value, base)
  const negative = raw.startsWith('-')
  const magnitude = (negative ? raw.slice(1) : raw).padStart(precision ?? 0, '0')
  const cased = letter === 'X' ? magnitude.toUpperCase() : magnitude
  const prefixed = flags.includes('#') ? `${PREFIXES[letter] ?? ''}${cased}` : cased
  return pad(signed(`${negative ? '-' : ''}${prefixed}`, flags), verb, precision === undefined)
}

const decimals = (value: Num): { readonly negative: boolean; readonly whole: string; readonly fraction: string } => {
  const text = exactText(value)
  const negative = text.startsWith('-')
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.')
  return { negative, whole, fraction }
}

/** Rounds decimal digits to a number of places behind the point, ties to even. */
const roundDecimal = (whole: string, fraction: string, places: number): readonly [string, string] => {
  if (fraction.length <= places) return [whole, fraction.padEnd(places, '0')]
  const kept = BigInt(`${whole}${fraction.slice(0, places)}`)
  const rest = fraction.slice(places)
  const half = `5${'0'.repeat(rest.length - 1)}`
  const up = rest > half || (rest === half && kept % 2n === 1n)
  const digits = (up ? kept + 1n : kept).toString().padStart(places + 1, '0')
  return places === 0 ? [digits, ''] : [digits.slice(0, -places), digits.slice(-places)]
}

const fixed = (value: Num, places: number): string => {
  const { negative, whole, fraction } = decimals(value)
  const [a, b] = roundDecimal(whole, fraction, places)
  return `${negative ? '-' : ''}${a}${b === '' ? '' : `.${b}`}`
}

const exponential = (value: Num, places: number): string => {
  const { negative, whole, fraction } = decimals(value)
  const digits = `${whole}${fraction}`
  const first = digits.search(/[1-9]/)
  if (first < 0) return `${negative ? '-' : ''}0${places > 0 ? `.${'0'.repeat(places)}` : ''}e+00`
  const [head, tail] = roundDecimal(digits.charAt(first), digits.slice(first + 1), places)
  const carried = head.length > 1
  const exponent = whole.length - 1 - first + (carried ? 1 : 0)
  const mantissa = carried
    ? `1${places > 0 ? `.${'0'.repeat(places)}` : ''}`
    : `${head}${tail === '' ? '' : `.${tail}`}`
  return `${negative ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** `%g`: fixed or exponential, whichever suits, without needless zeros. */
const general = (value: Num, precision: number | undefined, own: number): string => {
  const shortest = formatNumber(value, own)
  const significant = shortest.replace(/^-/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length
  const places = precision === undefined ? Math.max(significant - 1, 0) : Math.max(precision - 1, 0)
  const text = exponential(value, places)
  const [mantissa = '0', power = '0'] = text.split('e')
  const exponent = Number(power)
  const limit = precision === undefined ? 6 : Math.max(precision, 1)
  if (exponent < -4 || exponent >= limit)
    return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${power}`
  if (precision === undefined) return shortest
  const shown = fixed(value, Math.max(places - exponent, 0))
  return shown.includes('.') ? shown.replace(/\.?0+$/, '') : shown
}

const INFINITE = /^-?(Infinity|NaN)$/

/** `%e`, `%f`, `%g` and their capital forms. */
export const formatReal = (value: Num, verb: Verb, own: number): string => {
  const { letter, precision, flags } = verb
  if (INFINITE.test(String(value))) return pad(signed(toDouble(value) > 0 ? '+Inf' : '-Inf', flags), verb, false)
  const kind = letter.toLowerCase()
  const text =
    kind === 'f'
      ? fixed(value, precision ?? 6)
      : kind === 'e'
        ? exponential(value, precision ?? 6)
        : general(value, precision, own)
  return pad(signed(letter === kind ? text : text.toUpperCase(), flags), verb, true)
}
