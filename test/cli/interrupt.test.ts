import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

/** Runs `mpc apply` and interrupts it as soon as its standard error says `when`. */
const interrupted = (cwd: string, env: Readonly<Record<string, string>>, when: string) =>
  new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const out = { stdout: '', stderr: '', sent: false }
    const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), 'apply', '--auto-approve'], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk: Buffer) => {
      out.stdout += chunk
    })
    child.stderr.on('data', (chunk: Buffer) => {
      out.stderr += chunk
      if (out.sent || !out.stderr.includes(when)) return
      out.sent = true
      child.kill('SIGINT')
    })
    child.on('close', (code) => resolve({ code, stdout: out.stdout, stderr: out.stderr }))
  })

test('an interrupted apply undoes what it did, says so, and ends with 130', () =>
  withWorkspace(
    async ({ folder, simulator, env, run }) => {
      const example = join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl')
      copyFileSync(example, join(folder, 'homelab.mpc.hcl'))
      const before = simulator.dump()
      const { code, stdout, stderr } = await interrupted(folder, env, 'creating a clone of VM 9000')
      assert.is(code, 130, stderr)
      assert.match(stdout, 'Rolled back. The run was interrupted and everything it had done was undone')
      assert.match(stderr, 'The run was cut short. Undoing')
      assert.equal(simulator.dump(), before)
      assert.match((await run(['history'])).stdout, 'rolled back')
    },
    { speed: 20 },
  ))

test.run()
