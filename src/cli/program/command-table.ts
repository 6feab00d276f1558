import { APPROVAL, FORMAT, PLAN_ID, PLAN_OR_FILE, SELECTION, VARIABLES } from './command-options.ts'
import type { CommandSpec, OptionSpec, OptionsOf } from './command-spec.ts'

export const GLOBAL_OPTIONS = [
  { flags: '-C, --chdir <dir>', description: 'run as if started in this folder', completes: 'folder' },
  { flags: '--json', description: 'print one JSON object a line' },
  { flags: '--no-color', description: 'no colours (NO_COLOR does the same)' },
  { flags: '--debug', description: 'print more details, and stack traces of bugs' },
  { flags: '--quiet', description: 'results and errors only' },
] as const satisfies readonly OptionSpec[]

/** Every command of mpc, in the order a newcomer meets them. */
export const COMMANDS = [
  {
    name: 'init',
    summary: 'set up this folder as a workspace and test the connection',
    description:
      'Writes .proxmox/config.yml, asks for what it is not told, and connects once. Credentials are read from the environment (PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD) or from a file or command named in the settings; they are never written down.',
    args: [],
    options: [
      { flags: '--endpoint <url>', description: 'the server: https://pve.example.com:8006' },
      { flags: '--fingerprint <sha256>', description: 'pin the certificate with this SHA-256 fingerprint' },
      { flags: '--ca-file <file>', description: 'trust the certificate authority in this PEM file', completes: 'file' },
      { flags: '--insecure', description: 'do not verify the certificate' },
      { flags: '--token-file <file>', description: 'read the API token from this file', completes: 'file' },
      { flags: '--force', description: 'replace existing settings' },
      { flags: '--no-test', description: 'do not connect' },
    ],
    examples: [
      { command: 'mpc init', means: 'ask for the endpoint and test the connection' },
      { command: 'mpc init --endpoint https://pve.example.com:8006', means: 'ask nothing' },
    ],
  },
  {
    name: 'trust',
    summary: 'trust the settings of this folder',
    description:
      'A folder you did not set up yourself, such as a cloned repository, may name a program to run and a server to send your credentials to. mpc does neither until you have trusted exactly these settings, once; this is stored outside the folder. `mpc init` trusts what it writes.',
    args: [],
    options: [
      { flags: '--show', description: 'only show the settings and their hash' },
      { flags: '--revoke', description: 'no longer trust this folder' },
    ],
    examples: [
      { command: 'mpc trust', means: 'show, ask, remember' },
      { command: 'MPC_TRUST=… mpc plan', means: 'trust by hash where there is no terminal' },
    ],
  },
  {
    name: 'sync',
    summary: 'read the cluster into the local state',
    description:
      "Reads nodes, storages, pools and every guest's configuration into .proxmox/state.db. Changes nothing on the server. Guests of a node that does not answer are kept as they were last seen.",
    args: [],
    options: [
      {
        flags: '--addresses',
        description:
          'ask running containers, and VMs with the guest agent, for their IP addresses too (one request each)',
      },
    ],
    examples: [
      { command: 'mpc sync', means: 'read the cluster' },
      { command: 'mpc sync --addresses', means: 'read the addresses of all running guests too' },
    ],
  },
  {
    name: 'status',
    alias: 'test-connection',
    summary: 'test the connection and say what mpc knows',
    description: 'Connects, shows the server, who mpc is there, and how old the local state is.',
    args: [],
    options: [],
    examples: [{ command: 'mpc status', means: 'test the connection' }],
  },
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
  {
    name: 'validate',
    summary: 'check the declarations without a server',
    description: 'Reads and evaluates the declarations and reports all errors. Needs no server and no state.',
    args: [{ name: '[file...]', description: 'declaration files (default: all in the folder)', completes: 'file' }],
    options: [...VARIABLES],
    examples: [
      { command: 'mpc validate', means: 'check every *.mpc.hcl and *.mpc.yaml here' },
      { command: 'mpc validate --json', means: 'the same, for a machine' },
    ],
  },
  {
    name: 'fmt',
    summary: 'write declarations in the canonical style',
    description:
      'Rewrites declaration files in one style: HCL as terraform fmt does, YAML with two blanks a level. Comments and meaning stay. Prints the names of the files it changed.',
    args: [
      {
        name: '[path...]',
        description: 'files or folders (default: this folder), or - for standard input',
        completes: 'file',
      },
    ],
    options: [
      { flags: '--check', description: 'write nothing; exit 2 when a file would change' },
      { flags: '--diff', description: 'show what changes' },
      { flags: '--recursive', description: 'also the folders below' },
    ],
    examples: [
      { command: 'mpc fmt', means: 'format every declaration file here' },
      { command: 'mpc fmt --check --diff --recursive', means: 'show what is not formatted, as in CI' },
    ],
  },
  {
    name: 'eval',
    summary: 'evaluate an expression with the declarations of this folder',
    description:
      'Prints the value of an expression as the declarations see it: with their variables, locals, resources, modules and all functions, and the cluster as of the last sync. Needs no server.',
    args: [{ name: '<expression>', description: 'an expression, or - to read it from standard input' }],
    options: [{ flags: '--raw', description: 'print a text as it is, without quotes' }, ...VARIABLES],
    examples: [
      { command: 'mpc eval \'cidrhost("10.0.20.0/24", 5)\'', means: 'try a function' },
      { command: "mpc eval 'vm.web[*].name' --json", means: 'a value for a script' },
      { command: "mpc eval --raw 'vm.web.vmid'", means: 'a text without quotes' },
    ],
  },
  {
    name: 'output',
    summary: 'show outputs of the declarations',
    description:
      'Evaluates the outputs that are declared here, with the cluster as of the last sync. A sensitive one is shown only when it is asked for by its name. Needs no server.',
    args: [{ name: '[name]', description: 'an output (default: all)' }],
    options: [{ flags: '--raw', description: 'print a text as it is, without quotes' }, ...VARIABLES],
    examples: [
      { command: 'mpc output', means: 'all outputs' },
      { command: 'mpc output --raw address', means: 'one, for a script' },
    ],
  },
  {
    name: 'graph',
    summary: 'draw what depends on what',
    description:
      'Prints the declared resources and their dependencies as a graph, for Graphviz or as Mermaid for Markdown. Needs no server.',
    args: [{ name: '[file...]', description: 'declaration files (default: all in the folder)', completes: 'file' }],
    options: [
      { flags: '--format <format>', description: 'language of the graph', choices: ['dot', 'mermaid'], default: 'dot' },
      ...VARIABLES,
    ],
    examples: [
      { command: 'mpc graph | dot -Tsvg > graph.svg', means: 'a picture' },
      { command: 'mpc graph --format mermaid', means: 'for a README' },
    ],
  },
  {
    name: 'plan',
    summary: 'show what would change, and how each step is undone',
    description:
      'Reads the cluster, compares the declarations with it and prints the ordered steps that make them equal, each with what it means for the guest and how it is undone. With files, plans what those declare and leaves everything else alone. Saves the plan under a short id. Changes nothing on the server.',
    args: [{ name: '[file...]', description: 'declaration files (default: all in the folder)', completes: 'file' }],
    options: [
      ...VARIABLES,
      ...SELECTION,
      { flags: '--refresh', description: 'read the cluster first (the default)' },
      { flags: '--no-refresh', description: 'plan on the last sync, without a server' },
      { flags: '--out <file>', description: 'write the plan as JSON to this file', completes: 'file' },
      FORMAT,
      { flags: '--detailed-exitcode', description: 'exit 2 when there are changes' },
    ],
    examples: [
      { command: 'mpc plan', means: 'plan everything declared here' },
      { command: 'mpc plan web.mpc.hcl', means: 'plan what this file declares' },
      { command: 'mpc plan --target vm.web', means: 'plan one resource' },
      { command: 'mpc plan --detailed-exitcode', means: 'exit 2 when something would change' },
      { command: 'mpc plan --format markdown > comment.md', means: 'a comment for a pull request' },
    ],
  },
  {
    name: 'show',
    summary: 'show a saved plan',
    description: 'Prints a saved plan, by default the latest.',
    args: [PLAN_ID],
    options: [{ flags: '-i, --interactive', description: 'fold, filter and open steps with the keyboard' }, FORMAT],
    examples: [
      { command: 'mpc show', means: 'the latest plan' },
      { command: 'mpc show p-k3v9x2a --json', means: 'a plan as JSON' },
      { command: 'mpc show --format patch', means: 'configurations before and after, as git diff shows them' },
    ],
  },
  {
    name: 'apply',
    summary: 'apply a plan; undo it if a step fails',
    description:
      'Syncs, plans, shows the plan, asks, and runs it; with a plan id, runs exactly that saved plan; with a file that mpc plan --out has written, here or elsewhere, plans the same again and runs it if nothing differs. Every request is journalled before it is sent. When a step fails, everything done before it is undone in reverse order.',
    args: [PLAN_OR_FILE],
    options: [
      ...VARIABLES,
      ...SELECTION,
      ...APPROVAL,
      {
        flags: '--approved <fingerprint|file>',
        description: 'refuse every plan but the one with this fingerprint, or of this plan file',
        completes: 'file',
      },
      { flags: '--no-refresh', description: 'plan on the last sync' },
      FORMAT,
    ],
    examples: [
      { command: 'mpc apply', means: 'plan, show, ask, run' },
      { command: 'mpc apply p-k3v9x2a', means: 'run a saved plan' },
      { command: 'mpc apply plan.json', means: 'run a plan that was made elsewhere' },
      { command: 'mpc apply --auto-approve', means: 'do not ask' },
    ],
  },
  {
    name: 'recover',
    summary: 'undo or finish a run that was cut short',
    description:
      'Shows what an unfinished run has done, from the journal and the server, and asks whether to undo it or to carry out the rest. Besides apply and revert, which ask the same first, no other command changes the cluster for such a run.',
    args: [{ name: '[run-id]', description: 'the run, or its plan (default: all that were cut short)' }],
    options: [
      { flags: '--undo', description: 'undo it' },
      { flags: '--finish', description: 'carry out what is left of it' },
      { flags: '--auto-approve', description: 'do not ask: undo it, unless --finish is given' },
      ...VARIABLES,
    ],
    examples: [
      { command: 'mpc recover', means: 'show, ask, and undo or finish' },
      { command: 'mpc recover --undo', means: 'ask nothing, as in a script' },
    ],
  },
  {
    name: 'revert',
    summary: 'undo a finished plan',
    description:
      'Makes a plan from the reversals of a finished run, shows it, asks, and runs it like any other plan. Refused when later changes conflict with it. Reverting a revert is a redo.',
    args: [{ name: '<plan-id>', description: 'the plan to undo, or its first characters', completes: 'plan' }],
    options: [...APPROVAL, ...VARIABLES],
    examples: [{ command: 'mpc revert p-k3v9x2a', means: 'undo what that plan did' }],
  },
  {
    name: 'history',
    summary: 'list plans, runs and reverts',
    description: 'Lists saved plans and their runs, newest first.',
    args: [],
    options: [{ flags: '--limit <n>', description: 'how many entries', default: '20' }],
    examples: [{ command: 'mpc history', means: 'the latest twenty' }],
  },
  {
    name: 'audit',
    summary: 'list or check the record of everything mpc asked for',
    description:
      'Prints the audit log, oldest first: who ran which command and how it ended, every request that changes the cluster, before it leaves, with secrets left out, and what became of it. Each line is chained to the one before; --verify finds lines that were changed, replaced, removed or put elsewhere, and exits with 1 then.',
    args: [],
    options: [
      { flags: '--since <time>', description: 'from this date, or this long ago: 2026-12-01, 2h, 30d' },
      { flags: '--guest <vmid|address>', description: 'requests about this guest, and their answers' },
      { flags: '--verify', description: 'check the chain of the whole log' },
    ],
    examples: [
      { command: 'mpc audit --since 2h', means: 'what was done in the last two hours' },
      { command: 'mpc audit --guest 101 --json', means: 'everything about one guest, for a machine' },
      { command: 'mpc audit --verify', means: 'has somebody changed the log?' },
    ],
  },
  {
    name: 'doctor',
    summary: 'find what is wrong with the workspace, the connection or the rights',
    description:
      'Checks the state and the audit log, file modes and disk room, runs that were cut short, the connection, the clocks of the nodes, what is bound here against what the server has, rules that protect nothing, and the rights that the declarations need; says of each finding what it is, why it matters and what to do. Reads the cluster into the state, and repairs nothing. Exits with 1 when it finds anything.',
    args: [],
    options: [...VARIABLES],
    examples: [
      { command: 'mpc doctor', means: 'check everything' },
      { command: 'mpc doctor --json', means: 'the same, for monitoring' },
    ],
  },
  {
    name: 'unlock',
    summary: 'take the right to change the cluster from a process that is stuck',
    description:
      'Shows which process holds the right to change the cluster from this workspace and since when, and asks whether to take it away. That process sends nothing more then; what it leaves half done is ended with mpc recover. A process of this machine that has ended needs no unlocking.',
    args: [],
    options: [{ flags: '--auto-approve', description: 'do not ask' }],
    examples: [{ command: 'mpc unlock', means: 'show who is at work, and ask' }],
  },
  {
    name: 'state',
    summary: 'show or change which guest an address stands for',
    description:
      'What mpc manages is recorded in the local state: which address stands for which guest or pool, and what was applied to it last. list names the addresses, show tells of one, forget ends that mpc manages it (it stays on the cluster as it is), bind lets a declared address stand for a guest that exists. Nothing on the cluster is changed.',
    args: [
      {
        name: '<action...>',
        description: 'list, show or forget and addresses; or bind, one address, and a VMID or pool',
      },
    ],
    options: [{ flags: '--auto-approve', description: 'do not ask before forgetting' }, ...VARIABLES],
    examples: [
      { command: 'mpc state list', means: 'all addresses' },
      { command: "mpc state show 'vm.web[0]'", means: 'what is recorded of it' },
      { command: 'mpc state forget vm.web', means: 'manage it no more, and leave it as it is' },
      { command: 'mpc state bind vm.web 101', means: 'let it stand for guest 101' },
    ],
  },
  {
    name: 'export',
    summary: 'write the managed guests as Terraform or Ansible',
    description:
      'Writes the declared guests as they are on the cluster, for the bpg Terraform provider (with import blocks) or as community.proxmox tasks with a static inventory, and reports what the other tool cannot express.',
    args: [],
    options: [
      { flags: '--format <format>', description: 'what to write', choices: ['terraform', 'ansible'] },
      {
        flags: '--out <dir>',
        description: 'folder to write to (default: terraform/ or ansible/)',
        completes: 'folder',
      },
      { flags: '--force', description: 'overwrite files that are there' },
      ...VARIABLES,
    ],
    examples: [
      { command: 'mpc export --format terraform', means: 'write terraform/' },
      { command: 'mpc export --format ansible --out site', means: 'write site/' },
    ],
  },
  {
    name: 'simulate',
    summary: 'run a simulated Proxmox VE server',
    description:
      'Starts a server on 127.0.0.1 that answers as Proxmox VE does, with a made-up cluster, so that plans can be tried without a real one. Ends on Ctrl-C.',
    args: [],
    options: [
      { flags: '--port <n>', description: 'port to listen on; 0 takes a free one', default: '8006' },
      { flags: '--http', description: 'plain HTTP instead of HTTPS' },
      { flags: '--nodes <n>', description: 'number of nodes of a generated cluster' },
      { flags: '--guests <n>', description: 'number of guests of a generated cluster' },
      { flags: '--seed <n>', description: 'the same seed gives the same cluster and answers', default: '7' },
      {
        flags: '--speed <n>',
        description: 'how much faster than real the tasks run (default: 100; 10 with --profile recorded)',
      },
      { flags: '--profile <name>', description: 'the cluster to start with', choices: ['homelab', 'recorded'] },
      { flags: '--from <file>', description: 'a cluster described in YAML or JSON', completes: 'file' },
      {
        flags: '--from-state <file>',
        description: 'a copy of the cluster as a state database last saw it',
        completes: 'file',
      },
      { flags: '--record <file>', description: 'write every exchange to this file', completes: 'file' },
    ],
    examples: [
      { command: 'mpc simulate', means: 'a homelab of three nodes on port 8006' },
      { command: 'mpc simulate --nodes 30 --guests 10000 --port 0', means: 'a large cluster on any free port' },
    ],
  },
  {
    name: 'demo',
    summary: 'see mpc at work on a simulated cluster',
    description:
      'Starts a simulated cluster, declares, syncs, plans, applies, lets a change fail and roll back, reverts, and explains each step. Touches nothing outside a temporary folder.',
    args: [],
    options: [{ flags: '--keep', description: 'keep the temporary folder' }],
    examples: [{ command: 'mpc demo', means: 'two minutes of reading' }],
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    description: 'Prints a script that completes commands, options and files.',
    args: [{ name: '<shell>', description: 'bash, zsh or fish; plan-ids prints what these complete plans with' }],
    options: [],
    examples: [{ command: 'source <(mpc completion bash)', means: 'complete in this shell' }],
  },
] as const satisfies readonly CommandSpec[]

type Command = (typeof COMMANDS)[number]
export type CommandName = Command['name']

/** What a command line may say to this command, and to every one. */
export type CommandOptions<Name extends CommandName> = OptionsOf<Extract<Command, { readonly name: Name }>['options']> &
  OptionsOf<typeof GLOBAL_OPTIONS>
