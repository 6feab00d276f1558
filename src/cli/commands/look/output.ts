import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { outputJson, outputsText, outputViews } from '../../../render/output-view.ts'
import { isSecret } from '../../../resource/config-value.ts'
import type { DesiredOutput, Secrets } from '../../../resource/desired.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { EXIT, type ExitCode } from '../../exit-code.ts'
import type { CommandContext, RunCommand } from '../../program/command-context.ts'
import { readDeclarations } from '../../session/read-declarations.ts'
import { lastSync, withSession } from '../../session/session.ts'

/** The value itself, also of a sensitive output: it was asked for by its name. */
const told = ({ value }: DesiredOutput, secrets: Secrets): unknown => {
  if (!isSecret(value)) return value
  const text = secrets.get(value.secret)
  return text === undefined ? undefined : JSON.parse(text)
}

const printRaw = ({ io, print, printExactly, report }: CommandContext, name: string, value: unknown): ExitCode => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    const out = io.stdout.isTerminal ? print : printExactly
    out(String(value))
    return EXIT.done
  }
  const what = value === undefined ? 'not known yet' : 'a list or map'
  report([
    diagnose('cli.bad-option', {
      detail: `--raw prints a text, a number or a bool, and "${name}" is ${what}.`,
      hint: `mpc output ${name} --json`,
    }),
  ])
  return EXIT.error
}

const printOne = (context: CommandContext, output: DesiredOutput, secrets: Secrets, raw: boolean): ExitCode => {
  const { global, print, printJson } = context
  const { name, sensitive } = output
  const value = told(output, secrets)
  if (raw) return printRaw(context, name, value)
  if (global.json)
    printJson({ type: 'output', name, sensitive, ...(value === undefined ? { unknown: true } : { value }) })
  else {
    const [view] = outputViews([{ name, value, sensitive: false }])
    print(`${[view?.text ?? '', ...(view?.below ?? [])].join('\n')}\n`)
  }
  return EXIT.done
}

export const run: RunCommand<'output'> = (context, input) =>
  withSession(context, async (session) => {
    const { print, printJson, global, report, note } = context
    const [name] = input.args
    const raw = input.options.raw === true
    const { observed } = await lastSync(session)
    const loaded = await readDeclarations(context, session, { ...input, args: [] }, observed)
    if (!loaded) return EXIT.error
    const { outputs } = loaded.desired
    if (name !== undefined) {
      const output = outputs.find((one) => one.name === name)
      if (output) return printOne(context, output, loaded.secrets, raw)
      const names = outputs.map((one) => one.name)
      const all = names.length === 0 ? 'None is declared.' : `There are: ${names.join(', ')}.`
      report([
        diagnose('cli.no-such-thing', { detail: `There is no output "${name}".${suggestion(name, names)} ${all}` }),
      ])
      return EXIT.error
    }
    if (raw) {
      report([
        diagnose('cli.bad-option', { detail: '--raw prints one output. Say which.', hint: 'mpc output --raw name' }),
      ])
      return EXIT.usage
    }
    if (global.json) printJson({ type: 'outputs', outputs: outputs.map(outputJson) })
    else if (outputs.length === 0) note('No outputs are declared.\n')
    else
      print(
        outputsText(outputs)
          .replace(/^\nOutputs:\n/, '')
          .replaceAll(/^ {6}/gm, ''),
      )
    return EXIT.done
  })
