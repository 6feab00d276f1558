import { readEndpoint } from '../../proxmox/endpoint.ts'
import type { GuestType } from '../../resource/guest.ts'
import type { Exported, ExportedGuest, ExportSite, Loss } from '../export.ts'
import { lossDiagnostics, lossReport } from '../loss-report.ts'
import { resourceNames } from '../resource-name.ts'
import { containerTasks } from './container-tasks.ts'
import { taskValue } from './guest-tasks.ts'
import { inventory } from './inventory.ts'
import { vmTasks } from './vm-tasks.ts'
import { Expression, type YamlValue, yamlFile } from './yaml-text.ts'

const TOOL = 'Ansible'

const TASKS = { qemu: vmTasks, lxc: containerTasks } satisfies Record<GuestType, unknown>

const COLLECTION = 'community.proxmox'
/** The module's own limits (5 s for an answer, 30 s for a task) are too short for a clone or a large disk. */
const API_TIMEOUT_S = 30
const TASK_TIMEOUT_S = 1_800

const token = (expression: string): Expression => new Expression(`{{ ${expression} }}`)

const access = ({ endpoint }: ExportSite): { readonly [option: string]: YamlValue | undefined } => {
  const server = endpoint === undefined ? undefined : readEndpoint(endpoint).endpoint
  return {
    api_host: server?.host ?? token("lookup('ansible.builtin.env', 'PROXMOX_HOST')"),
    api_port: server?.port,
    api_user: token("proxmox_token | split('!') | first"),
    api_token_id: token("proxmox_token | split('!') | last | split('=') | first"),
    api_token_secret: token("proxmox_token | split('=') | last"),
    api_timeout: API_TIMEOUT_S,
    validate_certs: true,
  }
}

/** The play names no module of the collection, so that its syntax can be checked where the collection is not installed. */
const play = ({ cluster }: ExportSite): YamlValue => [
  {
    name: `Guests of ${cluster}`,
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    vars: { proxmox_token: token("lookup('ansible.builtin.env', 'PROXMOX_VE_API_TOKEN')") },
    tasks: [{ name: 'All guests', 'ansible.builtin.include_tasks': 'tasks.yml' }],
  },
]

interface Listed {
  readonly address: string
  readonly name: string
  readonly vmid: number
}

const READ: readonly YamlValue[] = [
  {
    name: 'Read what is there',
    [`${COLLECTION}.proxmox_vm_info`]: { type: 'all', config: 'pending' },
    register: 'seen',
  },
  {
    name: 'By VMID',
    'ansible.builtin.set_fact': {
      guests: token("dict(seen.proxmox_vms | map(attribute='vmid') | map('string') | zip(seen.proxmox_vms))"),
    },
  },
]

const allTasks = (site: ExportSite, guests: readonly Listed[]): YamlValue => {
  const impatient = access(site)
  const patient = { ...impatient, timeout: TASK_TIMEOUT_S }
  return [
    {
      name: 'All guests',
      module_defaults: {
        [`${COLLECTION}.proxmox`]: patient,
        [`${COLLECTION}.proxmox_disk`]: patient,
        [`${COLLECTION}.proxmox_kvm`]: patient,
        [`${COLLECTION}.proxmox_nic`]: impatient,
        [`${COLLECTION}.proxmox_vm_info`]: impatient,
      },
      block: [
        ...READ,
        ...guests.map(({ address, name, vmid }) => ({
          name: address,
          'ansible.builtin.include_tasks': `guests/${name}.yml`,
          vars: { there: token(`guests['${vmid}'] | default({})`) },
        })),
      ],
    },
  ]
}

const head = (what: string): string =>
  `${what}\n\nThe modules have no check mode: what mpc plan shows is the only dry run. Every task has a condition, so that a second run is quiet.`

const GENERAL = `
## All guests

The modules keep no state: a guest that is declared no more is not destroyed, and a key that is removed here stays on the server. Disks only grow. Firewall
rules, HA resources, backup jobs and permissions are not exported. Secrets are not exported: PROXMOX_VE_API_TOKEN holds the token.

Install the collection with \`ansible-galaxy collection install -r requirements.yml\`, and look first: \`ansible-playbook -i inventory.yml playbook.yml --list-tasks\`.
`

const pendingLosses = ({ address, guest }: ExportedGuest): readonly Loss[] =>
  Object.entries(guest.pending).map(([key, { value }]) => ({
    address,
    key,
    value: value ?? '(to be deleted)',
    consequence: 'waits for the next start; the playbook takes it for done',
  }))

/** Writes guests as `community.proxmox` tasks with a static inventory. The token comes from PROXMOX_VE_API_TOKEN. */
export const exportAnsible = (guests: readonly ExportedGuest[], site: ExportSite): Exported => {
  const names = resourceNames(guests.map(({ address }) => address))
  const made = guests.map((exported) => ({
    exported,
    name: names.get(exported.address) ?? exported.address,
    ...TASKS[exported.guest.type](exported),
  }))
  const losses = made.flatMap((one) => [...one.losses, ...pendingLosses(one.exported)])
  const listed = made.map(({ exported, name }) => ({ address: exported.address, name, vmid: exported.guest.vmid }))
  const files = new Map<string, string>([
    [
      'requirements.yml',
      yamlFile({ collections: [{ name: COLLECTION, version: '>=2.1.0' }] }, 'Collections the playbook needs.'),
    ],
    [
      'inventory.yml',
      yamlFile(inventory(guests, names), `Guests of ${site.cluster}, with the addresses their configuration tells.`),
    ],
    ['playbook.yml', yamlFile(play(site), head(`Guests of ${site.cluster}, as they were when mpc exported them.`))],
    ['tasks.yml', yamlFile(allTasks(site, listed), 'What is there, then guest by guest.')],
    ...made.map(
      ({ exported, name, tasks }) =>
        [
          `guests/${name}.yml`,
          yamlFile(tasks.map(taskValue), `${exported.address}: VMID ${exported.guest.vmid} on ${exported.guest.node}.`),
        ] as const,
    ),
    ['LOSSES.md', lossReport(TOOL, losses, []) + GENERAL],
  ])
  return { files, losses, diagnostics: lossDiagnostics(TOOL, losses) }
}
