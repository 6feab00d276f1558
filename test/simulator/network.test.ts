import { test } from 'uvu'
import { tell } from './story.ts'

const FAILED = 'Parameter verification failed.'
const subnet = {
  id: 'z1-10.50.0.0-24',
  subnet: 'z1-10.50.0.0-24',
  vnet: 'vn1',
  zone: 'z1',
  type: 'subnet',
  network: '10.50.0.0',
  mask: '24',
  cidr: '10.50.0.0/24',
  'dhcp-range': [],
  digest: 'd',
}

test('zones, vnets and subnets wait until they are applied', () =>
  tell([
    {
      ask: 'POST /cluster/sdn/zones',
      with: { zone: 'toolongzonename', type: 'simple' },
      says: FAILED,
      errors: { zone: 'value may only be 8 characters long' },
    },
    {
      ask: 'POST /cluster/sdn/zones',
      with: { zone: 'v1', type: 'vlan' },
      says: "missing value for required option 'bridge'",
    },
    { ask: 'POST /cluster/sdn/zones', with: { zone: 'z1', type: 'simple', ipam: 'pve' } },
    {
      ask: 'POST /cluster/sdn/zones',
      with: { zone: 'z1', type: 'simple' },
      says: "create sdn zone object failed: sdn zone object ID 'z1' already defined",
    },
    { ask: 'GET /cluster/sdn/zones', data: [{ zone: 'z1', type: 'simple', ipam: 'pve', digest: 'd' }] },
    {
      ask: 'GET /cluster/sdn/zones',
      with: { pending: 1 },
      data: [{ zone: 'z1', type: 'simple', digest: null, pending: { ipam: 'pve' }, state: 'new' }],
    },
    {
      ask: 'POST /cluster/sdn/vnets',
      with: { vnet: 'vn2', zone: 'nozone' },
      says: 'create sdn vnet object failed: cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326.',
    },
    { ask: 'POST /cluster/sdn/vnets', with: { vnet: 'vn1', zone: 'z1', alias: 'v one' } },
    {
      ask: 'POST /cluster/sdn/vnets/vn1/subnets',
      with: { subnet: '10.50.0.0/24', type: 'subnet', gateway: '10.50.0.1', snat: 1 },
    },
    { ask: 'GET /cluster/sdn/vnets/vn1/subnets', data: [{ ...subnet, gateway: '10.50.0.1', snat: 1 }] },
    { ask: 'PUT /cluster/sdn', task: 'OK' },
    {
      ask: 'GET /cluster/sdn/zones',
      with: { pending: 1 },
      data: [{ zone: 'z1', type: 'simple', ipam: 'pve', digest: null }],
    },
    { ask: 'GET /nodes/pve1/sdn/zones/z1/content', data: [{ vnet: 'vn1', status: 'available', statusmsg: null }] },
    {
      ask: 'PUT /cluster/sdn/vnets/vn1',
      with: { alias: 'changed', tag: 5 },
      says: 'update sdn vnet object failed: 400 Parameter verification failed.',
    },
    { ask: 'PUT /cluster/sdn/vnets/vn1', with: { alias: 'changed' } },
    {
      ask: 'GET /cluster/sdn/vnets',
      with: { pending: 1 },
      data: [
        {
          state: 'changed',
          digest: null,
          type: 'vnet',
          zone: 'z1',
          alias: 'v one',
          pending: { alias: 'changed' },
          vnet: 'vn1',
        },
      ],
    },
    { ask: 'DELETE /cluster/sdn/vnets/vn1', says: 'delete sdn vnet object failed: 400 Parameter verification failed.' },
    {
      ask: 'DELETE /cluster/sdn/zones/z1',
      says: 'delete sdn zone object failed: zone z1 is used by vnet vn1 at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.',
    },
    { ask: 'DELETE /cluster/sdn/vnets/vn1/subnets/z1-10.50.0.0-24' },
    { ask: 'DELETE /cluster/sdn/vnets/vn1' },
    {
      ask: 'GET /cluster/sdn/vnets',
      with: { pending: 1 },
      data: [{ state: 'deleted', digest: null, zone: 'z1', type: 'vnet', alias: 'v one', vnet: 'vn1', pending: {} }],
    },
    { ask: 'DELETE /cluster/sdn/zones/z1' },
    { ask: 'GET /cluster/sdn/zones/z1', says: "sdn 'z1' does not exist" },
  ]))

test('interfaces of a node wait until they are applied', () =>
  tell([
    { ask: 'POST /nodes/pve1/network', with: { iface: 'vmbr5', type: 'bridge', autostart: 1 } },
    {
      ask: 'POST /nodes/pve1/network',
      with: { iface: 'vmbr5', type: 'bridge' },
      says: FAILED,
      errors: { iface: 'interface already exists' },
    },
    { ask: 'GET /nodes/pve1/network/vmbr77', says: FAILED, errors: { iface: 'interface does not exist' } },
    { ask: 'DELETE /nodes/pve1/network' },
    { ask: 'GET /nodes/pve1/network/vmbr5', says: FAILED },
    { ask: 'POST /nodes/pve1/network', with: { iface: 'vmbr6', type: 'bridge', cidr: '10.1.0.1/24' } },
    { ask: 'PUT /nodes/pve1/network', task: 'OK' },
    { ask: 'DELETE /nodes/pve1/network' },
    {
      ask: 'GET /nodes/pve1/network/vmbr6',
      data: {
        type: 'bridge',
        priority: 5,
        method: 'static',
        method6: 'manual',
        families: ['inet'],
        cidr: '10.1.0.1/24',
        address: '10.1.0.1',
        netmask: '24',
        bridge_ports: '',
        bridge_stp: 'off',
        bridge_fd: '0',
        active: 1,
      },
    },
  ]))

test('a node answers about itself', () =>
  tell([
    { ask: 'GET /nodes/pve1/version', data: { version: '9.2.11', repoid: '14a22df35955d97d', release: '9.2' } },
    { ask: 'GET /nodes/pve1/firewall/options', data: { digest: 'd' } },
    { ask: 'GET /nodes/pve1/config', data: {} },
    { ask: 'PUT /nodes/pve1/config', with: { description: 'main' } },
    { ask: 'GET /nodes/pve1/config', data: { description: 'main', digest: 'd' } },
    { ask: 'POST /nodes/pve1/services/pveproxy/restart', task: 'OK' },
    { ask: 'GET /version', with: { foo: 'bar' }, says: FAILED },
    { ask: 'GET /nosuch', says: "Method 'GET /nosuch' not implemented" },
  ]))

const net = '/nodes/pve1/network'

test('an interface is completed and checked as the file that PVE writes of it', () =>
  tell([
    { ask: `POST ${net}`, with: { iface: 'vmbr70', type: 'bridge', bridge_vlan_aware: 1, mtu: 1400, comments: 'lab' } },
    {
      ask: `GET ${net}/vmbr70`,
      data: {
        type: 'bridge',
        bridge_ports: '',
        bridge_stp: 'off',
        bridge_fd: '0',
        bridge_vlan_aware: 1,
        bridge_vids: '2-4094',
        mtu: '1400',
        comments: 'lab\n',
        method: 'manual',
        method6: 'manual',
        families: ['inet'],
        priority: 5,
      },
    },
    { ask: `POST ${net}`, with: { iface: 'vmbr70.7', type: 'vlan', cidr6: 'fd00::1/64' } },
    {
      ask: `GET ${net}/vmbr70.7`,
      data: {
        type: 'vlan',
        'vlan-id': '7',
        'vlan-raw-device': 'vmbr70',
        address6: 'fd00::1',
        netmask6: '64',
        cidr6: 'fd00::1/64',
        method: 'manual',
        method6: 'static',
        families: ['inet6'],
        priority: 6,
      },
    },
    { ask: `DELETE ${net}/vmbr70`, says: "vlan 'vmbr70.7' - unable to find parent 'vmbr70'" },
    { ask: `PUT ${net}/vmbr70`, with: { type: 'bridge', address: '10.7.0.1', netmask: '255.255.255.0' } },
    { ask: `PUT ${net}/vmbr70`, with: { type: 'bridge', delete: 'cidr' } },
    {
      ask: `POST ${net}`,
      with: { iface: 'vlan9', type: 'vlan', 'vlan-raw-device': 'nope' },
      says: "vlan 'vlan9' - unable to find parent 'nope'",
    },
    {
      ask: `POST ${net}`,
      with: { iface: 'vmbr71', type: 'bridge', gateway: '10.0.0.9', cidr: '10.0.0.2/24' },
      says: FAILED,
      errors: { gateway: "Default gateway already exists on interface 'vmbr0'." },
    },
    {
      ask: `POST ${net}`,
      with: { iface: 'vmbr71', type: 'bridge', bridge_ports: 'eno1' },
      says: FAILED,
      errors: { bridge_ports: "eno1 is already used on interface 'vmbr0'." },
    },
    {
      ask: `POST ${net}`,
      with: { iface: 'vmbr71', type: 'bridge', bridge_ports: 'eno9' },
      says: "bridge 'vmbr71' - unable to find bridge port 'eno9'",
    },
    {
      ask: `POST ${net}`,
      with: { iface: 'vmbr71', type: 'OVSBridge' },
      says: "Open VSwitch is not installed (need package 'openvswitch-switch')",
    },
    {
      ask: `POST ${net}`,
      with: { iface: 'bond0', type: 'bond', slaves: 'eno9' },
      says: "bond 'bond0' - unable to find slave 'eno9'",
    },
  ]))

test.run()
