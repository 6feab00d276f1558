import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { ClusterDescription } from '../../src/simulator/twin/description.ts'
import { parseDescription } from '../../src/simulator/twin/parse-description.ts'
import { type Workspace, withoutKept, withWorkspace } from './mpc.ts'

const EXAMPLES = join(process.cwd(), 'examples')

/** Guests that are kept instead of destroyed are told by their tag. */
const withoutRetained = (dump: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(dump).filter(([, text]) => !/^tags: .*\bmpc-retained\b/m.test(text)))

/** The cluster an example brings along, as `mpc simulate --from cluster.yml` takes it; the others run on the simulator's own. */
const clusterOf = (example: string): ClusterDescription | undefined => {
  const file = join(EXAMPLES, example, 'cluster.yml')
  if (!existsSync(file)) return undefined
  const description = parseDescription(parse(readFileSync(file, 'utf8'), { merge: true }))
  if ('nodes' in description) return description
  throw new Error(description.join('\n'))
}

const onExample = (example: string, work: (workspace: Workspace) => Promise<void>): Promise<void> => {
  const from = clusterOf(example)
  return withWorkspace(
    async (workspace) => {
      cpSync(join(EXAMPLES, example), workspace.folder, { recursive: true })
      await work(workspace)
    },
    from ? { from } : {},
  )
}

interface PlannedChange {
  readonly guest?: unknown
}

/** The others hold no declarations. */
const names = readdirSync(EXAMPLES).filter((name) => name !== 'ci')
const guestsOf = new Map<string, number>()

for (const example of names) {
  test(`examples/${example} is valid, formatted, applied to an empty second plan, and reverted to where it began`, () =>
    onExample(example, async ({ run, simulator }) => {
      const works = async (line: string, code = 0): Promise<string> => {
        const result = await run(line.split(' '))
        assert.is(result.code, code, `mpc ${line}\n${result.all}`)
        return result.stdout
      }
      const before = simulator.dump()
      await works('validate')
      await works('fmt --check --recursive')

      const planned = await works('plan --detailed-exitcode', 2)
      assert.is(await works('plan --detailed-exitcode', 2), planned)
      const json = await works('plan --json')
      assert.is(await works('plan --json'), json)
      const { id, changes } = JSON.parse(json) as { readonly id: string; readonly changes: readonly PlannedChange[] }
      guestsOf.set(example, changes.filter(({ guest }) => guest !== undefined).length)
      assert.match(planned, id)

      await works(`apply ${id} --auto-approve`)
      assert.not.equal(simulator.dump(), before)
      assert.match(await works('plan --detailed-exitcode'), 'No changes.')

      // Growing is undone by a snapshot, which costs what was written since; disks that were added are detached and kept, and so are guests
      // that want to be retained.
      await works(`revert ${id} --auto-approve --allow-irreversible`)
      assert.equal(withoutRetained(withoutKept(simulator.dump())), before)
    }))
}

test('at least three examples are of the size of a real home or company: 15 to 60 guests', () => {
  const sizes = [...guestsOf.values()]
  assert.ok(sizes.filter((size) => size >= 15 && size <= 60).length >= 3, `guests: ${sizes.join(', ')}`)
})

test('every example explains itself, and says how to start the cluster it runs on', () => {
  for (const example of names) {
    const readme = readFileSync(join(EXAMPLES, example, 'README.md'), 'utf8')
    assert.match(readme, clusterOf(example) ? 'mpc simulate --from cluster.yml' : 'mpc simulate', example)
  }
})

test.run()
