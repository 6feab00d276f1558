import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CommandOptions } from '../../src/cli/program/command-table.ts'
import { numberOption } from '../../src/cli/program/number-option.ts'

test('options have the names and types that the command table gives them; a mistyped one does not compile', () => {
  const plan: CommandOptions<'plan'> = { target: ['vm.web'], refresh: false, detailedExitcode: true, json: true }
  assert.equal(plan.target, ['vm.web'])
  // @ts-expect-error the option is --detailed-exitcode
  assert.is(plan.detailedExitCode, undefined)
  // @ts-expect-error mpc plan has no --keep
  assert.is(plan.keep, undefined)
  // @ts-expect-error --format knows dot and mermaid
  const graph: CommandOptions<'graph'> = { format: 'svg' }
  assert.is(graph.format, 'svg')
})

test('a number is read from an option that the command has', () => {
  const options: CommandOptions<'history'> = { limit: '7' }
  assert.is(numberOption(options, 'limit', { least: 1, most: 10 }), 7)
  // @ts-expect-error mpc history has no --lines
  assert.is(numberOption(options, 'lines', { least: 1, most: 10 }), undefined)
})

test.run()
