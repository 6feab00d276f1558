import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectError } from '../../src/proxmox/connection.ts'
import { explainNoConnection } from '../../src/proxmox/explain-connection.ts'
import { canonicalFingerprint } from '../../src/proxmox/fingerprint.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { clientOf, diagnosticOf, endpointOf, simulatorClient } from './connect.ts'

const test = suite<{ simulator: Simulator }>('who the server is')

test.before(async (context) => {
  context.simulator = await startSimulator({ nodes: 1, guests: 1 })
})
test.after(({ simulator }) => simulator.stop())
test.before.each(({ simulator }) => void simulator.requests.splice(0))

const OTHER = `${'AB:'.repeat(31)}CD`

test('an authority file is enough, also when the server is named instead of numbered', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  const named = simulatorClient(simulator, { endpoint: endpointOf(simulator.url.replace('127.0.0.1', 'localhost')) })
  assert.is((await client.version()).version, (await named.version()).version)
  client.close()
  named.close()
})

test('a pinned fingerprint is enough, in any spelling', async ({ simulator }) => {
  for (const fingerprint of [
    simulator.fingerprint,
    simulator.fingerprint.toLowerCase().replaceAll(':', ''),
    `sha256:${simulator.fingerprint}`,
  ]) {
    const client = simulatorClient(simulator, { tls: { fingerprint } })
    assert.ok((await client.version()).version)
    client.close()
  }
})

test('nothing is sent to a server whose certificate nobody vouches for, and its fingerprint is shown', async ({
  simulator,
}) => {
  const client = simulatorClient(simulator, { tls: {} })
  const { code, detail, hint = '' } = await diagnosticOf(client.version())
  assert.is(code, 'proxmox.untrusted-certificate')
  assert.match(detail, simulator.fingerprint)
  assert.match(hint, `fingerprint: "${simulator.fingerprint}"`)
  assert.is(simulator.requests.length, 0)
})

test('nothing is sent to a server that shows another certificate than the pinned one', async ({ simulator }) => {
  const client = simulatorClient(simulator, { tls: { fingerprint: OTHER, ca: simulator.caPem, insecure: true } })
  const { code, detail } = await diagnosticOf(client.version())
  assert.is(code, 'proxmox.fingerprint-mismatch')
  assert.match(detail, simulator.fingerprint)
  assert.is(simulator.requests.length, 0)
})

test('insecure trusts whatever answers', async ({ simulator }) => {
  const client = simulatorClient(simulator, { tls: { insecure: true } })
  assert.ok((await client.version()).version)
  client.close()
})

test('a write to a server that is not trusted is refused, not unknown', async ({ simulator }) => {
  const client = simulatorClient(simulator, { tls: {} })
  const answer = await client.send({ method: 'POST', path: '/nodes/pve1/qemu', params: { vmid: 900 } })
  assert.is(answer.kind, 'refused')
  assert.is(answer.kind === 'refused' && answer.status, 0)
})

test('a trusted certificate for another name is not accepted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', '/CN=pve9.example', '-addext', 'subjectAltName=DNS:pve9.example', '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    )
  } catch {
    assert.not(process.env['CI'] === 'true', 'CI has openssl')
    console.log('skipped: no openssl to make a certificate with')
    rmSync(folder, { recursive: true })
    return
  }
  const seen: string[] = []
  const server = createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    seen.push(String(request.url))
    response.end('{"data":{}}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = clientOf(`https://127.0.0.1:${port}`, { tls: { ca: readFileSync(cert, 'utf8') } })
  const { code, detail } = await diagnosticOf(client.version())
  assert.is(code, 'proxmox.certificate-name')
  assert.match(detail, 'pve9.example')
  assert.equal(seen, [])
  server.close()
  rmSync(folder, { recursive: true })
})

test('a port that speaks no TLS is told as that', async () => {
  const server = createTcp((socket) => void socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { code } = await diagnosticOf(clientOf(`https://127.0.0.1:${port}`).version())
  assert.is(code, 'proxmox.tls-failed')
  server.close()
})

test('a port where nothing listens and a host nobody knows are told at once', async () => {
  const server = createTcp()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const closed = await diagnosticOf(clientOf(`https://127.0.0.1:${port}`).version())
  assert.is(closed.code, 'proxmox.unreachable')
  assert.match(closed.detail, `port ${port}`)
  const unknown = await diagnosticOf(clientOf('https://no-such-host.invalid').version())
  assert.is(unknown.code, 'proxmox.unknown-host')
  assert.match(unknown.detail, 'no-such-host.invalid')
})

test('each way a connection can fail has its own words and a way out', () => {
  const expected: Readonly<Record<string, string>> = {
    ENOTFOUND: 'proxmox.unknown-host',
    EAI_AGAIN: 'proxmox.unknown-host',
    ECONNREFUSED: 'proxmox.unreachable',
    EHOSTUNREACH: 'proxmox.unreachable',
    MPC_CONNECT_TIMEOUT: 'proxmox.unreachable',
    EMFILE: 'proxmox.unreachable',
    CERT_HAS_EXPIRED: 'proxmox.certificate-expired',
    CERT_NOT_YET_VALID: 'proxmox.certificate-expired',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'proxmox.untrusted-certificate',
    EPROTO: 'proxmox.tls-failed',
    ERR_SSL_WRONG_VERSION_NUMBER: 'proxmox.tls-failed',
  }
  const endpoint = endpointOf('https://pve1')
  for (const [code, wanted] of Object.entries(expected))
    assert.is(explainNoConnection(endpoint, new ConnectError(code, 'text'), undefined).code, wanted, code)
})

test('what is no SHA-256 fingerprint is not taken for one', () => {
  for (const text of ['', 'AB:CD', 'AB:'.repeat(20), `${OTHER}:EF`, 'zz'.repeat(32)])
    assert.is(canonicalFingerprint(text), undefined, text)
})

test.run()
