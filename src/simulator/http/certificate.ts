import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

const length = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size])
  const bytes: number[] = []
  for (let rest = size; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
const tlv = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}
const sequence = (...items: Buffer[]): Buffer => tlv(0x30, ...items)
const oid = (...bytes: number[]): Buffer => tlv(0x06, Buffer.from(bytes))
const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content)
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const commonName = (text: string): Buffer =>
  sequence(tlv(0x31, sequence(oid(0x55, 0x04, 0x03), tlv(0x0c, Buffer.from(text)))))
const utcTime = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
const boolTrue = tlv(0x01, Buffer.from([0xff]))
const extension = (id: Buffer, critical: boolean, value: Buffer): Buffer =>
  sequence(id, ...(critical ? [boolTrue] : []), tlv(0x04, value))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`

type Keys = ReturnType<typeof newKeys>
const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

const issue = (subject: string, keys: Keys, issuer: string, issuerKeys: Keys, extensions: Buffer[]): Buffer => {
  const day = 86_400_000
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(issuer),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 730 * day))),
    commonName(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  )
  return sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuerKeys.privateKey)))
}

const basicConstraints = oid(0x55, 0x1d, 0x13)
const keyUsage = oid(0x55, 0x1d, 0x0f)
const subjectAltName = oid(0x55, 0x1d, 0x11)

export type Certificate = {
  readonly key: string
  readonly cert: string
  readonly caPem: string
  readonly fingerprint: string
}

/** A new certificate authority and a certificate of it for this machine's loopback addresses and the node's name. */
export const makeCertificate = (nodeName: string): Certificate => {
  const caKeys = newKeys()
  const keys = newKeys()
  const caName = 'PVE Cluster Manager CA (simulated)'
  const ca = issue(caName, caKeys, caName, caKeys, [
    extension(basicConstraints, true, sequence(boolTrue)),
    extension(keyUsage, true, tlv(0x03, Buffer.from([1, 0x06]))),
  ])
  const names = [`${nodeName}.local`, nodeName, 'localhost'].map((name) => tlv(0x82, Buffer.from(name)))
  const addresses = [Buffer.from([127, 0, 0, 1]), Buffer.concat([Buffer.alloc(15), Buffer.from([1])])].map((ip) =>
    tlv(0x87, ip),
  )
  const leaf = issue(`${nodeName}.local`, keys, caName, caKeys, [
    extension(basicConstraints, true, sequence()),
    extension(subjectAltName, false, sequence(...names, ...addresses)),
  ])
  const fingerprint = (
    createHash('sha256').update(new X509Certificate(leaf).raw).digest('hex').toUpperCase().match(/../g) ?? []
  ).join(':')
  return {
    key: String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: pem('CERTIFICATE', leaf) + pem('CERTIFICATE', ca),
    caPem: pem('CERTIFICATE', ca),
    fingerprint,
  }
}
