import { APPROVAL, FORMAT, PLAN_ID, PLAN_OR_FILE, SELECTION, VARIABLES } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Commands that make plans, carry them out and undo them. */
export const PLAN_COMMANDS = [
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
] as const satisfies readonly CommandSpec[]
