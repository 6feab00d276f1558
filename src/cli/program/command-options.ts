import type { OptionSpec, OptionsOf } from './command-spec.ts'

/** Options that several commands share, spelled once. */
export const VARIABLES = [
  { flags: '--var <name=value>', description: 'set an input variable', many: true },
  { flags: '--var-file <file>', description: 'read input variables from a file', many: true, completes: 'file' },
  { flags: '--allow-files', description: 'let declarations read files outside of this folder and its repository' },
] as const satisfies readonly OptionSpec[]

export const SELECTION = [
  { flags: '--target <address>', description: 'plan only this resource and what it depends on', many: true },
  { flags: '--exclude <address>', description: 'leave this resource out of the plan', many: true },
  { flags: '--replace <address>', description: 'destroy this guest and create it again', many: true },
  {
    flags: '--allow-duplicate-names',
    description: 'create guests even if unmanaged guests have the same names',
  },
  {
    flags: '--allow-disk-replacement',
    description: 'take away a volume that a guest boots from, or replace it by another or an empty one',
  },
  { flags: '--destroy', description: 'plan to destroy everything that is managed' },
  { flags: '--allow-destroy', description: 'allow a plan that destroys most of what is managed' },
] as const satisfies readonly OptionSpec[]

export const APPROVAL = [
  { flags: '--auto-approve', description: 'do not ask before changing the cluster' },
  { flags: '--allow-irreversible', description: 'run steps that cannot be undone' },
  { flags: '--parallelism <n>', description: 'steps at once (default: the setting, or 8)' },
] as const satisfies readonly OptionSpec[]

export const FORMAT = {
  flags: '--format <format>',
  description: 'form of the plan: markdown for a comment, patch as git shows it',
  choices: ['text', 'markdown', 'patch', 'json'],
} as const satisfies OptionSpec

export type FormatOptions = OptionsOf<readonly [typeof FORMAT]>
export type VariableOptions = OptionsOf<typeof VARIABLES>
export type SelectionOptions = OptionsOf<typeof SELECTION>
export type ApprovalOptions = OptionsOf<typeof APPROVAL>

export const PLAN_OR_FILE = {
  name: '[plan]',
  description: 'id of a saved plan, or a file that mpc plan --out has written',
  completes: 'plan',
} as const

export const PLAN_ID = {
  name: '[plan-id]',
  description: 'id of a saved plan, or its first characters',
  completes: 'plan',
} as const
