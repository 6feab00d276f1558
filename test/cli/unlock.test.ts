import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStore } from '../../src/store/open-store.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

/** Holds the lease as a process on another machine would. */
const holding = async ({ folder }: Workspace, work: () => Promise<void>): Promise<void> => {
  const store = await openStore(join(folder, '.proxmox', 'state.db'), {
    clock: { now: () => new Date() },
    holder: { host: 'elsewhere', pid: 4711, origin: 'another boot', isAlive: () => true },
  })
  await store.leases.acquire('mpc apply')
  try {
    await work()
  } finally {
    await store.close()
  }
}

test('nothing is taken where nothing is held', () =>
  withWorkspace(async ({ run }) => {
    const free = await run(['unlock'])
    assert.is(free.code, 0, free.all)
    assert.match(free.stdout, 'Nothing is locked')
  }))

test('who holds the right is said, nobody is asked without a terminal, and what is freed can be taken', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', 'vm "a" {\n  node = "pve1"\n  memory = 512\n}\n')
    await holding(workspace, async () => {
      const refused = await run(['unlock'])
      assert.is(refused.code, 6, refused.all)
      assert.match(refused.stdout, /"mpc apply" holds the right .* since \d{4}-.*as process 4711 on elsewhere/)
      assert.match(refused.stderr, 'mpc unlock --auto-approve')
      assert.is((await run(['apply', '--auto-approve'])).code, 1)
      const freed = await run(['unlock', '--auto-approve'])
      assert.is(freed.code, 0, freed.all)
      assert.match(freed.stdout, 'Unlocked.')
      const applied = await run(['apply', '--auto-approve'])
      assert.is(applied.code, 0, applied.all)
    })
    assert.match((await run(['audit'])).stdout, /mpc unlock --auto-approve: exit 0/)
  }))

test.run()
