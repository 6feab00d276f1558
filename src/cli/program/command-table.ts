import type { CommandSpec, OptionSpec, OptionsOf } from './command-spec.ts'
import { DECLARATION_COMMANDS } from './table/declaration-commands.ts'
import { LOOK_COMMANDS } from './table/look-commands.ts'
import { OTHER_COMMANDS } from './table/other-commands.ts'
import { PLAN_COMMANDS } from './table/plan-commands.ts'
import { UPKEEP_COMMANDS } from './table/upkeep-commands.ts'
import { WORKSPACE_COMMANDS } from './table/workspace-commands.ts'

export const GLOBAL_OPTIONS = [
  { flags: '-C, --chdir <dir>', description: 'run as if started in this folder', completes: 'folder' },
  { flags: '--json', description: 'print one JSON object a line' },
  { flags: '--no-color', description: 'no colours (NO_COLOR does the same)' },
  { flags: '--debug', description: 'print more details, and stack traces of bugs' },
  { flags: '--quiet', description: 'results and errors only' },
] as const satisfies readonly OptionSpec[]

/** Every command of mpc, in the order a newcomer meets them. */
export const COMMANDS = [
  ...WORKSPACE_COMMANDS,
  ...LOOK_COMMANDS,
  ...DECLARATION_COMMANDS,
  ...PLAN_COMMANDS,
  ...UPKEEP_COMMANDS,
  ...OTHER_COMMANDS,
] as const satisfies readonly CommandSpec[]

type Command = (typeof COMMANDS)[number]
export type CommandName = Command['name']

/** What a command line may say to this command, and to every one. */
export type CommandOptions<Name extends CommandName> = OptionsOf<Extract<Command, { readonly name: Name }>['options']> &
  OptionsOf<typeof GLOBAL_OPTIONS>
