import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isAttended } from '../../src/cli/program/is-attended.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { nodeIo } from '../../src/io/node-io.ts'
import { type Ended, type Workspace, withWorkspace } from './mpc.ts'

const realIo = nodeIo()

interface Session extends Ended {
  readonly asked: readonly string[]
}

/** A command line on a terminal where every question is answered the same. */
const onTerminal = async (
  { folder, env, guarded }: Workspace,
  args: readonly string[],
  answer: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Session> => {
  const asked: string[] = []
  const told = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof told) => ({
    isTerminal: true,
    columns: 80,
    write: (text: string) => {
      told[name] += text
    },
  })
  return guarded(args, async () => {
    const code = await runProgram(
      {
        ...realIo,
        env: { ...env, ...more, NO_COLOR: '1' },
        cwd: folder,
        args,
        stdin: {
          isTerminal: true,
          ask: async (question) => {
            asked.push(question)
            return answer
          },
          readAll: async () => '',
        },
        stdout: stream('stdout'),
        stderr: stream('stderr'),
      },
      '0.0.0',
    )
    return { ...told, code, asked }
  })
}

const VARIABLE = `variable "comment" {
  type        = string
  description = "what the pool is for"
}

pool "lab" {
  comment = var.comment
}
`

test('a missing variable is asked for on a terminal, and an error where CI is set', () =>
  withWorkspace(async (workspace) => {
    workspace.write('main.mpc.hcl', VARIABLE)
    const attended = await onTerminal(workspace, ['plan'], 'trials')
    assert.is(attended.code, 0, attended.stderr)
    assert.equal(attended.asked, ['var.comment (what the pool is for): '])
    const automatic = await onTerminal(workspace, ['plan'], 'trials', { CI: 'true' })
    assert.is(automatic.code, 1)
    assert.equal(automatic.asked, [])
    assert.match(automatic.stderr, 'The variable "comment" (what the pool is for) has no default')
  }))

test('nobody is asked for approval where CI is set', () =>
  withWorkspace(async (workspace) => {
    workspace.write('main.mpc.hcl', 'pool "lab" {}\n')
    const automatic = await onTerminal(workspace, ['apply'], 'yes', { CI: '1' })
    assert.equal(automatic.asked, [])
    assert.match(automatic.stderr, 'There is no terminal to ask on: CI is set.')
    assert.is((await onTerminal(workspace, ['apply', '--no-color'], 'yes')).code, 0)
  }))

test('CI=false and an empty CI do not count', () => {
  const stdin = { ...realIo.stdin, isTerminal: true }
  const stderr = { ...realIo.stderr, isTerminal: true }
  const attended = (env: Readonly<Record<string, string>>): boolean => isAttended({ stdin, stderr, env })
  assert.equal([{}, { CI: '' }, { CI: 'false' }, { CI: '0' }].map(attended), [true, true, true, true])
  assert.equal([{ CI: 'true' }, { CI: '1' }, { CI: 'yes' }].map(attended), [false, false, false])
})

test.run()
