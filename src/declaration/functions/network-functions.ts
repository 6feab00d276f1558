import type { Parameter } from '../eval/evaluation.ts'
import { formatNumber, isWhole } from '../eval/number.ts'
import { listOf, NUMBER, STRING } from '../eval/type.ts'
import { FAILED, type Failure, failure, list, type NumberValue, string, type Value } from '../eval/value.ts'
import { double, isFailure, spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld, Libraries } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'

type Ip = Libraries['ip-address']

/** A range of addresses: its first one as a number. */
interface Network {
  readonly base: bigint
  readonly length: number
  readonly bits: 32 | 128
}

const withoutZeros = (address: string): string => address.replace(/(^|\.)0+(?=\d)/g, '$1')

const parseNetwork = (ip: Ip, given: string): Network | undefined => {
  const [, address = '', prefix = ''] = /^([0-9A-Fa-f.:]+)\/(\d{1,3})$/.exec(given) ?? []
  const bits = address.includes(':') ? 128 : 32
  const length = Number(prefix)
  const family = bits === 32 ? ip.Address4 : ip.Address6
  const plain = bits === 32 ? withoutZeros(address) : address
  if (address === '' || length > bits || !family.isValid(plain)) return undefined
  const whole = new family(plain).bigInt()
  const shift = BigInt(bits - length)
  return { base: (whole >> shift) << shift, length, bits }
}

const addressText = (ip: Ip, value: bigint, bits: 32 | 128): string =>
  bits === 32 ? ip.Address4.fromBigInt(value).correctForm() : ip.Address6.fromBigInt(value).correctForm()

const networkText = (ip: Ip, { base, length, bits }: Network): string => `${addressText(ip, base, bits)}/${length}`

const NO_PREFIX = 'it must be a network such as "10.0.0.0/16"'

const wholeNumber = (value: Value | undefined, argument: number): bigint | Failure => {
  const num = (value as NumberValue).value
  return isWhole(num)
    ? BigInt(formatNumber(Object.is(num, -0) ? 0 : num))
    : failure('a whole number is required', argument)
}

const cidrhost = (ip: Ip, [prefix, host]: readonly Value[]): Value | Failure => {
  const network = parseNetwork(ip, text(prefix))
  if (!network) return failure(NO_PREFIX, 0)
  const number = wholeNumber(host, 1)
  if (typeof number !== 'bigint') return number
  const size = 1n << BigInt(network.bits - network.length)
  if (number >= size || -number > size)
    return failure(`a prefix of ${network.length} has no host with the number ${number}`)
  return string(addressText(ip, network.base + (number < 0n ? size + number : number), network.bits))
}

const cidrnetmask = (ip: Ip, [prefix]: readonly Value[]): Value | Failure => {
  const network = parseNetwork(ip, text(prefix))
  if (!network) return failure(NO_PREFIX, 0)
  if (network.bits !== 32) return failure('IPv6 networks have no netmask', 0)
  const mask = ((1n << 32n) - 1n) ^ ((1n << BigInt(32 - network.length)) - 1n)
  return string(addressText(ip, mask, 32))
}

const cidrsubnet = (ip: Ip, [prefix, newbits, netnum]: readonly Value[]): Value | Failure => {
  const network = parseNetwork(ip, text(prefix))
  if (!network) return failure(NO_PREFIX, 0)
  const [more, number] = [wholeNumber(newbits, 1), wholeNumber(netnum, 2)]
  if (typeof more !== 'bigint') return more
  if (typeof number !== 'bigint') return number
  const length = network.length + Number(more)
  if (more < 0n || length > network.bits)
    return failure(`there is no room to extend a prefix of ${network.length} by ${more} bits`)
  if (number < 0n || number >= 1n << more) return failure(`${more} more bits have no subnet with the number ${number}`)
  const base = network.base + (number << BigInt(network.bits - length))
  return string(networkText(ip, { base, length, bits: network.bits }))
}

const cidrsubnets = (ip: Ip, [prefix, ...newbits]: readonly Value[]): Value | Failure => {
  const network = parseNetwork(ip, text(prefix))
  if (!network) return failure(NO_PREFIX, 0)
  const end = network.base + (1n << BigInt(network.bits - network.length))
  let at = network.base
  const subnets: Value[] = []
  for (const [index, value] of newbits.entries()) {
    const more = wholeNumber(value, index + 1)
    if (isFailure(more)) return more
    const length = network.length + double(value)
    if (more < 1n) return failure('a prefix must be extended by at least one bit', index + 1)
    if (more > 32n) return failure('a prefix cannot be extended by more than 32 bits', index + 1)
    if (length > network.bits)
      return failure(`there is no room to extend a prefix of ${network.length} by ${more} bits`, index + 1)
    const size = 1n << BigInt(network.bits - length)
    const base = ((at + size - 1n) / size) * size
    if (base + size > end)
      return failure(`not enough address space is left for a subnet with a prefix of ${length}`, index + 1)
    subnets.push(string(networkText(ip, { base, length, bits: network.bits })))
    at = base + size
  }
  return list(STRING, subnets)
}

const prefix: readonly Parameter[] = strings('prefix')

/** Address arithmetic; the package for it is loaded when first used. */
export const networkFunctions = (world: FunctionWorld): FunctionGroup => {
  const withIp = (run: (ip: Ip, args: readonly Value[]) => Value | Failure) => (args: readonly Value[]) => {
    const ip = world.library('ip-address')
    return ip ? run(ip, args) : FAILED
  }
  return {
    cidrhost: spec([...prefix, parameter('hostnum', NUMBER)], STRING, withIp(cidrhost)),
    cidrnetmask: spec(prefix, STRING, withIp(cidrnetmask)),
    cidrsubnet: spec(
      [...prefix, parameter('newbits', NUMBER), parameter('netnum', NUMBER)],
      STRING,
      withIp(cidrsubnet),
    ),
    cidrsubnets: spec(prefix, listOf(STRING), withIp(cidrsubnets), parameter('newbits', NUMBER)),
  }
}
