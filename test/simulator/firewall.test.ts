import { test } from 'uvu'
import { tell } from './story.ts'

const FAILED = 'Parameter verification failed.'
const own = '/nodes/pve1/qemu/100/firewall'

test('security groups hold rules and are taken away when they are empty', () =>
  tell([
    { ask: 'POST /cluster/firewall/groups', with: { group: 'web', comment: 'w' } },
    { ask: 'POST /cluster/firewall/groups/web', with: { type: 'in', action: 'ACCEPT', proto: 'tcp', dport: '80,443' } },
    {
      ask: 'GET /cluster/firewall/groups/web',
      data: [{ proto: 'tcp', dport: '80,443', action: 'ACCEPT', enable: 0, pos: 0, type: 'in', digest: 'd' }],
    },
    {
      ask: 'POST /cluster/firewall/groups/web',
      with: { type: 'group', action: 'web' },
      says: FAILED,
      errors: { type: 'security groups not allowed' },
    },
    { ask: 'DELETE /cluster/firewall/groups/web', says: "Security group 'web' is not empty" },
    { ask: 'DELETE /cluster/firewall/groups/web/0' },
    { ask: 'DELETE /cluster/firewall/groups/web' },
    { ask: 'GET /cluster/firewall/groups', data: [] },
  ]))

test('options are set, deleted and guarded by their digest', () =>
  tell([
    { ask: `GET ${own}/options`, data: { digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' } },
    { ask: 'PUT /cluster/firewall/options', with: { policy_in: 'ACCEPT', ebtables: 1 } },
    { ask: 'GET /cluster/firewall/options', data: { digest: 'd', ebtables: 1, policy_in: 'ACCEPT' } },
    {
      ask: `PUT ${own}/options`,
      with: { enable: 1, digest: 'x' },
      says: 'detected modified configuration - file changed by other user? Try again.',
    },
    {
      ask: `PUT ${own}/options`,
      with: { delete: 'nosuch' },
      says: FAILED,
      errors: { delete: "no such option 'nosuch'" },
    },
    {
      ask: `PUT ${own}/options`,
      with: { enable: 2 },
      says: FAILED,
      errors: { enable: "type check ('boolean') failed - got '2'" },
    },
  ]))

test('a rule is looked at as a whole', () =>
  tell([
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', proto: 'nosuchproto' }, says: FAILED },
    {
      ask: `POST ${own}/rules`,
      with: { type: 'in', action: 'ACCEPT', source: '+nosuch' },
      says: FAILED,
      errors: { source: "no such ipset 'nosuch'" },
    },
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', source: '10.0.0.1,fd00::1' }, says: FAILED },
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', macro: 'https' } },
    {
      ask: `GET ${own}/rules/0`,
      data: { type: 'in', action: 'ACCEPT', macro: 'HTTPS', enable: 0, pos: '0', digest: 'd' },
    },
    { ask: `GET ${own}/rules/1`, says: 'no rule at position 1' },
  ]))

test('names of the datacenter can be used in the rules of a guest', () =>
  tell([
    { ask: 'POST /cluster/firewall/aliases', with: { name: 'office', cidr: '192.0.2.0/24' } },
    { ask: 'POST /cluster/firewall/ipset', with: { name: 'admins', comment: 'us' } },
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', source: 'dc/office', dest: '+dc/admins' } },
    {
      ask: `GET ${own}/refs`,
      data: [
        { type: 'ipset', name: 'admins', ref: '+admins', scope: 'dc', comment: 'us' },
        { type: 'alias', name: 'office', ref: 'office', scope: 'dc' },
      ],
    },
    {
      ask: 'GET /nodes/pve1/qemu/100/firewall',
      data: ['rules', 'aliases', 'ipset', 'refs', 'options'].map((name) => ({ name })),
    },
    { ask: 'GET /nodes/pve1/firewall/options', data: { digest: 'd' } },
  ]))

const refused = (more: Readonly<Record<string, string | number>>, errors: Readonly<Record<string, string>>) => ({
  ask: `POST ${own}/rules`,
  with: { type: 'in', action: 'ACCEPT', ...more },
  says: FAILED,
  errors,
})

test('the values of a rule are checked one by one, then with each other', () =>
  tell([
    refused({ proto: 'tcp', dport: '65536' }, { dport: "invalid format - invalid port '65536'\n" }),
    refused(
      { proto: 'tcp', dport: '90:80' },
      { dport: "invalid format - backwards range '90:80' not allowed, did you mean '80:90'?\n" },
    ),
    refused({ proto: 'tcp', sport: 'nosuchname' }, { sport: "invalid format - invalid port 'nosuchname'\n" }),
    refused({ proto: 'nosuch' }, { proto: "invalid format - unknown protocol 'nosuch'\n" }),
    refused(
      { source: '10.0.0.1,fd00::1' },
      {
        source: "invalid format - detected mixed ipv4/ipv6 addresses in address list '10.0.0.1,fd00::1'\n",
      },
    ),
    refused({ source: '10.0.0.1,10.0.0.2-10.0.0.9' }, { source: "invalid format - you can't use a range in a list\n" }),
    refused({ source: '10.0.0.1', dest: 'fd00::1' }, { dest: 'detected mixed ipv4/ipv6 addresses in rule' }),
    refused({ type: 'forward' }, { type: "invalid rule type 'forward' for rule_env 'vm'" }),
    refused(
      { macro: 'SSH', dport: '23', proto: 'tcp' },
      { dport: "parameter 'dport' already define in macro (value = '22')" },
    ),
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', macro: 'SSH', proto: 'tcp', dport: '22' } },
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', proto: 'tcp', dport: '80,443,8000:8100,ssh' } },
    { ask: `POST ${own}/rules`, with: { type: 'in', action: 'ACCEPT', source: '10.0.0.0/8,192.168.1.1' } },
  ]))

test.run()
