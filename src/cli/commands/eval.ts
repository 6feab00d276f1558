import { resolve } from 'node:path'
import { FAILED } from '../../declaration/eval/value.ts'
import { evaluateExpression } from '../../declaration/evaluate-expression.ts'
import type { Lookups } from '../../declaration/module/world.ts'
import type { RunCommand } from '../command-context.ts'
import { EXIT } from '../exit-code.ts'
import { lookupsHere } from '../lookups-here.ts'
import { argumentOf } from '../read-declarations.ts'

export const run: RunCommand = async (context, { args: [given = ''], variables }) => {
  const { io, global, print, printJson, report } = context
  const expression = given === '-' ? await io.stdin.readAll() : given
  const options = {
    folder: resolve(io.cwd, global.chdir ?? '.'),
    files: io.files,
    env: io.env,
    variables: variables.map(argumentOf),
    fingerprintKey: 'none',
    now: io.clock.now(),
  }
  const evaluate = (lookups: Lookups | undefined) =>
    evaluateExpression({ ...options, ...(lookups && { lookups }) }, expression)
  // The state is opened only for an expression that looks something up.
  const asked = { lookup: false }
  const first = await evaluate({
    find: () => {
      asked.lookup = true
      return FAILED
    },
  })
  const { value, diagnostics } = asked.lookup ? await evaluate(await lookupsHere(context)) : first
  report(diagnostics, value?.sources ?? new Map([['<expression>', expression]]))
  if (!value) return EXIT.error
  const { text, plain, type } = value
  if (global.json)
    printJson({ type: 'value', value_type: type, ...(plain === undefined ? { text } : { value: plain }) })
  else print(`${text}\n`)
  return EXIT.done
}
