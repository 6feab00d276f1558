import { X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'

const day = 86_400_000
const dnsName = 2
const ipAddress = 7

export type Certificate = {
  readonly key: string
  readonly cert: string
  readonly caPem: string
  readonly fingerprint: string
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>
type Authority = { readonly key: string; readonly cert: string }

const issue = (subject: string, extensions: Extensions, ca?: Authority) =>
  generate([{ name: 'commonName', value: subject }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 730 * day),
    extensions,
    ...(ca === undefined ? {} : { ca }),
  })

/** A new certificate authority and a certificate of it for this machine's loopback addresses and the node's name. */
export const makeCertificate = async (nodeName: string): Promise<Certificate> => {
  const ca = await issue('PVE Cluster Manager CA (simulated)', [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ])
  const names = [`${nodeName}.local`, nodeName, 'localhost'].map((value) => ({ type: dnsName, value }) as const)
  const addresses = ['127.0.0.1', '::1'].map((ip) => ({ type: ipAddress, ip }) as const)
  const leaf = await issue(
    `${nodeName}.local`,
    [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'subjectAltName', altNames: [...names, ...addresses] },
    ],
    { key: ca.private, cert: ca.cert },
  )
  return {
    key: leaf.private,
    cert: `${leaf.cert.trim()}\n${ca.cert}`,
    caPem: ca.cert,
    fingerprint: new X509Certificate(leaf.cert).fingerprint256,
  }
}
