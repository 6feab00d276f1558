import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { withFolder } from '../cli/run-here.ts'
import { contentGuard } from '../nothing-lost.ts'
import { comparable, differences } from '../property/comparable.ts'
import { troubleAt } from '../property/trouble.ts'
import { commandOf, expectationOf, runAct, runCommand, type Stage, textOf } from './act.ts'
import { type Act, clusterOf, type Scenario } from './scenario.ts'

const onStage = async (scenario: Scenario, work: (stage: Stage) => Promise<void>): Promise<void> => {
  const simulator = await startSimulator({
    http: true,
    speed: Number.POSITIVE_INFINITY,
    seed: 7,
    from: clusterOf(scenario),
  })
  const guard = contentGuard(simulator)
  try {
    await withFolder(
      {},
      async (folder) => {
        const env = { PROXMOX_VE_API_TOKEN: simulator.token, HOME: folder.path }
        const stage: Stage = { simulator, folder, guard, env, applied: undefined, planned: undefined }
        const begun = await runCommand(stage, ['init', '--endpoint', simulator.url])
        assert.is(begun.code, 0, begun.stderr)
        await work(stage)
      },
      guard,
    )
  } finally {
    await simulator.stop()
  }
}

const writesOf = ({ simulator }: Stage): number =>
  Object.entries(simulator.counts).reduce((sum, [verb, count]) => (verb === 'GET' ? sum : sum + count), 0)

/** A write of an act that can be made to fail. */
export interface Place {
  /** Which act. */
  readonly act: number
  /** Which write of it, from 1. */
  readonly write: number
}

const canFail = (act: Act): boolean => ('apply' in act || 'revert' in act) && (expectationOf(act).exit ?? 0) === 0

const inAct = async (index: number, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error) error.message = `act ${index + 1}: ${error.message}`
    throw error
  }
}

/** Everything as it is meant; gives the writes there were, those that may be made to fail in further runs. */
export const runScenario = async (scenario: Scenario): Promise<readonly Place[]> => {
  const places: Place[] = []
  await onStage(scenario, async (stage) => {
    for (const [index, act] of scenario.acts.entries()) {
      const before = writesOf(stage)
      await inAct(index, () => runAct(stage, act))
      const writes = writesOf(stage) - before
      if (canFail(act)) for (let write = 1; write <= writes; write++) places.push({ act: index, write })
    }
  })
  return scenario.fails === false ? [] : places
}

/** What is said to stay must have been said before approval: somewhere in what was shown of the plan. */
const FOREWARNED = /DATA IS LOST|CANNOT BE UNDONE|cannot be undone|stays|is kept|kept as|not brought back/

const assertUndone = (said: string, code: number, unlike: readonly string[]): void => {
  // 1: the first write was refused, so that nothing had been done.
  if (code === 3 || code === 1) {
    assert.equal(unlike, [], `${unlike.join('\n')}\n${said}`)
    return
  }
  assert.is(code, 4, said)
  assert.ok(FOREWARNED.test(said), said)
  for (const line of unlike) {
    const vmid = /^(?:volume \S*?vm-|(?:qemu|lxc)\/)(\d+)/.exec(line)?.[1]
    assert.ok(said.includes(vmid ?? 'pool'), `${line} is not named: ${said}`)
  }
}

/** The same with one write that the server refuses: all is as before, and can be done again; or what stays had been said. */
export const failScenario = (scenario: Scenario, { act: at, write }: Place): Promise<void> =>
  onStage(scenario, async (stage) => {
    for (const [index, act] of scenario.acts.entries())
      await inAct(index, async () => {
        if (index !== at) {
          await runAct(stage, act)
          return
        }
        const before = comparable(structuredClone(stage.simulator.facts()))
        const mend = troubleAt(stage.simulator, write, 'refused')
        const result = await runCommand(stage, commandOf(act, stage) ?? [])
        mend()
        const said = textOf(result)
        // A request whose failure does no harm is told and left; then all else is as it is meant.
        if (result.code === 0) {
          stage.applied = /Undo it with: mpc revert (p-\w+)/.exec(said)?.[1] ?? stage.applied
          return
        }
        assertUndone(said, result.code, differences(before, comparable(stage.simulator.facts())))
        if (result.code === 4) throw LEFT
        await runAct(stage, act)
      })
  }).catch((error: unknown) => {
    if (error !== LEFT) throw error
  })

/** Something was left, as said: what comes after in the scenario was not written for that. */
const LEFT = new Error('something is left')
