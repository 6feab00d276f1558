import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const box = (size: number, more = '') => `vm "box" {
  node  = "pve1"
  vmid  = 3000
  power = "stopped"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "${size}G"
  }
${more}}
`
const APPLY = ['apply', '--auto-approve']

/** Oldest first: each snapshot holds the size that came before. */
const snapshotsOf = ({ simulator }: Workspace): readonly string[] => {
  const sections = (simulator.dump()['qemu/3000'] ?? '').split(/^(?=\[)/m).slice(1)
  const sizeOf = (section: string) => Number(/size=(\d+)G/.exec(section)?.[1])
  return sections.sort((a, b) => sizeOf(a) - sizeOf(b)).map((section) => section.slice(1, section.indexOf(']')))
}

/** Makes the guest and grows it as often as snapshots are kept; gives the plans. */
const grown = async ({ run, write }: Workspace): Promise<readonly string[]> => {
  const plans: string[] = []
  for (const size of [4, 5, 6, 7]) {
    write('main.mpc.hcl', box(size))
    const { code, all } = await run(APPLY)
    assert.is(code, 0, all)
    plans.push(/mpc revert (p-\w+)/.exec(all)?.[1] ?? '')
  }
  return plans.slice(1)
}

test('the plan says which old snapshot goes and which plan can then no longer be reverted, and so it is', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    const [first = ''] = await grown(workspace)
    const [oldest = ''] = snapshotsOf(workspace)
    assert.is(snapshotsOf(workspace).length, 3)
    write('main.mpc.hcl', box(8))
    const shown = await run(['plan'])
    const sentence = `remove the snapshot ${oldest} taken by ${first}; ${first} can then no longer be reverted`
    assert.match(shown.stdout, sentence)
    const plan = JSON.parse((await run(['plan', '--json'])).stdout.split('\n').at(-2) ?? '')
    const sweep = plan.steps.find(({ optional }: { optional?: true }) => optional)
    assert.is(sweep.id, `vm.box/sweep-${oldest}`)
    assert.is(plan.steps.at(-1).id, sweep.id)
    const applied = await run(APPLY)
    assert.is(applied.code, 0, applied.all)
    assert.match(applied.stdout, 'Applied. 3 of 3 steps done')
    assert.match((await run(['history', '--limit', '1'])).stdout, '3 of 3 steps done')
    assert.is(snapshotsOf(workspace).length, 3)
    assert.not.ok(snapshotsOf(workspace).includes(oldest))
    assert.match((await run(['plan'])).stdout, 'No changes')
    const lost = await run(['revert', first, '--auto-approve', '--allow-irreversible'])
    assert.is(lost.code, 6, lost.all)
    assert.match(lost.stderr, `has no snapshot ${oldest} any more`)
    const last = await run(['revert', plan.id, '--auto-approve', '--allow-irreversible'])
    assert.is(last.code, 0, last.all)
    // What is compared afterwards tells that it is gone; nothing tried to use or remove it.
    assert.not.match(last.stdout, oldest)
  }))

test('a failed sweep is a warning: the run is applied, counted right, and can be reverted', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    await grown(workspace)
    write('main.mpc.hcl', box(8))
    simulator.faults.add({ kind: 'task-fails', task: { type: 'qmdelsnapshot' }, step: 0 })
    const applied = await run(APPLY)
    assert.is(applied.code, 0, applied.all)
    assert.match(applied.stdout, 'Applied. 2 of 3 steps done')
    assert.match(applied.stderr, 'Old safety snapshot could not be removed')
    assert.not.match(applied.all, 'Undoing')
    assert.is(snapshotsOf(workspace).length, 4)
    assert.match((await run(['history', '--limit', '1'])).stdout, 'applied, 2 of 3 steps done')
    assert.match((await run(['plan'])).stdout, 'No changes')
    write('main.mpc.hcl', box(9))
    const next = await run(APPLY)
    assert.match(next.stdout, 'Applied. 4 of 4 steps done')
    assert.is(snapshotsOf(workspace).length, 3)
  }))

test('a run that fails before has swept nothing, and undoes what it did', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    await grown(workspace)
    // A rollback renews the generation.
    const config = () => (simulator.dump()['qemu/3000'] ?? '').replace(/^vmgenid: .*$/gm, '')
    const before = config()
    write('main.mpc.hcl', box(8, '  memory = 4096\n'))
    simulator.faults.add({ kind: 'task-fails', task: { type: 'resize' } })
    const failed = await run(APPLY)
    assert.is(failed.code, 3, failed.all)
    assert.is(config(), before)
    assert.match((await run(['history', '--limit', '1'])).stdout, 'rolled back, 0 of 4 steps done')
  }))

test('a run that is killed while it sweeps counts as applied, whichever way it is ended', () =>
  withWorkspace(
    async (workspace) => {
      const { run, write } = workspace
      await grown(workspace)
      for (const [size, way, sizes] of [
        [8, '--undo', 4],
        [9, '--finish', 3],
      ] as const) {
        write('main.mpc.hcl', box(size))
        await signalled(workspace, APPLY, 'vm.box: remove the snapshot')
        const ended = await run(['recover', way])
        assert.is(ended.code, 0, ended.all)
        assert.match((await run(['history', '--limit', '1'])).stdout, 'applied')
        assert.match((await run(['plan'])).stdout, 'No changes')
        assert.ok(snapshotsOf(workspace).length <= sizes)
      }
    },
    { speed: 20 },
  ))

test.run()
