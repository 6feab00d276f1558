import { VARIABLES } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Commands about mpc's own records. */
export const UPKEEP_COMMANDS = [
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
] as const satisfies readonly CommandSpec[]
