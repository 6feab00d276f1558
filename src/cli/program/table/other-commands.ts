import { VARIABLES } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Exports, the simulator, the demo and completion. */
export const OTHER_COMMANDS = [
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
