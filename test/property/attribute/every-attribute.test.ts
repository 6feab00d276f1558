import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { randomOf } from '../../plan/random-world.ts'
import { type AttributeCase, allCases, allNames, circleCases, isCreationOnly, nameOf } from './attribute-cases.ts'
import { createAll, goRound } from './every-attribute.ts'
import { LEFT_OUT } from './left-out.ts'

/** All of them run by `npm run test:long`; here as many as take a few seconds. `MPC_SEED` picks others. */
const SEED = Number(process.env['MPC_SEED'] ?? Math.floor(Date.now() / 86_400_000))

const sample = (cases: readonly AttributeCase[], count: number): readonly AttributeCase[] => {
  const random = randomOf(SEED)
  const rest = [...cases]
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(random.below(rest.length), 1)).flat()
}

test('nothing that can be declared is left out of the trials without a reason', () => {
  const tried = new Set([...circleCases(), ...allCases().filter(isCreationOnly)].map(nameOf))
  const names = allNames()
  assert.equal(
    names.filter((name) => !tried.has(name) && !(name in LEFT_OUT)),
    [],
  )
  assert.equal(
    Object.keys(LEFT_OUT).filter((name) => !names.includes(name)),
    [],
  )
  console.log(`${tried.size} of ${names.length} parameters and keys; left out:`, LEFT_OUT)
})

test('what is declared is planned, applied, changed, unset and reverted, and nothing else of the guest', async () => {
  console.log(`seed ${SEED}`)
  await goRound(sample(circleCases(), 40), 'stopped')
})

test('a running guest takes what changes as the plan says: at once, or from its next start on', async () => {
  console.log(`seed ${SEED}`)
  // Volumes take longer; the trial has them.
  const plain = circleCases().filter(({ kind, key }) => kind.volumeProperty(key) === undefined)
  await goRound(sample(plain, 40), 'running')
})

test('guests made with any attribute are planned no more', async () => {
  console.log(`seed ${SEED}`)
  await createAll([...sample(allCases(), 50), ...allCases().filter(isCreationOnly)])
})

test.run()
