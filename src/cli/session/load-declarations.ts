import { resolve } from 'node:path'
import { FAILED } from '../../declaration/eval/value.ts'
import { type Loaded, loadDeclarations } from '../../declaration/load-declarations.ts'
import type { Lookups } from '../../declaration/module/world.ts'
import type { Checked } from '../../diagnostic/diagnostic.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import { argumentOf } from './read-declarations.ts'

/** Secrets are never compared here, so any key serves. */
const NO_KEY = 'none'

/** What `data` blocks give while no cluster is asked: nothing that is known, and nothing that is wrong. */
const LOOKUPS: Lookups = { find: () => FAILED }

/** Reads and evaluates the declarations of the folder without a workspace, a state or a server. Reports nothing. */
export const loadHere = (
  { io, global }: Pick<CommandContext, 'io' | 'global'>,
  { args, options, variables }: CommandInput<VariableOptions>,
): Promise<Checked<Loaded>> =>
  loadDeclarations({
    folder: resolve(io.cwd, global.chdir ?? '.'),
    paths: args,
    files: io.files,
    env: io.env,
    variables: variables.map(argumentOf),
    lookups: LOOKUPS,
    known: 'nothing-matters',
    fingerprintKey: NO_KEY,
    allowFiles: options.allowFiles === true,
  })
