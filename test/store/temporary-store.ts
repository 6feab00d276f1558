import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store, type StoreOptions } from '../../src/store/open-store.ts'

/** In memory where the runner has found such a place: a test of what is written need not wait for a disk each time. */
const root = mkdtempSync(join(process.env['MPC_TEST_MEMORY'] ?? tmpdir(), 'mpc-test-'))
process.once('exit', () => rmSync(root, { recursive: true, force: true }))

/** A folder that goes when the test process ends. */
export const temporaryFolder = (): string => mkdtempSync(join(root, 'store-'))

/** A clock that moves on by one second each time it is read. */
export const tickingClock = (start = '2026-01-01T00:00:00.000Z'): StoreOptions['clock'] => {
  let at = Date.parse(start)
  return {
    now: () => {
      at += 1000
      return new Date(at)
    },
  }
}

export const storeOptions = (options: Partial<StoreOptions> = {}): StoreOptions => ({
  clock: tickingClock(),
  holder: { host: 'here', pid: process.pid, isAlive: (pid) => pid === process.pid },
  ...options,
})

export const openTemporaryStore = async (
  options: Partial<StoreOptions> = {},
): Promise<{ readonly store: Store; readonly folder: string; readonly path: string }> => {
  const folder = temporaryFolder()
  const path = join(folder, 'state.db')
  return { store: await openStore(path, storeOptions(options)), folder, path }
}
