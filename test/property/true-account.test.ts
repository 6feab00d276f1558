import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../sample.ts'
import { runTrial } from './trial.ts'

/**
 * What mpc says of the cluster against what the cluster is: random plans on random clusters with running guests, other people's changes,
 * strangers under reused VMIDs, kills, and something that goes wrong at a random request.
 */
const { seeds, again } = sample('property/true-account', { few: 150, all: 2000 })

/** Once failed. */
const KNOWN: readonly number[] = []

const hold = async (all: readonly number[]): Promise<void> => {
  const wrong: number[] = []
  for (const seed of all)
    await runTrial(seed).catch((error: unknown) => {
      wrong.push(seed)
      console.log(error instanceof Error ? error.message : error)
    })
  assert.equal(wrong, [], `these seeds failed; ${again}`)
}

test('what mpc says of the cluster is so, in random histories', () => hold(seeds))
test('what mpc says of the cluster is so, in histories of which it once was not', () => hold(KNOWN))

test.run()
