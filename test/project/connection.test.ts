import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readConnection } from '../../src/project/connection.ts'
import { settingPath } from '../../src/project/credentials.ts'
import { DEFAULT_SETTINGS, parseSettings, type Settings } from '../../src/project/settings.ts'
import { inFolder, surroundings } from './surroundings.ts'

const SECRET = '11111111-2222-3333-4444-555555555555'
const TOKEN = `mpc@pve!plan=${SECRET}`
const PRINT = `${'AB:'.repeat(31)}CD`

const settingsOf = (text: string): Settings => {
  const { value } = parseSettings(text, 'config.yml')
  if (!value) throw new Error(`not settings: ${text}`)
  return value
}

const ENDPOINT = settingsOf('endpoint: pve1')
const codes = (diagnostics: readonly { readonly code: string }[]) => diagnostics.map(({ code }) => code)

test('the environment is enough: endpoint and token', async () => {
  const env = { PROXMOX_VE_ENDPOINT: 'https://pve2/', PROXMOX_VE_API_TOKEN: ` ${TOKEN}\n` }
  const { value, diagnostics } = await readConnection(surroundings(env), '/', ENDPOINT)
  assert.equal(diagnostics, [])
  assert.is(value?.endpoint.origin, 'https://pve2:8006')
  assert.equal(value?.credentials, { kind: 'token', token: TOKEN })
  assert.equal(value?.tls, {})
})

test('a user with a password will do, and a token wins over it', async () => {
  const login = { PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: ' with spaces ' }
  const { value } = await readConnection(surroundings(login), '/', ENDPOINT)
  assert.equal(value?.credentials, { kind: 'password', username: 'root@pam', password: ' with spaces ' })
  const both = await readConnection(surroundings({ ...login, PROXMOX_VE_API_TOKEN: TOKEN }), '/', ENDPOINT)
  assert.is(both.value?.credentials.kind, 'token')
})

test('a token comes from the file the settings name, relative to the workspace or to home', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`)
    for (const [path, env] of [
      ['token', {}],
      ['~/token', { HOME: folder }],
    ] as const) {
      const settings = settingsOf(`endpoint: pve1\ncredentials: { token_file: ${path} }`)
      const { value } = await readConnection(surroundings(env), path === 'token' ? folder : '/', settings)
      assert.equal(value?.credentials, { kind: 'token', token: TOKEN }, path)
    }
  }))

test('a token comes from the command the settings name, without a shell', async () => {
  const ran: unknown[] = []
  const settings = settingsOf('endpoint: pve1\ncredentials: { command: [pass, show, "a b"] }')
  const around = surroundings({}, async (...call) => {
    ran.push(call)
    return `${TOKEN}\n`
  })
  const { value } = await readConnection(around, '/', settings)
  assert.equal(value?.credentials, { kind: 'token', token: TOKEN })
  assert.equal(ran, [['pass', ['show', 'a b']]])
})

test('a file or a command that fails is told with its name', async () => {
  const file = settingsOf('endpoint: pve1\ncredentials: { token_file: none/token }')
  const missing = await readConnection(surroundings(), '/nowhere', file)
  assert.equal(codes(missing.diagnostics), ['project.unreadable-credentials'])
  assert.match(missing.diagnostics[0]?.detail ?? '', 'none/token')
  const command = settingsOf('endpoint: pve1\ncredentials: { command: pass show x }')
  const failed = await readConnection(surroundings(), '/', command)
  assert.equal(codes(failed.diagnostics), ['project.unreadable-credentials'])
  assert.match(failed.diagnostics[0]?.detail ?? '', 'pass')
})

test('a token that is none is refused without being shown', async () => {
  for (const text of [SECRET, `mpc@pve=${SECRET}`, `PVEAPIToken ${SECRET}`]) {
    const { value, diagnostics } = await readConnection(surroundings({ PROXMOX_VE_API_TOKEN: text }), '/', ENDPOINT)
    assert.is(value, undefined)
    assert.equal(codes(diagnostics), ['project.invalid-token'])
    assert.not.match(JSON.stringify(diagnostics), SECRET)
  }
})

test('everything that is missing is told at once', async () => {
  const { value, diagnostics } = await readConnection(surroundings({ PROXMOX_VE_API_TOKEN: '' }), '/', DEFAULT_SETTINGS)
  assert.is(value, undefined)
  assert.equal(codes(diagnostics), ['project.missing-endpoint', 'project.missing-credentials'])
  const half = await readConnection(surroundings({ PROXMOX_VE_USERNAME: 'root@pam' }), '/', ENDPOINT)
  assert.equal(codes(half.diagnostics), ['project.incomplete-credentials'])
  const wrong = { PROXMOX_VE_ENDPOINT: 'ftp://x', PROXMOX_VE_API_TOKEN: TOKEN }
  const { diagnostics: invalid } = await readConnection(surroundings(wrong), '/', ENDPOINT)
  assert.equal(codes(invalid), ['project.invalid-endpoint'])
})

test('an authority file is read, and one that is none is told', () =>
  inFolder(async (folder) => {
    const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
    writeFileSync(join(folder, 'ca.pem'), pem)
    writeFileSync(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----\n')
    const read = (file: string) =>
      readConnection(
        surroundings({ PROXMOX_VE_API_TOKEN: TOKEN }),
        folder,
        settingsOf(`endpoint: pve1\ntls: { ca_file: ${file} }`),
      )
    assert.equal((await read('ca.pem')).value?.tls, { ca: pem })
    for (const file of ['key.pem', 'none.pem'])
      assert.equal(codes((await read(file)).diagnostics), ['project.unreadable-ca'], file)
  }))

test('an unchecked certificate and plain HTTP are warned about, except on this machine', async () => {
  const env = { PROXMOX_VE_API_TOKEN: TOKEN, PROXMOX_VE_INSECURE: 'true' }
  const read = (text: string, more: object = env) => readConnection(surroundings({ ...more }), '/', settingsOf(text))
  const insecure = await read('endpoint: pve1')
  assert.equal(insecure.value?.tls, { insecure: true })
  assert.equal(codes(insecure.diagnostics), ['project.certificate-unchecked'])
  assert.equal(codes((await read('endpoint: http://pve1')).diagnostics), ['project.plain-http'])
  for (const local of ['http://127.0.0.1:8006', 'https://localhost', 'https://[::1]'])
    assert.equal((await read(`endpoint: "${local}"`)).diagnostics, [], local)
  for (const no of ['', '0', 'false'])
    assert.equal((await read('endpoint: pve1', { ...env, PROXMOX_VE_INSECURE: no })).value?.tls, {}, no)
})

test('a pinned fingerprint stays in force whatever the environment says', async () => {
  const env = { PROXMOX_VE_API_TOKEN: TOKEN, PROXMOX_VE_INSECURE: '1' }
  const settings = settingsOf(`endpoint: pve1\ntls: { fingerprint: "${PRINT}" }`)
  const { value, diagnostics } = await readConnection(surroundings(env), '/', settings)
  assert.equal(value?.tls, { fingerprint: PRINT })
  assert.equal(diagnostics, [])
})

test('paths in the settings start at the workspace, at home, or at the root', () => {
  const home = { HOME: '/home/ada' }
  assert.is(settingPath('a/b', '/w', home), '/w/a/b')
  assert.is(settingPath('~/b', '/w', home), '/home/ada/b')
  assert.is(settingPath('/b', '/w', home), '/b')
  assert.is(settingPath('~/b', '/w', {}), '/w/~/b')
})

test.run()
