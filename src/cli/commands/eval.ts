import { resolve } from 'node:path'
import { FAILED } from '../../declaration/eval/value.ts'
import { type EvaluatedExpression, evaluateExpression } from '../../declaration/evaluate-expression.ts'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import { type ClusterAnswers, clusterHere } from '../session/cluster-here.ts'
import { argumentOf } from '../session/read-declarations.ts'

/** A text as it is, for a file or another program. */
const printRaw = (
  { io, print, printExactly, report }: CommandContext,
  { plain, type }: EvaluatedExpression,
): ExitCode => {
  if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean') {
    const out = io.stdout.isTerminal ? print : printExactly
    out(String(plain))
    return EXIT.done
  }
  const what = plain === undefined ? 'one that is sensitive or not known' : `a value of type ${type}`
  const detail = `--raw prints a string, a number or a bool, not ${what}. Use nonsensitive() or jsonencode(), or leave --raw out.`
  report([diagnose('cli.bad-option', { detail })])
  return EXIT.error
}

export const run: RunCommand<'eval'> = async (context, input) => {
  const {
    args: [given = ''],
    variables,
  } = input
  const { io, global, print, printJson, report } = context
  const expression = given === '-' ? await io.stdin.readAll() : given
  const options = {
    folder: resolve(io.cwd, global.chdir ?? '.'),
    files: io.files,
    env: io.env,
    variables: variables.map(argumentOf),
    fingerprintKey: 'none',
    now: io.clock.now(),
    allowFiles: input.options.allowFiles === true,
  }
  const evaluate = (answers: ClusterAnswers) => evaluateExpression({ ...options, ...answers }, expression)
  // The state is opened only for an expression that asks for something of it.
  const asked = { cluster: false }
  const ask = <T>(nothing: T): T => {
    asked.cluster = true
    return nothing
  }
  const first = await evaluate({ lookups: { find: () => ask(FAILED) }, known: async () => ask(new Map()) })
  const { value, diagnostics, sources } = asked.cluster ? await evaluate(await clusterHere(context)) : first
  report(diagnostics, sources)
  if (!value) return EXIT.error
  if (input.options.raw === true) return printRaw(context, value)
  const { text, plain, type } = value
  if (global.json)
    printJson({ type: 'value', value_type: type, ...(plain === undefined ? { text } : { value: plain }) })
  else print(`${text}\n`)
  return EXIT.done
}
