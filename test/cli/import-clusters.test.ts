import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ATTRIBUTE_CLUSTER } from '../property/attribute/attribute-world.ts'
import { grow } from './grown-cluster.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const importAll = async ({ folder, run }: Workspace, language: string, count: number): Promise<void> => {
  const args = ['import', '--all', '--format', language, '--auto-approve']
  const first = await run(args)
  assert.is(first.code, 0, first.all)
  assert.match(first.stdout, `Imported ${count} guests and 2 pools. Wrote guests.mpc.${language}.\nThe plan is empty.`)
  assert.is(first.stderr.includes('cli.import-left-out'), false, first.stderr)
  const file = join(folder, `guests.mpc.${language}`)
  const text = readFileSync(file, 'utf8')
  const plan = await run(['plan', '--detailed-exitcode'])
  assert.is(plan.code, 0, plan.all)
  const again = await run(args)
  assert.is(again.stdout, `There is nothing to import: ${count} guests are managed already.\n`)
  assert.is(readFileSync(file, 'utf8'), text)
  const formatted = await run(['fmt', '--check'])
  assert.is(formatted.code, 0, formatted.all)
  rmSync(file)
}

for (const count of [15, 300])
  test(`a cluster of ${count} grown guests, with every parameter in use, is imported with an empty plan in HCL and YAML`, () =>
    withWorkspace(
      async (workspace) => {
        const { folder, simulator, run } = workspace
        const { unused } = await grow(simulator, count)
        assert.equal(unused, [])
        const before = JSON.stringify(simulator.dump())
        await importAll(workspace, 'hcl', count)
        rmSync(join(folder, '.proxmox', 'state.db'))
        assert.is((await run(['sync'])).code, 0)
        await importAll(workspace, 'yaml', count)
        assert.is(JSON.stringify(simulator.dump()), before, 'nothing on the cluster is changed')
      },
      { from: ATTRIBUTE_CLUSTER },
    ))

test.run()
