import * as assert from 'uvu/assert'
import { type AttributeCase, nameOf } from './attribute-cases.ts'
import { type AttributeWorld, attributeWorld } from './attribute-world.ts'
import { circle } from './circle.ts'
import { declareEach } from './declare.ts'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Takes each case through its circle; a cluster on which one went wrong is not used again. */
export const goRound = async (cases: readonly AttributeCase[], power: 'running' | 'stopped'): Promise<void> => {
  const wrong: string[] = []
  for (const kind of new Set(cases.map((one) => one.kind))) {
    let world: AttributeWorld | undefined
    for (const one of cases.filter((each) => each.kind === kind)) {
      world ??= await attributeWorld()
      try {
        await circle(world, one, power)
      } catch (error) {
        wrong.push(`${nameOf(one)}: ${messageOf(error)}`)
        await world.close()
        world = undefined
      }
    }
    await world?.close()
  }
  assert.equal(wrong, [])
}

const GROUP = 25

/** Volumes that lie there can be attached to one guest only. */
const namesVolume = ({ one }: AttributeCase): boolean => /vm-100-disk/.test(JSON.stringify(one))

const createTogether = async (cases: readonly AttributeCase[]): Promise<readonly string[]> => {
  const world = await attributeWorld()
  try {
    const { desired, secrets } = await declareEach(cases)
    await world.apply(await world.plan(desired, await world.observe()), secrets)
    const { changes } = await world.plan(desired, await world.observe())
    return changes.map(({ address, change }) => `${address}: planned again: ${JSON.stringify(change.attributes)}`)
  } catch (error) {
    return [messageOf(error)]
  } finally {
    await world.close()
  }
}

/** Makes guests with each value, many in one plan, and expects the next plan to be empty. */
export const createAll = async (cases: readonly AttributeCase[]): Promise<void> => {
  const wrong: string[] = []
  const own = cases.filter((one) => !namesVolume(one))
  for (let at = 0; at < own.length; at += GROUP) wrong.push(...(await createTogether(own.slice(at, at + GROUP))))
  assert.equal(wrong, [])
}
