import { createHash } from 'node:crypto'
import type { FunctionSpec } from '../eval/evaluation.ts'
import { spend } from '../eval/evaluation.ts'
import { STRING } from '../eval/type.ts'
import { FAILED, type Failure, failure, string, type Value } from '../eval/value.ts'
import { onText, spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld } from './call/function-world.ts'
import { rsaDecrypt } from './text/rsa-decrypt.ts'

type Digest = 'hex' | 'base64'

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const

const hash = (algorithm: string, data: string | Uint8Array, form: Digest): string =>
  createHash(algorithm).update(data).digest(form)

/** RFC 4122's own name spaces. */
const NAMESPACES: { readonly [name: string]: string } = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
}

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

const uuidv5 = ([namespace, name]: readonly Value[]): Value | Failure => {
  const given = text(namespace)
  const space = Object.hasOwn(NAMESPACES, given) ? NAMESPACES[given] : given.replace(/^urn:uuid:|^\{|\}$/g, '')
  if (space === undefined || !UUID.test(space)) return failure('it must be a UUID, or one of dns, url, oid and x500', 0)
  const bytes = createHash('sha1')
    .update(Buffer.from(space.replaceAll('-', ''), 'hex'))
    .update(text(name))
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return string(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
}

const ofFile = (world: FunctionWorld, algorithm: string, form: Digest): FunctionSpec =>
  spec(strings('path'), STRING, ([path], evaluation, at) => {
    const content = world.read(text(path))
    if (!content) return FAILED
    if (content.kind === 'missing') return failure(`${text(path)}: ${content.reason}`, 0)
    spend(evaluation, content.bytes.length >> 6, at)
    return string(hash(algorithm, content.bytes, form))
  })

export const hashFunctions = (world: FunctionWorld): FunctionGroup => ({
  ...Object.fromEntries(ALGORITHMS.map((name) => [name, onText('str', (given) => hash(name, given, 'hex'))])),
  ...Object.fromEntries(ALGORITHMS.map((name) => [`file${name}`, ofFile(world, name, 'hex')])),
  base64sha256: onText('str', (given) => hash('sha256', given, 'base64')),
  base64sha512: onText('str', (given) => hash('sha512', given, 'base64')),
  filebase64sha256: ofFile(world, 'sha256', 'base64'),
  filebase64sha512: ofFile(world, 'sha512', 'base64'),
  rsadecrypt: rsaDecrypt,
  uuidv5: spec(strings('namespace', 'name'), STRING, uuidv5),
})
