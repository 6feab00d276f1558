import { VARIABLES } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Commands about declarations that need no server. */
export const DECLARATION_COMMANDS = [
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
] as const satisfies readonly CommandSpec[]
