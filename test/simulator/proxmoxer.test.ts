import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'

const run = promisify(execFile)
const story = join(process.cwd(), 'test/simulator/proxmoxer-story.py')

/** A Python that has proxmoxer: of the virtual environment named by MPC_PROXMOXER, or the one that is there. */
const findPython = async (): Promise<string | undefined> => {
  const folder = process.env['MPC_PROXMOXER']
  const candidates = folder === undefined ? ['python3'] : [join(folder, 'bin/python'), join(folder, 'bin/python3')]
  for (const python of candidates) {
    if (python.includes('/') && !existsSync(python)) continue
    const works = await run(python, ['-c', 'import proxmoxer, requests']).then(
      () => true,
      () => false,
    )
    if (works) return python
  }
  return undefined
}

test('proxmoxer, a client nobody here wrote, works against the simulator', async () => {
  const python = await findPython()
  if (python === undefined) {
    assert.is.not(
      process.env['CI'],
      'true',
      'proxmoxer is needed in CI: set MPC_PROXMOXER to a virtual environment that has it',
    )
    console.log('skipped: no Python with proxmoxer and requests (set MPC_PROXMOXER to a virtual environment)')
    return
  }
  const simulator = await startSimulator({ speed: 2000 })
  const [id = '', secret = ''] = simulator.token.split('=')
  try {
    const args = [story, '127.0.0.1', String(simulator.port), simulator.password, id, secret]
    const { stdout } = (await run(python, ['-W', 'ignore', ...args]).catch(
      (error: { stdout?: string; stderr?: string }) =>
        assert.unreachable(`${error.stdout ?? ''}${error.stderr ?? String(error)}`),
    )) as { stdout: string }
    assert.match(stdout, /^done$/m)
    assert.not.match(stdout, /^NOT /m)
  } finally {
    await simulator.stop()
  }
})

test.run()
