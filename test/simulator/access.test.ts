import { test } from 'uvu'
import { tell } from './story.ts'

const VM_USER = Object.fromEntries(
  'VM.Audit VM.Backup VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.PowerMgmt'
    .split(' ')
    .map((name) => [name, 1]),
)
const FAILED = 'Parameter verification failed.'

test('built-in roles stay, own roles come and go', () =>
  tell([
    { ask: 'DELETE /access/roles/PVEAdmin', says: "auto-generated role 'PVEAdmin' cannot be deleted" },
    { ask: 'POST /access/roles', with: { roleid: 'Prov', privs: 'VM.Allocate,SDN.Use' } },
    { ask: 'POST /access/roles', with: { roleid: 'Prov' }, says: "create role failed: role 'Prov' already exists" },
    { ask: 'GET /access/roles/Prov', data: { 'VM.Allocate': 1, 'SDN.Use': 1 } },
    {
      ask: 'POST /access/roles',
      with: { roleid: 'Prov2', privs: 'VM.Nonsense' },
      says: FAILED,
      errors: { privs: "invalid format - invalid privilege 'VM.Nonsense'\n" },
    },
    { ask: 'DELETE /access/roles/Prov' },
    { ask: 'DELETE /access/roles/Prov', says: "delete role failed: role 'Prov' does not exist" },
  ]))

test('users, groups and tokens answer as PVE does', () =>
  tell([
    {
      ask: 'POST /access/users',
      with: { userid: 'alice@pve', password: 'alicepass1' },
      says: "create user failed: user 'alice@pve' already exists",
    },
    {
      ask: 'POST /access/users',
      as: 'root@pam',
      with: { userid: 'bob', password: 'short' },
      says: FAILED,
      errors: {
        password: 'value must be at least 8 characters long',
        userid: "invalid format - value 'bob' does not look like a valid user name\n",
      },
    },
    { ask: 'GET /access/users/nobody@pve', says: "no such user ('nobody@pve')" },
    {
      ask: 'GET /access/users/alice@pve',
      data: { comment: 'Alice', tokens: null, enable: 1, groups: ['ops'], email: 'a@x.io', expire: 0 },
    },
    { ask: 'GET /access/groups/nope', says: "group 'nope' does not exist" },
    { ask: 'GET /access/users/root@pam/token/nope', says: "no such token 'nope' for user 'root@pam'" },
    {
      ask: 'POST /access/users/root@pam/token/tf',
      with: { privsep: 0 },
      says: FAILED,
      errors: { tokenid: 'Token already exists.' },
    },
    {
      ask: 'POST /access/users/alice@pve/token/exp',
      with: { expire: 1000 },
      data: {
        'full-tokenid': 'alice@pve!exp',
        info: { expire: '1000', privsep: 1 },
        value: 'e74f1b5e-fbb2-4aa0-911c-d6c0519e1c20',
      },
    },
    { ask: 'DELETE /access/users/alice@pve/token/exp' },
    { ask: 'DELETE /access/users/alice@pve/token/exp', says: "no such token 'exp' for user 'alice@pve'" },
    { ask: 'DELETE /access/users/tmp@pve', as: 'root@pam' },
  ]))

test('rights reach as far as the access list says', () =>
  tell([
    { ask: 'GET /nodes/pve1/status', as: 'alice@pve', says: 'Permission check failed (/nodes/pve1, Sys.Audit)' },
    {
      ask: 'POST /access/users',
      as: 'alice@pve',
      with: { userid: 'eve@pve' },
      says: 'Permission check failed (/access/realm/pve, Realm.AllocateUser)',
    },
    { ask: 'PUT /access/acl', with: { path: '/vms/100', users: 'alice@pve', roles: 'PVEVMUser' } },
    {
      ask: 'GET /access/acl',
      data: [{ type: 'user', ugid: 'alice@pve', path: '/vms/100', propagate: 1, roleid: 'PVEVMUser' }],
    },
    { ask: 'GET /access/permissions', as: 'alice@pve', data: { '/vms/100': VM_USER } },
    { ask: 'GET /access/permissions', as: 'alice@pve', with: { path: '/vms/100' }, data: { '/vms/100': VM_USER } },
    {
      ask: 'PUT /access/acl',
      with: { path: '/nosuchthing', users: 'alice@pve', roles: 'PVEVMUser' },
      says: FAILED,
      errors: { path: "invalid ACL path '/nosuchthing'" },
    },
    {
      ask: 'PUT /access/acl',
      with: { path: '/vms', users: 'ghost@pve', roles: 'PVEVMUser' },
      says: "ACL update failed: user 'ghost@pve' does not exist",
    },
    {
      ask: 'PUT /access/acl',
      with: { path: '/vms', users: 'alice@pve', roles: 'NoRole' },
      says: "ACL update failed: role 'NoRole' does not exist",
    },
    { ask: 'PUT /access/acl', with: { path: '/vms/100', users: 'alice@pve', roles: 'NoAccess' } },
    { ask: 'GET /access/permissions', as: 'alice@pve', data: {} },
  ]))

test('a role that does not propagate stays where it was given, and one of a user goes before one of its group', () =>
  tell([
    { ask: 'PUT /access/acl', with: { path: '/vms', users: 'alice@pve', roles: 'PVEVMUser', propagate: 0 } },
    { ask: 'GET /nodes/pve1/qemu/100/config', as: 'alice@pve', says: 'Permission check failed (/vms/100, VM.Audit)' },
    { ask: 'PUT /access/acl', with: { path: '/vms', groups: 'ops', roles: 'PVEAuditor' } },
    { ask: 'GET /nodes/pve1/qemu/100/status/current', as: 'alice@pve' },
    { ask: 'PUT /access/acl', with: { path: '/vms', users: 'alice@pve', roles: 'PVEDatastoreUser' } },
    {
      ask: 'GET /nodes/pve1/qemu/100/status/current',
      as: 'alice@pve',
      says: 'Permission check failed (/vms/100, VM.Audit)',
    },
  ]))

test('a password is changed by oneself with the old one, by root without', () =>
  tell([
    {
      ask: 'PUT /access/password',
      as: 'alice@pve',
      with: { userid: 'alice@pve', password: 'x2345678' },
      says: FAILED,
      errors: { 'confirmation-password': 'password is required to modify user' },
    },
    { ask: 'PUT /access/password', as: 'root@pam', with: { userid: 'alice@pve', password: 'x2345678' } },
    {
      ask: 'POST /access/ticket',
      as: 'nobody',
      with: { username: 'alice@pve', password: 'alicepass1' },
      says: 'authentication failure',
    },
    {
      ask: 'POST /access/ticket',
      as: 'nobody',
      with: { username: 'root', password: 'recorded' },
      says: 'authentication failure',
    },
    { ask: 'POST /access/ticket', as: 'nobody', with: { username: 'root', realm: 'pam', password: 'recorded' } },
    { ask: 'PUT /access/users/alice@pve', with: { enable: 0 } },
    {
      ask: 'POST /access/ticket',
      as: 'nobody',
      with: { username: 'alice@pve', password: 'x2345678' },
      says: 'authentication failure',
    },
    { ask: 'GET /version', as: 'root@pam!tf=11111111-1111-1111-1111-111111111111', says: 'Authentication failed!' },
    { ask: 'GET /version', as: 'nobody', says: 'No ticket' },
  ]))

test('realms are listed without a login', () =>
  tell([
    {
      ask: 'GET /access/domains',
      as: 'nobody',
      data: [
        { comment: 'Proxmox VE authentication server', type: 'pve', realm: 'pve' },
        { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
      ],
    },
    { ask: 'GET /access/domains/pve', data: { type: 'pve', comment: 'Proxmox VE authentication server', digest: '*' } },
    { ask: 'DELETE /access/domains/nope', says: "delete auth server failed: domain 'nope' does not exist" },
    {
      ask: 'GET /access',
      data: 'users groups roles acl domains openid tfa ticket password'.split(' ').map((subdir) => ({ subdir })),
    },
  ]))

test.run()
