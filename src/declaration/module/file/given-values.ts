import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { rangeOf } from '../../syntax/source.ts'
import { VALUES_SHAPE } from '../../syntax/yaml/block-shape.ts'
import type { GivenValue } from '../world.ts'
import { type FileReading, readBody } from './declaration-files.ts'
import { placeOf } from './file-reader.ts'

/** A value or a file of values from the command line, in the order they were given. */
export type VariableArgument = { readonly name: string; readonly value: string } | { readonly file: string }

export interface GivenOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly arguments: readonly VariableArgument[]
  readonly declared: ReadonlyMap<string, unknown>
  /** Some declarations could not be read: what seems to be undeclared may stand there. */
  readonly isIncomplete: boolean
}

/** Read by themselves, in this order, the second sort by name: like terraform.tfvars and *.auto.tfvars. */
const COMMON = /^mpc\.mpcvars\.(hcl|ya?ml|json)$/
const AUTOMATIC = /\.auto\.mpcvars\.(hcl|ya?ml|json)$/

const ENVIRONMENT = ['TF_VAR_', 'MPC_VAR_']

const fromEnvironment = ({ env, declared }: GivenOptions, given: Map<string, GivenValue>): void => {
  for (const prefix of ENVIRONMENT)
    for (const name of declared.keys()) {
      const text = env[`${prefix}${name}`]
      if (text !== undefined) given.set(name, { by: 'text', text, from: `${prefix}${name}` })
    }
}

const fromFile = async (
  reading: FileReading,
  path: string,
  { declared, isIncomplete }: GivenOptions,
  given: Map<string, GivenValue>,
): Promise<void> => {
  const body = await readBody(reading, path, VALUES_SHAPE)
  for (const item of body?.items ?? []) {
    const name = item.name.text
    if (item.type === 'block') {
      const detail = `A file of values holds "name = value" lines, and no blocks. Write ${name} = { … } for a map.`
      reading.report(diagnose('declaration.unknown-block', { detail, range: rangeOf(item.header) }))
    } else if (declared.has(name)) given.set(name, { by: 'expression', expression: item.expression })
    else if (!isIncomplete) {
      const hint =
        suggestion(name, declared.keys()) || ` Declare it with variable "${name}" { … }, or remove the value.`
      const detail = `There is no variable "${name}".${hint}`
      reading.report(diagnose('declaration.unused-variable-value', { detail, range: rangeOf(item.name) }))
    }
  }
}

const automaticFiles = async (reading: FileReading): Promise<readonly string[]> => {
  const entries = await reading.files.list(placeOf(reading.workspace, ''))
  const names = entries.filter(({ kind }) => kind !== 'folder').map(({ name }) => name)
  return [...names.filter((name) => COMMON.test(name)), ...names.filter((name) => AUTOMATIC.test(name)).sort()]
}

/**
 * Values for the variables of the root module by Terraform's precedence, later ones winning: environment, mpc.mpcvars.*, *.auto.mpcvars.* by
 * name, then the command line in its order.
 */
export const givenValues = async (
  reading: FileReading,
  options: GivenOptions,
): Promise<ReadonlyMap<string, GivenValue>> => {
  const given = new Map<string, GivenValue>()
  fromEnvironment(options, given)
  for (const file of await automaticFiles(reading)) await fromFile(reading, file, options, given)
  for (const argument of options.arguments) {
    if ('file' in argument) await fromFile(reading, argument.file, options, given)
    else if (options.declared.has(argument.name))
      given.set(argument.name, { by: 'text', text: argument.value, from: `-var ${argument.name}` })
    else {
      const hint =
        suggestion(argument.name, options.declared.keys()) || ` Declare it with variable "${argument.name}" { … }.`
      reading.report(
        diagnose('declaration.undeclared-variable', {
          detail: `-var ${argument.name}: there is no such variable.${hint}`,
        }),
      )
    }
  }
  return given
}
