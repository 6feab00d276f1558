import type { Plan, Step } from '../../src/plan/plan.ts'
import { type Address, parseAddress } from '../../src/resource/address.ts'
import type { Change } from '../../src/resource/change.ts'
import { type GuestRef, parseVmid, type Vmid } from '../../src/resource/guest.ts'

const address = (text: string): Address => {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`not an address: ${text}`)
  return parsed
}

const vmid = (number: number): Vmid => {
  const parsed = parseVmid(number)
  if (!parsed) throw new Error(`not a VMID: ${number}`)
  return parsed
}

const web = address('vm.web')
const db = address('vm.db')
const dbGuest: GuestRef = { type: 'qemu', node: 'pve2', vmid: vmid(104) }
const webGuest: GuestRef = { type: 'qemu', node: 'pve1', vmid: vmid(120) }

const dbChange: Change = {
  address: db,
  reason: 'declared',
  attributes: [
    { name: 'memory', before: 2048, after: 4096, disruption: 'pending' },
    { name: 'tags', before: ['db'], after: ['db', 'prod'], disruption: 'live' },
    {
      name: 'cipassword',
      after: { secret: 'vm.db#cipassword', fingerprint: 'f00' },
      sensitive: true,
      disruption: 'live',
    },
  ],
}

const webChange: Change = {
  address: web,
  reason: 'declared',
  attributes: [
    { name: 'vmid', after: 120, disruption: 'none' },
    { name: 'network.net0', after: { bridge: 'vmbr0', tag: 20 }, disruption: 'none' },
    { name: 'network.net0.macaddr', unknown: true, disruption: 'none' },
  ],
}

const steps: readonly Step[] = [
  {
    id: 'vm.web/create',
    action: 'create',
    address: web,
    guest: webGuest,
    summary: 'create VM 120 "web" on pve1',
    expects: { absent: true },
    requests: [
      {
        method: 'POST',
        path: '/nodes/pve1/qemu',
        params: { vmid: 120, name: 'web', net0: 'virtio,bridge=vmbr0,tag=20' },
      },
    ],
    needs: [],
    disruption: 'none',
    reversal: {
      by: 'requests',
      requests: [{ method: 'DELETE', path: '/nodes/pve1/qemu/120', params: { purge: 1 } }],
      note: 'destroy VM 120, if it is still the one made here',
    },
    because: webChange,
  },
  {
    id: 'vm.db/update',
    action: 'update',
    address: db,
    guest: dbGuest,
    summary: 'set memory, tags, cipassword',
    expects: { digest: 'd'.repeat(40) },
    requests: [
      {
        method: 'PUT',
        path: '/nodes/pve2/qemu/104/config',
        params: { memory: 4096, tags: 'db;prod', cipassword: { secret: 'vm.db#cipassword', fingerprint: 'f00' } },
        digest: true,
      },
    ],
    needs: [],
    disruption: 'pending',
    reversal: { by: 'nothing', reason: 'PVE does not give the old password back' },
    because: dbChange,
  },
]

/** A small plan with a creation, an update that needs a reboot, a secret, and a step that cannot be undone. */
export const samplePlan: Plan = {
  format_version: '1.0',
  id: 'p-k3v9x2a',
  fingerprint: 'a'.repeat(64),
  origin: { kind: 'declaration' },
  cluster: 'home',
  changes: [
    {
      address: web,
      kind: 'vm',
      action: 'create',
      guest: webGuest,
      name: 'web',
      change: webChange,
      disruption: 'none',
      steps: ['vm.web/create'],
    },
    {
      address: db,
      kind: 'vm',
      action: 'update',
      guest: dbGuest,
      name: 'db',
      change: dbChange,
      disruption: 'pending',
      steps: ['vm.db/update'],
    },
  ],
  steps,
  unchanged: 3,
  outputs: [
    { name: 'address', value: '10.0.0.20', sensitive: false },
    { name: 'password', value: 'correct horse', sensitive: true },
  ],
}

export const emptyPlan: Plan = { ...samplePlan, changes: [], steps: [] }

const KEYS = ['ada', 'grace', 'linus'].map(
  (name) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExample ${name}@laptop`,
)
const HOSTS = ['10.0.0.2 dns', '10.0.0.3 mail', '10.0.0.4 wiki', '10.0.0.5 git', '10.0.0.6 files', '10.0.0.7 print', '']

/** A plan whose values are long, or have several lines. */
export const wordyPlan: Plan = {
  ...samplePlan,
  id: 'p-w0rdy2a',
  changes: [
    ...samplePlan.changes.slice(0, 1).map((change) => ({
      ...change,
      change: {
        ...webChange,
        attributes: [
          { name: 'clone', after: 'a-template-with-quite-a-long-name-made-by-somebody', disruption: 'none' as const },
          { name: 'description', after: 'Two web servers.\n\n  Ask Ada.', disruption: 'none' as const },
          { name: 'sshkeys', after: KEYS.slice(0, 2), disruption: 'none' as const },
        ],
      },
    })),
    ...samplePlan.changes.slice(1).map((change) => ({
      ...change,
      change: {
        ...dbChange,
        attributes: [
          {
            name: 'description',
            before: HOSTS.join('\n'),
            after: HOSTS.with(4, '10.0.0.66 files').join('\n'),
            disruption: 'live' as const,
          },
          { name: 'hookscript', before: 'local:snippets/a.pl', disruption: 'pending' as const },
          {
            name: 'disk.scsi1',
            before: { file: 'local-lvm:vm-104-disk-1', size: '32G', discard: 'on', backup: false },
            disruption: 'live' as const,
          },
          { name: 'sshkeys', before: KEYS.slice(0, 2), after: KEYS, disruption: 'pending' as const },
        ],
      },
    })),
  ],
  steps: steps.map((step) => ({
    ...step,
    summary: `${step.summary}, and so much else that one line does not hold it: agent, balloon, cores, cpu`,
  })),
  outputs: [
    {
      name: 'addresses',
      value: { 'web-1': '10.0.0.20', 'web-10': '10.0.0.29', 'the one of db': '10.0.0.30' },
      sensitive: false,
    },
    { name: 'hosts', value: HOSTS.join('\n'), sensitive: false },
    { name: 'vmid', value: undefined, sensitive: false },
  ],
}
