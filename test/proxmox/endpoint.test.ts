import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readEndpoint } from '../../src/proxmox/endpoint.ts'

const origins: Readonly<Record<string, string>> = {
  pve1: 'https://pve1:8006',
  'pve1:8007': 'https://pve1:8007',
  ' 10.0.0.2 ': 'https://10.0.0.2:8006',
  'https://pve1': 'https://pve1:8006',
  'https://pve1.example.com:443/': 'https://pve1.example.com:443',
  'HTTPS://PVE1:8006/api2/json?x=1#y': 'https://pve1:8006',
  'http://127.0.0.1:80': 'http://127.0.0.1:80',
  'https://[::1]': 'https://[::1]:8006',
  '[fe80::1]:443': 'https://[fe80::1]:443',
  'fe80::1': 'https://[fe80::1]:8006',
}

for (const [text, origin] of Object.entries(origins))
  test(`"${text}" means ${origin}`, () => assert.is(readEndpoint(text).endpoint?.origin, origin))

test('host and port are known apart, an IPv6 address without its brackets', () => {
  assert.equal(readEndpoint('https://[::1]').endpoint, {
    origin: 'https://[::1]:8006',
    host: '::1',
    port: 8006,
    secure: true,
  })
})

test('what is no address is told, and a password in it is never repeated', () => {
  for (const text of ['', 'ftp://pve1', 'https://', 'https://pve 1', 'https://root:hunter2@pve1', 'pve1:99999']) {
    const { endpoint, problem = '' } = readEndpoint(text)
    assert.is(endpoint, undefined, text)
    assert.ok(problem.length > 10, text)
    assert.not.match(problem, 'hunter2')
  }
})

test.run()
