import { resolve } from 'node:path'
import { evaluateExpression } from '../../declaration/evaluate-expression.ts'
import type { RunCommand } from '../command-context.ts'
import { EXIT } from '../exit-code.ts'
import { argumentOf } from '../read-declarations.ts'

export const run: RunCommand = async (context, { args: [given = ''], variables }) => {
  const { io, global, print, printJson, report } = context
  const expression = given === '-' ? await io.stdin.readAll() : given
  const { value, diagnostics } = await evaluateExpression(
    {
      folder: resolve(io.cwd, global.chdir ?? '.'),
      files: io.files,
      env: io.env,
      variables: variables.map(argumentOf),
      fingerprintKey: 'none',
      now: io.clock.now(),
    },
    expression,
  )
  report(diagnostics, value?.sources ?? new Map([['<expression>', expression]]))
  if (!value) return EXIT.error
  const { text, plain, type } = value
  if (global.json)
    printJson({ type: 'value', value_type: type, ...(plain === undefined ? { text } : { value: plain }) })
  else print(`${text}\n`)
  return EXIT.done
}
