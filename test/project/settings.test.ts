import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { settingsText } from '../../src/project/init-workspace.ts'
import { DEFAULT_SETTINGS, parseSettings } from '../../src/project/settings.ts'
import { settingsSchema } from '../../src/project/settings-schema.ts'

const FILE = '.proxmox/config.yml'
const PRINT = `${'AB:'.repeat(31)}CD`

const WHOLE = `
endpoint: pve1.example.com
tls:
  fingerprint: "${PRINT.toLowerCase()}"
credentials:
  command: [pass, show, proxmox/mpc]
defaults:
  node: pve1
  storage: local-lvm
  backup_storage: nas
  vmids: { first: 1000, last: 1999 }
  parallelism: 4
  task_timeout: 90
`

test('every setting is read', () => {
  const { value, diagnostics } = parseSettings(WHOLE, FILE)
  assert.equal(diagnostics, [])
  assert.equal(value, {
    endpoint: { origin: 'https://pve1.example.com:8006', host: 'pve1.example.com', port: 8006, secure: true },
    tls: { insecure: false, fingerprint: PRINT },
    credentials: { command: ['pass', 'show', 'proxmox/mpc'] },
    guards: { protect: [] },
    defaults: {
      node: 'pve1',
      storage: 'local-lvm',
      backupStorage: 'nas',
      vmids: { first: 1000, last: 1999 },
      parallelism: 4,
      taskTimeout: 90,
    },
    toTrust: [
      { name: 'endpoint', value: 'pve1.example.com', risk: 'your credentials are sent there' },
      { name: 'tls.fingerprint', value: PRINT.toLowerCase(), risk: 'the server with this certificate is trusted' },
      { name: 'credentials.command', value: 'pass show proxmox/mpc', risk: 'this program is run as you' },
    ],
  })
})

test('an empty file, and one with comments only, mean the defaults', () => {
  for (const text of ['', '# nothing\n', 'tls:\ndefaults:\n  # node: pve1\n', settingsText({})])
    assert.equal(parseSettings(text, FILE).value, DEFAULT_SETTINGS)
})

const where = (text: string) =>
  parseSettings(text, FILE).diagnostics.map(
    ({ code, range }) => `${range?.start.line}:${range?.start.column} ${code.replace('project.', '')}`,
  )

test('ten mistakes are told together, each with its place', () => {
  const { value, diagnostics } = parseSettings(
    [
      'endpiont: https://pve1',
      'endpoint: ftp://pve1',
      'tls:',
      '  fingerprint: AB:CD',
      '  insecure: maybe',
      'credentials: secret',
      'defaults:',
      '  node: 5',
      '  parallelism: 100',
      '  vmids: { first: 50, lst: 9 }',
      '  storage: [a, b]',
    ].join('\n'),
    FILE,
  )
  assert.is(value, undefined)
  assert.equal(
    diagnostics.map(({ code, range }) => `${range?.start.line}:${range?.start.column} ${code.replace('project.', '')}`),
    [
      '1:1 unknown-setting',
      '2:11 invalid-endpoint',
      '4:16 invalid-setting',
      '5:13 invalid-setting',
      '6:14 invalid-setting',
      '8:9 invalid-setting',
      '9:16 invalid-setting',
      '10:19 invalid-setting',
      '10:23 unknown-setting',
      '11:12 invalid-setting',
    ],
  )
  assert.match(diagnostics[0]?.detail ?? '', 'Did you mean "endpoint"?')
  assert.match(diagnostics[6]?.detail ?? '', 'from 1 to 64')
  assert.match(diagnostics[8]?.detail ?? '', 'Did you mean "last"?')
  for (const { range } of diagnostics) assert.is(range?.filename, FILE)
})

test('places are right behind characters of more than one byte', () => {
  const { diagnostics } = parseSettings('defaults: { node: "ü€😀", nod: x }', FILE)
  assert.equal(diagnostics[0]?.range?.start, { line: 1, column: 26, byte: 31 })
})

test('broken YAML, a list and a duplicate key are told with their place', () => {
  assert.equal(where('endpoint: "x\n'), ['2:1 invalid-yaml'])
  assert.equal(where('- a\n- b\n'), ['1:1 invalid-setting'])
  assert.ok(where('endpoint: a\nendpoint: b\n').includes('2:1 invalid-yaml'))
})

test('settings that contradict one another are refused', () => {
  const tls = (rest: string) => where(`tls:\n  fingerprint: "${PRINT}"\n  ${rest}\n`)
  assert.equal(tls('insecure: true'), ['3:13 invalid-setting'])
  assert.equal(tls('ca_file: ca.pem'), ['3:12 invalid-setting'])
  assert.equal(tls('insecure: false'), [])
  assert.equal(where('defaults: { vmids: { first: 200, last: 150 } }'), ['1:29 invalid-setting'])
})

test('a secret is refused wherever it stands, and shown nowhere', () => {
  const secret = '11111111-2222-3333-4444-555555555555'
  for (const text of [
    `token: root@pam!mpc=${secret}`,
    `password: ${secret}`,
    `api_token: "root@pam!mpc=${secret}"`,
    `credentials:\n  token: ${secret}`,
    `credentials:\n  token_file: root@pam!mpc=${secret}`,
    `credentials: { secret: ${secret} }`,
    `endpoint: https://root:${secret}@pve1`,
    `note: root@pam!mpc=${secret}`,
  ]) {
    const { value, diagnostics, source } = parseSettings(text, FILE)
    assert.is(value, undefined, text)
    assert.equal(
      diagnostics.map(({ code }) => code),
      ['project.secret-in-settings'],
      text,
    )
    assert.match(diagnostics[0]?.hint ?? '', 'PROXMOX_VE_API_TOKEN')
    assert.not.match(JSON.stringify({ diagnostics, source }), secret)
    assert.is(source.length, text.length)
  }
})

test('a command may be a list or words, but never a line for a shell', () => {
  const words = (yaml: string) => parseSettings(`credentials:\n  command: ${yaml}`, FILE).value?.credentials.command
  assert.equal(words('pass show proxmox/mpc'), ['pass', 'show', 'proxmox/mpc'])
  assert.equal(words('["op", "read", "op://vault/my token"]'), ['op', 'read', 'op://vault/my token'])
  for (const yaml of ['"cat x | head"', '[]', '[1, 2]', '"echo $TOKEN"', '"say \'x\'"'])
    assert.is(words(yaml), undefined, yaml)
})

test('the published schema is the one made from the settings', () => {
  const path = join(process.cwd(), 'schemas', 'settings.schema.json')
  const text = `${JSON.stringify(settingsSchema(), null, 2)}\n`
  if (process.env['UPDATE'] === '1') writeFileSync(path, text)
  assert.is(readFileSync(path, 'utf8'), text)
})

test('the schema accepts what the parser accepts, and refuses what it refuses', () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(settingsSchema())
  for (const text of [WHOLE, settingsText({ endpoint: 'https://pve1', 'tls.insecure': true }), 'tls:\n'])
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
  for (const text of ['endpiont: x', 'tls: { fingerprint: AB }', 'defaults: { parallelism: 100 }', 'token: x'])
    assert.not(validate(parse(text)), text)
})

test.run()
