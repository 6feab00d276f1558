import { VARIABLES } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Commands that take over guests and show the cluster. */
export const LOOK_COMMANDS = [
  {
    name: 'import',
    summary: 'take over guests that exist: declare and bind them',
    description:
      'Reads the cluster, writes declarations of guests that are not managed yet as a person would write them, makes sure that a plan of them is empty, asks, and binds the guests. Nothing on the cluster is changed. Defaults of Proxmox VE, what it sets by itself, and secrets are left out. Guests that are declared already are only bound. Run again, it adds what is new and leaves what is written as it is.',
    args: [{ name: '[vmid...]', description: 'guests by their VMIDs' }],
    options: [
      { flags: '--all', description: 'every guest of the cluster' },
      { flags: '--tag <tag>', description: 'guests with this tag', many: true },
      { flags: '--pool <pool>', description: 'guests of this pool', many: true },
      { flags: '--node <node>', description: 'guests on this node', many: true },
      { flags: '--format <format>', description: 'language to write', choices: ['hcl', 'yaml'] },
      { flags: '--out <file>', description: 'file to write or add to (default: guests.mpc.hcl)', completes: 'file' },
      { flags: '--split', description: 'a file for each guest' },
      { flags: '--auto-approve', description: 'do not ask before writing' },
      { flags: '--no-refresh', description: 'import what the last sync saw, without a server' },
      ...VARIABLES,
    ],
    examples: [
      { command: 'mpc import --all', means: 'take over the whole cluster' },
      { command: 'mpc import 101 102 --out web.mpc.hcl', means: 'two guests, into this file' },
      { command: 'mpc import --tag prod --format yaml', means: 'what has a tag, in YAML' },
    ],
  },
  {
    name: 'list',
    summary: 'list guests, nodes, storages, pools, tasks …',
    description:
      'Lists what the last sync saw, at once and without a server, with what mpc knows of it: which guests are managed and as what, which wait for a restart, and the run that changed each last. A filter is column=value; !=, ~ (a regular expression), <, <=, > and >= work too, and all filters have to hold.',
    args: [
      {
        name: '[what]',
        description:
          'guests (default), vms, containers, nodes, storages, networks, pools, tasks (that mpc started; with --refresh the latest of the cluster), templates or snapshots (that mpc took; with --refresh all)',
      },
    ],
    options: [
      { flags: '--filter <filter>', description: 'only what fits, such as status=running', many: true },
      { flags: '--sort <columns>', description: 'order by these, as in node,-memory' },
      { flags: '--columns <columns>', description: 'show these, or all' },
      { flags: '--count', description: 'only how many there are' },
      { flags: '--format <format>', description: 'what to print', choices: ['table', 'json', 'yaml', 'csv'] },
      { flags: '--refresh', description: 'read the cluster first' },
    ],
    examples: [
      { command: 'mpc list', means: 'every guest' },
      { command: 'mpc list vms --filter managed=no --filter node=pve1', means: 'what is not managed yet' },
      { command: "mpc list guests --filter 'memory>=8192' --sort -memory", means: 'the largest first' },
      { command: 'mpc list storages --format csv', means: 'for a spreadsheet' },
    ],
  },
  {
    name: 'describe',
    summary: 'show all that is known of a guest, node, storage or pool',
    description:
      'Shows a guest with its configuration, current and pending, disks, snapshots, what syncs saw change, and what plans did to it; or a node, storage or pool with what is on it. As of the last sync, without a server.',
    args: [
      {
        name: '<name...>',
        description: 'guest, vm, container, node, storage or pool, and its name, VMID or address',
      },
    ],
    options: [{ flags: '--refresh', description: 'read the cluster first' }],
    examples: [
      { command: 'mpc describe vm 101', means: 'by VMID' },
      { command: "mpc describe guest 'vm.web[0]'", means: 'by address' },
      { command: 'mpc describe storage local-lvm', means: 'who has volumes there' },
    ],
  },
] as const satisfies readonly CommandSpec[]
