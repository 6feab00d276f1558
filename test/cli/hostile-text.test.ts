import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

/** What a terminal would obey. */
const OBEYED = /[^\P{Cc}\n\t]|[\u202a-\u202e]/u

test('control characters of the server and of files are shown, not obeyed', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b8m\u202e'
    write('a.mpc.hcl', `vm "one" {\n  node = "pve1"\n  description = "a${evil}b"\n}\n`)
    simulator.faults.add({ kind: 'task-fails', task: { type: 'qmcreate' }, text: `no ${evil} space` })
    const outputs = [await run(['plan']), await run(['plan', '--json']), await run(['apply', '--auto-approve'])]
    simulator.faults.clear()
    outputs.push(await run(['apply', '--auto-approve', '--json']), await run(['show']), await run(['eval', 'vm.one']))
    write('a.mpc.hcl', `vm "one" {\n  node = "pve1" ${evil}\n  "x${evil}" = 1\n}\n`)
    outputs.push(await run(['validate']), await run(['plan', '--json']), await run(['fmt', '--check', '--diff']))
    write(
      'a.mpc.hcl',
      `variable "x" {\n  validation {\n    condition = false\n    error_message = "no${evil}"\n  }\n  default = 1\n}\n`,
    )
    outputs.push(await run(['validate']), await run(['plan', '--target', `vm.${evil}`]), await run(['show', evil]))
    for (const { all } of outputs) assert.not.match(all, OBEYED)
    assert.match(outputs[0]?.stdout ?? '', '"a\\u001b]0;owned\\u0007\\u001b[2J\\u009b8m\\u202eb"')
    assert.match(outputs[2]?.all ?? '', 'owned')
  }))

test('a text that is printed for another program is what it is', () =>
  withWorkspace(async ({ run }) => {
    assert.is((await run(['eval', '--raw', '"a\\u001b[31mb"'])).stdout, 'a\u001b[31mb')
    assert.is((await run(['fmt', '-'], { input: 'vm "a" {\r\n}\r\n' })).code, 0)
  }))

test.run()
